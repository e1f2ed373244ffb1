import { atLeastOne, checkOptions, nonNegative } from '@core/registry/checks';
import { jit, tensor, valueAndGrad, type Tensor } from '@core/tensor';
import { acyclicityOf } from './acyclicity.js';
import { augmentedLagrangian, augmentedLagrangianRules, evaluated, type AugmentedLagrangianOptions, type NotearsMeasure, type NotearsState } from './augmentedLagrangian.js'; // prettier-ignore
import { initialParameters, networkOf, predict, strengths, weightMask } from './network.js';
import type { StructureSolver } from './problem.js';
import { readSamples } from './samples.js';

export interface NotearsMlpOptions extends AugmentedLagrangianOptions {
  /** Widths of the hidden layers. Default [10]. */
  readonly hidden?: readonly number[];
  /** Weight of the absolute values of the first layers' weights, at least 0. Default 0.01. */
  readonly lambda1?: number;
  /** Weight of half the squares of all weights, biases not, at least 0. Default 0.01. */
  readonly lambda2?: number;
}

/**
 * NOTEARS with a network of all other nodes for each node: sigmoids, and biases. The strength of an edge is the norm of the
 * first-layer weights by which a network sees a node, and with A_ab its square h = tr(e^A) - d.
 *
 * Source: Zheng et al. 2020 (arXiv:1909.13189) and their `notears_nonlinear`, with its defaults; OWL-QN as in `notears`.
 *
 * @throws ArgumentError for options, or samples that are not finite
 */
export function notearsMlp(options: NotearsMlpOptions = {}): StructureSolver<NotearsState, NotearsMeasure> {
  const owner = 'notearsMlp';
  checkOptions(owner, options, {
    ...augmentedLagrangianRules,
    hidden: { words: 'widths of at least one layer', holds: (value) => Array.isArray(value) && value.length > 0 && value.every(atLeastOne.holds) }, // prettier-ignore
    lambda1: nonNegative,
    lambda2: nonNegative,
  });
  const { hidden = [10], lambda1 = 0.01, lambda2 = 0.01 } = options;
  return augmentedLagrangian(owner, options, (samples) => {
    const { nodes, count } = readSamples(owner, samples);
    const network = networkOf(owner, [nodes, ...hidden, 1], true);
    const { size, inputs } = network;
    const width = hidden[0] ?? 1;
    const data = samples.cast('float64');
    const targets = data.T;
    const isWeight = tensor(weightMask(network));
    // No network sees its own node.
    const mask = new Float64Array(nodes * size).fill(1);
    for (let b = 0; b < nodes; b++) mask.fill(0, b * size + b * width, b * size + (b + 1) * width);
    const free = tensor(mask, { shape: [nodes, size] });
    const program = jit((parameters: Tensor, multiplier: Tensor, penalty: Tensor) => {
      const first = parameters.slice([0, 0], [nodes, inputs]).reshape([nodes, nodes, width]);
      // Rows are the nodes that see: the transpose of A, which has the same cycles.
      const { h, grad } = acyclicityOf(first.square().sum(2), 'expSquare');
      const [fit, slope] = valueAndGrad((p: Tensor) =>
        predict(network, p, data)
          .sub(targets)
          .square()
          .sum()
          .mul(0.5 / count)
          .add(
            p
              .square()
              .mul(isWeight)
              .sum()
              .mul(lambda2 / 2),
          ),
      )(parameters);
      const squares = parameters.square().mul(isWeight).sum().mul(lambda2 / 2); // prettier-ignore
      const pull = penalty.mul(h).add(multiplier).mul(2);
      const towards = first.mul(grad.reshape([nodes, nodes, 1])).mul(pull).reshape([nodes, inputs]); // prettier-ignore
      return {
        value: fit.add(h.mul(multiplier)).add(h.square().mul(penalty).div(2)),
        gradient: slope.add(towards.pad([[0, 0], [0, size - inputs]])).mul(free), // prettier-ignore
        loss: fit.sub(squares),
        h,
      };
    });
    return {
      shape: [nodes, size],
      penalties: Float64Array.from({ length: nodes * size }, (_, i) => (i % size < inputs ? lambda1 : 0)),
      start: (key) =>
        initialParameters(key, network, 1 / Math.sqrt(nodes)).map((value, i) => value * (mask[i] ?? 1)),
      evaluate: evaluated(program, [nodes, size]),
      strengths: (x) => strengths(network, x),
    };
  });
}
