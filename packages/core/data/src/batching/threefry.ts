import { ArgumentError } from '@core/tensor';

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32 with 20 rounds: a bijection of two 32-bit words for every key of two words. Counter-based: the i-th
 * number depends on the key and i only, so it is the same on every machine and needs no history.
 * Writes the result to `out`. Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
): void {
  const keys = [key0 | 0, key1 | 0, 0x1bd11bda ^ key0 ^ key1];
  let x0 = (counter0 + keys[0]!) | 0;
  let x1 = (counter1 + keys[1]!) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = rotations[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    if (round % 4 === 3) {
      const block = (round + 1) / 4;
      x0 = (x0 + keys[block % 3]!) | 0;
      x1 = (x1 + keys[(block + 1) % 3]! + block) | 0;
    }
  }
  out[0] = x0;
  out[1] = x1;
}

/** Uniform integers below a bound, one after another, for the key (`seed`, `stream`). */
export function integerStream(seed: number, stream: number): (bound: number) => number {
  checkSeed('integerStream', seed);
  const out = new Uint32Array(2);
  // The seed's 53 bits fill the key; the stream gets a key of its own from it.
  threefry2x32(
    seed % 2 ** 32,
    Math.floor(seed / 2 ** 32),
    stream % 2 ** 32,
    Math.floor(stream / 2 ** 32),
    out,
  );
  const [key0, key1] = [out[0]!, out[1]!];
  let counter = 0;
  const word = (): number => {
    // Each block gives two words.
    if (counter % 2 === 0)
      threefry2x32(key0, key1, (counter / 2) % 2 ** 32, Math.floor(counter / 2 ** 33), out);
    return out[counter++ % 2]!;
  };
  return (bound) => {
    // Words beyond the last whole multiple of the bound would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = word();
    while (value >= limit) value = word();
    return value % bound;
  };
}

/** Throws ArgumentError unless the seed is an integer from 0 to 2^53 - 1. */
export function checkSeed(op: string, seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ArgumentError(`${op}: seed must be an integer from 0 to 2^53 - 1, got ${String(seed)}`);
}
