/*
 * Random numbers on the host. The whole state is one 32-bit word, so that a solve's state holds it as a scalar and goes on
 * from a checkpoint to the same blocks.
 */

/** `word` is an int32, and changes with every number. */
export interface Generator {
  word: number;
}

/** A uniform number in [0, 1): mulberry32. */
export function uniform(generator: Generator): number {
  generator.word = (generator.word + 0x6d2b79f5) | 0;
  let mixed = Math.imul(generator.word ^ (generator.word >>> 15), generator.word | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Spreads small seeds over the words. */
export function generatorOf(seed: number): Generator {
  return { word: Math.imul(seed + 1, 0x9e3779b1) | 0 };
}

/** A whole number in [0, count). */
export function below(generator: Generator, count: number): number {
  return Math.floor(uniform(generator) * count);
}

export function numbersFrom(seed: number, count: number): Float64Array {
  const generator = generatorOf(seed);
  return Float64Array.from({ length: count }, () => uniform(generator));
}

/** The numbers 0 … count - 1 in random order (Fisher and Yates). */
export function permutation(generator: Generator, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(generator, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** `size` different numbers below `count`, each set equally likely, in O(size) (Floyd). */
export function sample(generator: Generator, count: number, size: number): Int32Array {
  const chosen = new Set<number>();
  for (let j = count - size; j < count; j++) {
    const at = below(generator, j + 1);
    chosen.add(chosen.has(at) ? j : at);
  }
  return Int32Array.from(chosen).sort();
}

/** Running sums of weights, for `sampleWeighted`. */
export function runningSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length);
  for (let i = 0, sum = 0; i < sums.length; i++) sums[i] = sum += weights[i]!;
  return sums;
}

/**
 * `size` different numbers, one after the other, each with a probability proportional to its weight among those that are
 * left: a draw falls on what is not yet taken, and a binary search finds it, O(size² + size log count).
 */
export function sampleWeighted(generator: Generator, sums: Float64Array, size: number): Int32Array {
  const taken: number[] = []; // ascending
  const start = (i: number): number => (i === 0 ? 0 : sums[i - 1]!);
  for (let k = 0; k < size; k++) {
    const gone = taken.reduce((sum, i) => sum + sums[i]! - start(i), 0);
    let at = uniform(generator) * (sums.at(-1)! - gone);
    for (const i of taken) if (at >= start(i)) at += sums[i]! - start(i);
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > at) high = middle;
      else low = middle + 1;
    }
    // Rounding at the edge of an interval may end on one that is taken.
    while (taken.includes(low)) low = (low + 1) % sums.length;
    taken.push(low);
    taken.sort((i, j) => i - j);
  }
  return Int32Array.from(taken);
}
