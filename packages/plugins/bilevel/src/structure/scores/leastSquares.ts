import { check, nonNegative } from '@core/registry/checks';
import { LinalgError } from '@core/tensor';
import { gramMatrix, type Samples } from '../samples.js';
import type { Order } from '../orders.js';
import { exchangedPivots, factorInPlace } from './cholesky.js';
import { squaredLoss } from './gram.js';
import { clearColumn, type ColumnFits, type StructureScore } from './score.js';
import { scoreOf, squared } from './scoreOf.js';

/**
 * |X - X W|² / 2n with W by least squares, from the Gram matrix and its Cholesky factor: with nodes in an order, L L^T = X^T X / n,
 * the square of L_kk is what remains of node k after all nodes before it, so that the score of an order is half the sum of them.
 *
 * Errors, by `topoLinear` and where it is called: LinalgError for a node that those before it determine, as in late nodes when there
 * are fewer samples than nodes; ridge and lasso can be used there.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277), which runs scikit-learn's LinearRegression for every column.
 */
export function leastSquares(): StructureScore {
  return gaussian('leastSquares', 0);
}

/**
 * |X - X W|² / 2n + λ |W|² / 2, as `leastSquares`; it needs no number of samples.
 *
 * @param lambda λ, at least 0 (above it for fewer samples than nodes)
 * @throws ArgumentError
 */
export function ridge(lambda: number): StructureScore {
  check('ridge', 'lambda', lambda, nonNegative);
  return gaussian('ridge', lambda);
}

function gaussian(name: string, lambda: number): StructureScore {
  return scoreOf(
    name,
    (owner, samples) => gaussianFits(owner, name, samples, lambda),
    (samples, weights) => {
      const { loss, grad } = squared(samples, weights);
      const penalty = weights
        .square()
        .sum()
        .mul(lambda / 2);
      return { loss: loss.add(penalty), grad: grad.add(weights.mul(lambda)) };
    },
  );
}

/** Of a node's variance, what must remain after the nodes before it. */
const leastShare = 1e-12;

function gaussianFits(owner: string, name: string, samples: Samples, lambda: number): ColumnFits {
  const { nodes, count } = samples;
  const gram = gramMatrix(samples);
  /** The factor of the nodes in their order, up to a position. */
  const factorOf = (order: Order, size: number): Float64Array => {
    const factor = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++)
        factor[i * size + j] = gram[order[i]! * nodes + order[j]!]! + (i === j ? lambda : 0);
    const bad = factorInPlace(factor, size, leastShare);
    if (bad < 0) return factor;
    throw new LinalgError(
      `${owner}: ${name} cannot fit node ${order[bad]}: the ${bad} nodes before it determine it or one another, from ${count} samples; ` +
        `take more samples, leave nodes out that repeat others, or use ridge or lasso`,
    );
  };
  const squares = (weights: Float64Array): number => weights.reduce((sum, w) => sum + w * w, 0);
  return {
    columns: (order, first, last, weights) => {
      const size = last + 1;
      const factor = factorOf(order, size);
      for (let at = first; at <= last; at++) {
        const node = order[at]!;
        clearColumn(weights, node, nodes);
        // L^T w = the row of L before its diagonal
        for (let i = at - 1; i >= 0; i--) {
          let sum = factor[at * size + i]!;
          for (let k = i + 1; k < at; k++) sum -= factor[k * size + i]! * weights[order[k]! * nodes + node]!;
          weights[order[i]! * nodes + node] = sum / factor[i * size + i]!;
        }
      }
    },
    loss: (weights) => squaredLoss(gram, weights, nodes) + (lambda / 2) * squares(weights),
    trials: (order, _, loss) => {
      const factor = factorOf(order, nodes);
      const before = new Float64Array(nodes + 1); // Σ L_kk² of the positions before each
      for (let i = 0; i < nodes; i++) before[i + 1] = before[i]! + factor[i * nodes + i]! ** 2;
      const pivots = exchangedPivots(factor, nodes);
      return (first, last) => loss + (pivots(first, last) - (before[last + 1]! - before[first]!)) / 2;
    },
  };
}
