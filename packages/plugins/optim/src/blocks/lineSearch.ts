import type { BlockProblem, Point } from './problem.js';

/** f after a block's move, without moving. */
export function valueAfter(problem: BlockProblem, point: Point, block: Int32Array, by: Float64Array): number {
  const trial = { x: point.x.slice(), products: point.products.slice() };
  problem.move(trial, block, by);
  return problem.value(trial);
}

/** How far values of f can be apart by rounding alone. */
export const rounding = (value: number): number => 4 * Number.EPSILON * Math.abs(value);

/**
 * The step size of the official code: from 1, until f(α) ≤ f(0) + 1e-10 α φ₀; next is the minimum of the parabola through what is
 * known, then of cubics through the last two trials. Where these give no smaller step, α is halved; 0 when nothing helps. Near a
 * solution f shows rounding errors alone; they are let pass, or no step would be taken there.
 *
 * @param value f at a step size
 * @param slope φ, gᵀ d
 * @param promised φ₀, what of φ a step can have: less where a bound stops a part of it. Default φ
 */
export function searchStep(
  value: (alpha: number) => number,
  start: number,
  slope: number,
  promised = slope,
): number {
  const most = start + rounding(start);
  let alpha = 1;
  let before: { readonly alpha: number; readonly rest: number } | undefined;
  for (let round = 0; round < 60; round++) {
    const now = value(alpha);
    if (now <= most + 1e-10 * alpha * promised) return alpha;
    const rest = now - start - alpha * slope;
    const next =
      before === undefined
        ? -(slope * alpha * alpha) / (2 * rest)
        : cubicMinimum(alpha, rest, before.alpha, before.rest, slope);
    before = { alpha, rest };
    alpha = next > 0 && next < alpha ? next : alpha / 2;
  }
  return 0;
}

/** Minimum of φ α + b α² + a α³ with the given rests (what is above the tangent) at two step sizes. */
function cubicMinimum(alpha: number, rest: number, old: number, oldRest: number, slope: number): number {
  const c = 1 / ((alpha - old) * old * old * alpha * alpha);
  const a = c * (old * old * rest - alpha * alpha * oldRest);
  const b = c * (alpha ** 3 * oldRest - old ** 3 * rest);
  return (-b + Math.sqrt(b * b - 3 * a * slope)) / (3 * a);
}
