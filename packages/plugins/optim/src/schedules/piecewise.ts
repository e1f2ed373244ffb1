import { checkOptions, checkRequired, finite, oneOf, show, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import type { Schedule } from '../types.js';
import { schedule, type Arithmetic } from './arithmetic.js';

export interface PiecewiseOptions {
  /** Steps at which a new piece begins, ascending, greater than 0. */
  readonly boundaries: readonly number[];
  /** One value more than boundaries: the values of the pieces; when interpolated, those at step 0 and at each boundary. */
  readonly values: readonly number[];
  /** `'none'`: each value holds until the next boundary; else from value to value. Default `'none'`. */
  readonly interpolate?: 'none' | 'linear' | 'cosine';
}

const list: Rule = {
  words: 'a list of finite numbers',
  holds: (value) => Array.isArray(value) && value.every(finite.holds),
};

/**
 * Values that change at given steps, at once or gradually; the last one stays.
 *
 *     none:    value[i] for boundary[i-1] <= t < boundary[i]       (torch's MultiStepLR)
 *     linear:  the straight line through (0, value[0]), (boundary[i], value[i+1])
 *     cosine:  half a cosine wave between the same points
 */
export function piecewise(options: PiecewiseOptions): Schedule {
  const owner = 'piecewise';
  checkOptions(owner, options, {
    boundaries: list,
    values: list,
    interpolate: oneOf('none', 'linear', 'cosine'),
  });
  checkRequired(owner, options, ['boundaries', 'values']);
  const { boundaries, values, interpolate = 'none' } = options;
  checkBoundaries(owner, boundaries);
  if (values.length !== boundaries.length + 1)
    throw new ArgumentError(
      `${owner}: ${boundaries.length} boundaries need ${boundaries.length + 1} values, got ${values.length}`,
    );
  const piece = <T>(count: T, math: Arithmetic<T>, i: number): T => {
    const [low = 0, high = low] = values.slice(i, i + 2);
    const start = boundaries[i - 1] ?? 0;
    const end = boundaries[i];
    if (interpolate === 'none' || end === undefined) return math.add(math.mul(count, 0), low);
    const share = math.div(math.sub(count, start), end - start);
    const way =
      interpolate === 'linear' ? share : math.mul(math.sub(1, math.cos(math.mul(share, Math.PI))), 0.5);
    return math.add(math.mul(way, high - low), low);
  };
  return schedule(owner, (count, math) =>
    boundaries.reduceRight(
      (later, boundary, i) => math.below(count, boundary, piece(count, math, i), later),
      piece(count, math, boundaries.length),
    ),
  );
}

/** @throws ArgumentError unless they ascend from above 0 */
export function checkBoundaries(owner: string, boundaries: readonly number[]): void {
  if (boundaries.every((boundary, i) => boundary > (boundaries[i - 1] ?? 0))) return;
  throw new ArgumentError(`${owner}: boundaries must ascend and be greater than 0, got ${show(boundaries)}`);
}
