import { atLeastOne, check, checkOptions, nonNegative, positive } from '@core/registry/checks';
import { gramMatrix, type Samples } from '../samples.js';
import { coordinateDescent } from './coordinateDescent.js';
import { absoluteSum, squaredLoss } from './gram.js';
import { sumOverNodes, type ColumnFits, type StructureScore } from './score.js';
import { penalised, scoreOf, squared } from './scoreOf.js';

export interface LassoOptions {
  /** Change of a sweep, as a share of the largest weight, that ends coordinate descent. Greater than 0. Default 1e-8. */
  readonly tolerance?: number;
  /** The most sweeps. Default 10000. */
  readonly sweeps?: number;
}

/**
 * |X - X W|² / 2n + α |W|₁, with W by coordinate descent on the Gram matrix, column by column from the weights at hand. It needs no
 * number of samples. `grad` has the slope of the penalty folded in: 0 where a weight of 0 is best.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277); objective and number of sweeps are those of scikit-learn's Lasso, which their code
 * calls. Their score leaves the penalty out; here the lower level minimises what the upper one compares.
 *
 * @param alpha α, at least 0
 * @throws ArgumentError
 */
export function lasso(alpha: number, options: LassoOptions = {}): StructureScore {
  const owner = 'lasso';
  check(owner, 'alpha', alpha, nonNegative);
  checkOptions(owner, options, { tolerance: positive, sweeps: atLeastOne });
  const { tolerance = 1e-8, sweeps = 10_000 } = options;
  return scoreOf(
    owner,
    (_, samples) => lassoFits(samples, alpha, { tolerance, sweeps }),
    (samples, weights) => penalised(squared(samples, weights), weights, alpha),
  );
}

function lassoFits(samples: Samples, alpha: number, until: Required<LassoOptions>): ColumnFits {
  const { nodes } = samples;
  const gram = gramMatrix(samples);
  return {
    ...sumOverNodes(nodes, {
      fit: (node, parents, start) =>
        coordinateDescent(
          {
            hessian: gram,
            stride: nodes,
            linear: gram.subarray(node * nodes, (node + 1) * nodes),
            at: parents,
          },
          alpha,
          start,
          until,
        ),
      loss: (node, parents, weights) => {
        let sum = gram[node * nodes + node]!;
        parents.forEach((a, i) => {
          let product = -2 * gram[node * nodes + a]!;
          parents.forEach((b, j) => (product += gram[a * nodes + b]! * weights[j]!));
          sum += weights[i]! * product;
        });
        return sum / 2 + alpha * absoluteSum(weights);
      },
    }),
    loss: (weights) => squaredLoss(gram, weights, nodes) + alpha * absoluteSum(weights),
  };
}
