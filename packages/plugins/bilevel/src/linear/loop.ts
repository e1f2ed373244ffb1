import { cond, scan, type Tensor } from '@core/tensor';

/** Iterations between two looks at whether a whole block can be passed over. */
const block = 32;

/**
 * `step` until `carry.active` is false, and at most `length` times. It is a `scan` of fixed length, so that it compiles, batches
 * and differentiates; what comes after the end costs a branch for every 32 iterations.
 */
export function iterate<C extends { readonly active: Tensor }>(
  step: (carry: C) => C,
  start: C,
  length: number,
): C {
  const once = (carry: C): C => cond(carry.active, step, (same: C) => same, carry);
  const run = (carry: C, count: number): C =>
    count === 0 ? carry : scan((c: C) => [once(c), null] as const, carry, null, { length: count })[0];
  const blocks = Math.floor(length / block);
  if (blocks < 2) return run(start, length);
  const whole = scan(
    (carry: C) =>
      [
        cond(
          carry.active,
          (c: C) => run(c, block),
          (same: C) => same,
          carry,
        ),
        null,
      ] as const,
    start,
    null,
    { length: blocks },
  )[0];
  return run(whole, length - blocks * block);
}
