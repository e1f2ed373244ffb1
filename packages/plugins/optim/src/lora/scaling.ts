import {
  atLeastOne,
  checkOptions,
  checkRequired,
  finite,
  oneOf,
  positive,
  wholeNumber,
  type Rule,
} from '@core/registry/checks';
import { jit, random, tree, type Tensor } from '@core/tensor';
import { loraGradApprox } from './approximation.js';
import { normalizeForLora } from './gauge.js';
import { loraAttentionLoss } from './loss.js';
import { polynomialKind, type PolynomialKind } from './polynomial.js';
import type { AttentionAdapters, LoraAttention } from './problem.js';

export interface RandomLoraAttentionOptions {
  /** L, of queries and keys. */
  readonly length: number;
  /** d = e = v. Default 4. */
  readonly features?: number;
  /** r. Default 2. */
  readonly rank?: number;
  /** α. Default 4. */
  readonly alpha?: number;
  /** Which projections have adapters. Default `'query, value'`. */
  readonly adapt?: 'query, value' | 'query, key, value';
  /** Both norms of the scores' factors. Default: as drawn. */
  readonly gamma?: number;
  /** Default 0. */
  readonly seed?: number;
}

const problemRules = {
  features: atLeastOne,
  rank: atLeastOne,
  alpha: finite,
  gamma: positive,
  seed: wholeNumber,
} satisfies Record<string, Rule>;

/**
 * Self-attention on random numbers, float64: X uniform in [-1, 1], weights and adapters normal with deviation 1/2, targets
 * normal.
 *
 * @throws ArgumentError
 */
export function randomLoraAttention(options: RandomLoraAttentionOptions): LoraAttention {
  const owner = 'randomLoraAttention';
  checkOptions(owner, options, {
    length: atLeastOne,
    ...problemRules,
    adapt: oneOf('query, value', 'query, key, value'),
  });
  checkRequired(owner, options, ['length']);
  const { length, features = 4, rank = 2, alpha = 4, seed = 0, gamma, adapt = 'query, value' } = options;
  const keys = random.split(random.key(seed), 11);
  let next = 0;
  const drawn = (shape: readonly number[]): Tensor =>
    random.normal(keys[next++] ?? random.key(seed), shape, { dtype: 'float64' });
  const half = (shape: readonly number[]): Tensor => drawn(shape).mul(0.5);
  const x = random.uniform(keys[10] ?? random.key(seed), [length, features], {
    dtype: 'float64',
    minval: -1,
    maxval: 1,
  });
  const square = [features, features];
  const weights = { query: half(square), key: half(square), value: half(square) };
  const adapter = (): { A: Tensor; B: Tensor } => ({ A: half([rank, features]), B: half([features, rank]) });
  const problem: LoraAttention = {
    inputs: { query: x, key: x, value: x },
    target: drawn([length, features]),
    weights,
    adapters: {
      query: adapter(),
      value: adapter(),
      ...(adapt === 'query, value' ? {} : { key: adapter() }),
    },
    alpha,
  };
  return gamma === undefined ? problem : normalizeForLora(problem, { gamma });
}

export interface MeasureScalingOptions {
  /** Default 1024, 2048, 4096, 8192. */
  readonly lengths?: readonly number[];
  /** Norm of the scores' factors. Default 0.5. */
  readonly gamma?: number;
  /** Default 6. */
  readonly degree?: number;
  /** Default 'taylor'. */
  readonly kind?: PolynomialKind;
  /** d. Default 4. */
  readonly features?: number;
  /** r. Default 2. */
  readonly rank?: number;
  /** α. Default 4. */
  readonly alpha?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Of so many runs the shortest counts. Default 2. */
  readonly repeats?: number;
}

export interface ScalingRow {
  readonly length: number;
  readonly exactSeconds: number;
  readonly approximateSeconds: number;
  /** Largest difference of the gradients over the largest gradient. */
  readonly error: number;
}

export interface Scaling {
  readonly rows: readonly ScalingRow[];
  /** Slope of log(seconds) over log(length): 2 is quadratic, 1 linear. NaN for one length. */
  readonly exactSlope: number;
  readonly approximateSlope: number;
}

/**
 * Error and time of `loraGradApprox` beside `loraAttentionLoss`, both compiled, on random self-attention of growing length.
 *
 * @throws ArgumentError
 */
export function measureScaling(options: MeasureScalingOptions = {}): Scaling {
  const owner = 'measureScaling';
  const lengthsRule: Rule = {
    words: 'a list of whole numbers of at least 2',
    holds: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((x) => Number.isSafeInteger(x) && x > 1),
  };
  checkOptions(owner, options, {
    ...problemRules,
    lengths: lengthsRule,
    degree: wholeNumber,
    kind: polynomialKind,
    repeats: atLeastOne,
  });
  const {
    lengths = [1024, 2048, 4096, 8192],
    gamma = 0.5,
    degree = 6,
    kind = 'taylor',
    repeats = 2,
    ...rest
  } = options;
  const rows = lengths.map((length): ScalingRow => {
    const problem = randomLoraAttention({ ...rest, length, gamma });
    const exact = timed(
      jit((p: LoraAttention) => loraAttentionLoss(p).grads),
      problem,
      repeats,
    );
    const near = timed(
      jit((p: LoraAttention) => loraGradApprox(p, { degree, kind }).grads),
      problem,
      repeats,
    );
    return {
      length,
      exactSeconds: exact.seconds,
      approximateSeconds: near.seconds,
      error: gradientError(near.grads, exact.grads),
    };
  });
  const slope = (of: (row: ScalingRow) => number): number =>
    slopeOf(rows.map((row) => [Math.log(row.length), Math.log(of(row))]));
  return {
    rows,
    exactSlope: slope((row) => row.exactSeconds),
    approximateSlope: slope((row) => row.approximateSeconds),
  };
}

/** Largest difference of two trees of gradients over the largest entry of the second. */
export function gradientError(found: AttentionAdapters, exact: AttentionAdapters): number {
  const most = (of: AttentionAdapters): number =>
    Math.max(...tree.leaves(of).map((leaf) => leaf.abs().max().item()));
  return most(tree.map((a, b) => a.sub(b), found, exact)) / most(exact);
}

/** The first run compiles, and does not count. */
function timed(
  f: (problem: LoraAttention) => AttentionAdapters,
  problem: LoraAttention,
  repeats: number,
): { grads: AttentionAdapters; seconds: number } {
  const run = (): { grads: AttentionAdapters; seconds: number } => {
    const begin = performance.now();
    const grads = f(problem);
    tree.leaves(grads).forEach((leaf) => leaf.dataSync());
    return { grads, seconds: (performance.now() - begin) / 1000 };
  };
  run();
  const runs = Array.from({ length: repeats }, run);
  return runs.reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (i: 0 | 1): number => points.reduce((sum, point) => sum + point[i], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const sums = points.reduce(([xy, xx], [x, y]) => [xy + (x - x0) * (y - y0), xx + (x - x0) ** 2] as const, [
    0, 0,
  ] as readonly [number, number]);
  return sums[0] / sums[1];
}
