import { atLeastOne, check, checkOptions, oneOf, positive } from '@core/registry/checks';
import { ArgumentError, softplus } from '@core/tensor';
import type { Samples } from '../samples.js';
import { coordinateDescent } from './coordinateDescent.js';
import { absoluteSum } from './gram.js';
import { sumOverNodes, type ColumnFits, type StructureScore } from './score.js';
import { penalised, scoreOf } from './scoreOf.js';

export interface LogisticL1Options {
  /**
   * The weight of |W|₁ in the score: 'official' has 1/C, 'fitted' the 1/(Cn) that regressions minimise. Default 'official', which
   * weighs edges n times as heavily as the regressions that choose them.
   */
  readonly penalty?: 'official' | 'fitted';
  /** Change of the weights, as a share of the largest, that ends a regression. Greater than 0. Default 1e-6. */
  readonly tolerance?: number;
  /** The most Newton steps of a regression. Default 100. */
  readonly iterations?: number;
}

/**
 * Log-likelihood of nodes that are 0 or 1, P(x_b = 1) = sigmoid((X W)_b), without intercepts:
 *
 *     (1/n) Σ (log(1 + e^M) - X∘M) + penalty |W|₁,   M = X W
 *
 * Regressions minimise |w|₁ + C Σ log-loss, by proximal Newton steps with coordinate descent. `grad` has the slope of the penalty
 * folded in.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277) and their code, which calls scikit-learn's LogisticRegression (penalty l1, C = 0.1).
 *
 * @param c C, the weight of the samples in a regression; greater than 0. Default 0.1
 * @throws ArgumentError for options; when used, for samples other than 0 and 1
 */
export function logisticL1(c = 0.1, options: LogisticL1Options = {}): StructureScore {
  const owner = 'logisticL1';
  check(owner, 'c', c, positive);
  checkOptions(owner, options, {
    penalty: oneOf('official', 'fitted'),
    tolerance: positive,
    iterations: atLeastOne,
  });
  const { penalty = 'official', tolerance = 1e-6, iterations = 100 } = options;
  const prepare = (caller: string, samples: Samples): ColumnFits => {
    const { values, count, nodes } = samples;
    const bad = values.findIndex((value) => value !== 0 && value !== 1);
    if (bad >= 0)
      throw new ArgumentError(
        `${caller}: ${owner} takes samples of 0 and 1, sample ${Math.floor(bad / nodes)} of node ${bad % nodes} is ${values[bad]}`,
      );
    const fitted = 1 / (c * count);
    const scored = penalty === 'official' ? 1 / c : fitted;
    return logisticFits(samples, { fitted, scored, tolerance, iterations });
  };
  return scoreOf(owner, prepare, (samples, weights) => {
    const count = samples.shape[0] ?? 1;
    const sums = samples.matmul(weights);
    const likelihood = softplus(sums).sub(samples.mul(sums)).sum().div(count);
    const slope = samples.T.matmul(sums.sigmoid().sub(samples)).div(count);
    return penalised({ loss: likelihood, grad: slope }, weights, penalty === 'official' ? 1 / c : 1 / (c * count)); // prettier-ignore
  });
}

interface LogisticSettings {
  /** The weights of |W|₁ in regressions and in the score. */
  readonly fitted: number;
  readonly scored: number;
  readonly tolerance: number;
  readonly iterations: number;
}

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
/** log(1 + e^x) */
const logOnePlus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function logisticFits(samples: Samples, settings: LogisticSettings): ColumnFits {
  const { values, count, nodes } = samples;
  const product = (parents: readonly number[], weights: Float64Array): Float64Array => {
    const sums = new Float64Array(count);
    parents.forEach((parent, i) => {
      const w = weights[i]!;
      if (w !== 0) for (let row = 0; row < count; row++) sums[row]! += w * values[row * nodes + parent]!;
    });
    return sums;
  };
  const logLoss = (node: number, sums: Float64Array): number =>
    sums.reduce((sum, m, row) => sum + logOnePlus(m) - values[row * nodes + node]! * m, 0) / count;
  return sumOverNodes(nodes, {
    fit: (node, parents, start) => regression(node, parents, start),
    loss: (node, parents, weights) =>
      logLoss(node, product(parents, weights)) + settings.scored * absoluteSum(weights),
  });

  function regression(node: number, parents: readonly number[], start: Float64Array): Float64Array {
    const size = parents.length;
    const at = Array.from(parents.keys());
    const total = (sums: Float64Array, w: Float64Array): number =>
      logLoss(node, sums) + settings.fitted * absoluteSum(w);
    let [w, sums] = [start, product(parents, start)];
    let value = total(sums, w);
    for (let iteration = 0; iteration < settings.iterations && size > 0; iteration++) {
      const hessian = new Float64Array(size * size);
      const linear = new Float64Array(size); // H w - g: the quadratic around w, in the weights themselves
      for (let row = 0; row < count; row++) {
        const [p, base] = [logistic(sums[row]!), row * nodes];
        const [curvature, error] = [(p * (1 - p)) / count, (p - values[base + node]!) / count];
        for (let i = 0; i < size; i++) {
          const x = values[base + parents[i]!]!;
          if (x === 0) continue;
          linear[i]! += x * (curvature * sums[row]! - error);
          for (let j = 0; j <= i; j++) hessian[i * size + j]! += curvature * x * values[base + parents[j]!]!;
        }
      }
      for (let i = 0; i < size; i++)
        for (let j = 0; j < i; j++) hessian[j * size + i] = hessian[i * size + j]!;
      const target = coordinateDescent({ hessian, stride: size, linear, at }, settings.fitted, w, {
        tolerance: settings.tolerance / 10,
        sweeps: 1000,
      });
      const largest = target.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const change = target.reduce((most, x, i) => Math.max(most, Math.abs(x - w[i]!)), 0);
      let moved = false;
      for (let step = 1; step > 1e-6 && !moved; step /= 2) {
        const next = w.map((x, i) => x + step * (target[i]! - x));
        const nextSums = product(parents, next);
        const nextValue = total(nextSums, next);
        moved = nextValue < value;
        if (moved) [w, sums, value] = [next, nextSums, nextValue];
      }
      if (!moved || change <= settings.tolerance * largest) break;
    }
    return w;
  }
}
