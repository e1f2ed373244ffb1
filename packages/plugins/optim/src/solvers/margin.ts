import { atLeastOne, checkOptions, positive } from '@core/registry/checks';
import { ArgumentError, tensor, type Tensor } from '@core/tensor';
import { checkSeparation, type Separation } from './separation.js';

export interface MarginOptions {
  /** Relative gap between the margin found and a bound on the largest one. Greater than 0. Default 1e-8. */
  readonly tolerance?: number;
  /** Default 100000. */
  readonly maxSteps?: number;
}

export interface Margin {
  /** μ: the smallest y_i a_iᵀ θ over all examples, for the best θ of length 1. */
  readonly margin: number;
  /** R: the largest ‖a_i‖. */
  readonly radius: number;
  /** That θ, [d], of the features' dtype. */
  readonly direction: Tensor;
}

/**
 * The margin and the radius of a separable set, which the iteration bounds are made of.
 *
 * The best direction is that of the shortest point x of the convex hull of the y_i a_i, and the margin is ‖x‖. Weights are moved
 * between the examples of the smallest and the largest y_i a_iᵀ x until the two agree. The margin is that of the direction
 * returned, a lower bound of μ within the tolerance. Reads the numbers: not for `jit`.
 *
 * Source: Mitchell, Demyanov & Malozemov 1974.
 *
 * @throws ArgumentError for a set that is not separable, or not to the tolerance within maxSteps
 */
export function margin(problem: Separation, options: MarginOptions = {}): Margin {
  const owner = 'margin';
  checkOptions(owner, options, { tolerance: positive, maxSteps: atLeastOne });
  checkSeparation(owner, problem);
  const { tolerance = 1e-8, maxSteps = 100_000 } = options;
  const [n = 0, d = 0] = problem.features.shape;
  const rows = problem.features.mul(problem.labels.expandDims(1)).dataSync();
  const z = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: d }, (_, k) => Number(rows[i * d + k])),
  );
  const inner = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, v, k) => sum + v * (b[k] ?? 0), 0);
  const radius = Math.sqrt(Math.max(...z.map((row) => inner(row, row))));

  const weights = new Float64Array(n).fill(1 / n);
  const x = Float64Array.from({ length: d }, (_, k) => z.reduce((sum, row) => sum + (row[k] ?? 0) / n, 0));
  for (let step = 0; step < maxSteps; step++) {
    const heights = z.map((row) => inner(row, x));
    let [low, high] = [0, -1];
    heights.forEach((h, i) => {
      if (h < (heights[low] ?? 0)) low = i;
      if ((weights[i] ?? 0) > 0 && (high < 0 || h > (heights[high] ?? 0))) high = i;
    });
    const [bottom = NaN, top = NaN] = [heights[low], heights[high]];
    const length = Math.sqrt(inner(x, x));
    // bottom / ‖x‖ <= μ <= ‖x‖
    if (bottom > 0 && length * length - bottom <= tolerance * length * length) {
      const direction = tensor(
        Array.from(x, (v) => v / length),
        { dtype: problem.features.dtype },
      );
      return { margin: bottom / length, radius, direction };
    }
    if (length <= 1e-10 * radius || !(top > bottom)) break;
    const [from, to] = [z[high], z[low]];
    const way = Float64Array.from({ length: d }, (_, k) => (to?.[k] ?? 0) - (from?.[k] ?? 0));
    const share = Math.min(weights[high] ?? 0, (top - bottom) / inner(way, way));
    weights[high] = share === weights[high] ? 0 : (weights[high] ?? 0) - share;
    weights[low] = (weights[low] ?? 0) + share;
    way.forEach((v, k) => (x[k] = (x[k] ?? 0) + share * v));
  }
  throw new ArgumentError(
    `${owner}: found no separating direction within ${maxSteps} steps; the set may not be separable`,
  );
}
