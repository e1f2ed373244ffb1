/** A generator of random numbers whose whole state is one number, so that a search can be saved between any two draws. */
export interface RandomNumbers {
  /** In [0, 1). */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
  /** A whole number in [0, below). */
  readonly index: (below: number) => number;
  /** To go on from here: `randomNumbers(state())`. */
  readonly state: () => number;
}

/** mulberry32 (T. Ettinger): small, fast, and good enough to choose mutations and to make noise. */
export function randomNumbers(seed: number): RandomNumbers {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    // Box and Muller; the other of the pair is not kept, as it would be state.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    index: (below) => Math.floor(uniform() * below),
    state: () => state,
  };
}

/** Seeds far from each other for neighbouring pairs of whole numbers. */
export function mixSeeds(a: number, b: number): number {
  return (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) >>> 0;
}
