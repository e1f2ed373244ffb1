import { checkOptions, nonNegative, oneOf } from '@core/registry/checks';
import { eye, jit, softplus, type Tensor } from '@core/tensor';
import { acyclicityOf } from './acyclicity.js';
import { augmentedLagrangian, augmentedLagrangianRules, evaluated, type AugmentedLagrangianOptions, type NotearsMeasure, type NotearsState } from './augmentedLagrangian.js'; // prettier-ignore
import type { StructureSolver } from './problem.js';
import { readSamples } from './samples.js';

export interface NotearsOptions extends AugmentedLagrangianOptions {
  /** Weight of |W|₁, at least 0. Default 0.1. */
  readonly lambda1?: number;
  /** 'l2', |X - X W|² / 2n of the centred samples, or 'logistic', for nodes that are 0 or 1. Default 'l2'. */
  readonly lossType?: 'l2' | 'logistic';
}

/**
 * NOTEARS: weights of all pairs at once, under the constraint that they have no cycle,
 *
 *     min loss(W) + λ₁ |W|₁   where h(W) = tr(e^(W∘W)) - d = 0
 *
 * by the augmented Lagrangian, from W = 0; a step is a round of it. It looks at no order, and ends near a local minimum of a problem
 * that is not convex: `topoLinear` can go on from its order.
 *
 * Source: Zheng et al. 2018 (arXiv:1803.01422) and their `notears_linear`, with its defaults (λ₁ as in their example). L-BFGS-B on
 * positive and negative parts is OWL-QN on W here: the same problem, other last digits.
 *
 * @throws ArgumentError for options, or samples that are not finite
 */
export function notears(options: NotearsOptions = {}): StructureSolver<NotearsState, NotearsMeasure> {
  const owner = 'notears';
  checkOptions(owner, options, {
    ...augmentedLagrangianRules,
    lambda1: nonNegative,
    lossType: oneOf('l2', 'logistic'),
  });
  const { lambda1 = 0.1, lossType = 'l2' } = options;
  return augmentedLagrangian(owner, options, (samples) => {
    const { nodes, count } = readSamples(owner, samples);
    const data = samples.cast('float64');
    const identity = eye(nodes, nodes, { dtype: 'float64' });
    const fit = lossType === 'l2' ? squaredFit(data, identity, count) : logisticFit(data, count);
    const program = jit((weights: Tensor, multiplier: Tensor, penalty: Tensor) => {
      const { h, grad } = acyclicityOf(weights.square(), 'expSquare');
      const { loss, slope } = fit(weights);
      const pull = penalty.mul(h).add(multiplier);
      return {
        value: loss.add(h.mul(multiplier)).add(h.square().mul(penalty).div(2)),
        // An edge from a node to itself stays 0.
        gradient: slope.add(grad.mul(weights).mul(pull.mul(2))).mul(identity.mul(-1).add(1)),
        loss,
        h,
      };
    });
    return {
      shape: [nodes, nodes],
      penalties: new Float64Array(nodes * nodes).fill(lambda1),
      start: () => new Float64Array(nodes * nodes),
      evaluate: evaluated(program, [nodes, nodes]),
      strengths: (x) => x,
    };
  });
}

type Fit = (weights: Tensor) => { readonly loss: Tensor; readonly slope: Tensor };

/** By the Gram matrix S of the centred samples: ½ tr((I - W)^T S (I - W)), and -S (I - W). */
function squaredFit(data: Tensor, identity: Tensor, count: number): Fit {
  const centred = data.sub(data.mean(0));
  const gram = centred.T.matmul(centred).div(count);
  return (weights) => {
    const rest = identity.sub(weights);
    const product = gram.matmul(rest);
    return { loss: rest.mul(product).sum().div(2), slope: product.neg() };
  };
}

function logisticFit(data: Tensor, count: number): Fit {
  return (weights) => {
    const sums = data.matmul(weights);
    return {
      loss: softplus(sums).sub(data.mul(sums)).sum().div(count),
      slope: data.T.matmul(sums.sigmoid().sub(data)).div(count),
    };
  };
}
