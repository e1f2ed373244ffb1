/**
 * Threefry-2x32 with 20 rounds (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), in the
 * convention of JAX's partitionable mode: element i of a stream has the 64-bit counter i, so any part of a stream can
 * be computed on any machine in any order.
 */

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

export const parity = 0x1bd11bda;

/** The two int32 words for a key and a counter, written to `out`. */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Int32Array,
): void {
  const keys = [key0, key1, key0 ^ key1 ^ parity];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let group = 1; group <= 5; group++) {
    for (const rotation of rotations[(group - 1) & 1]!) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    x0 = (x0 + keys[group % 3]!) | 0;
    x1 = (x1 + keys[(group + 1) % 3]! + group) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** `threefry2x32` of the counters 0 … count - 1, with its rounds written out for speed: two words each, or their xor if `join`. */
export function fillThreefry(
  key0: number,
  key1: number,
  count: number,
  out: Int32Array,
  start: number,
  join: boolean,
): void {
  const key2 = key0 ^ key1 ^ parity;
  for (let i = 0; i < count; i++) {
    let x0 = key0;
    let x1 = (i + key1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + key1) | 0;
    x1 = (x1 + key2 + 1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + key2) | 0;
    x1 = (x1 + key0 + 2) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + key0) | 0;
    x1 = (x1 + key1 + 3) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + key1) | 0;
    x1 = (x1 + key2 + 4) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + key2) | 0;
    x1 = (x1 + key0 + 5) | 0;
    if (join) out[start + i] = x0 ^ x1;
    else {
      out[start + 2 * i] = x0;
      out[start + 2 * i + 1] = x1;
    }
  }
}

/** The rotations of each of the five groups of rounds, for implementations on whole tensors. */
export const rotationSchedule: readonly (readonly number[])[] = [0, 1, 2, 3, 4].map(
  (group) => rotations[group & 1]!,
);

/** A stream of single draws from one key, as nested splits of it. */
export class KeyStream {
  private readonly words = new Int32Array(2);

  constructor(
    private key0: number,
    private key1: number,
  ) {}

  private at(index: number): void {
    threefry2x32(this.key0, this.key1, 0, index, this.words);
  }

  /** Key `index` of a split of this one. */
  child(index: number): KeyStream {
    this.at(index);
    return new KeyStream(this.words[0]!, this.words[1]!);
  }

  /** Becomes key 0 of a split of itself. */
  advance(): void {
    this.at(0);
    this.key0 = this.words[0]!;
    this.key1 = this.words[1]!;
  }

  /** The first uniform number in [0, 1) of this key: 23 random bits for float32, 52 for float64. */
  uniform(double: boolean): number {
    this.at(0);
    const [x0, x1] = [this.words[0]! >>> 0, this.words[1]! >>> 0];
    if (!double) return ((x0 ^ x1) >>> 9) * 2 ** -23;
    return x0 * 2 ** -32 + (x1 >>> 12) * 2 ** -52;
  }
}
