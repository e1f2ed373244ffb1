import type { Optimizer } from '@core/registry';
import { atLeastOne, checkOptions, nonNegative, oneOf, optimizerRule, positive } from '@core/registry/checks';
import { random, type Tensor } from '@core/tensor';
import { checkSizes, type Pair } from './candidates.js';
import { initialParameters, networkOf, strengths, type Network } from './network.js';
import { swap, type Order } from './orders.js';
import { checkStructureProblem, kept, lossesUpTo, startOrder, type StructureProblem, type StructureSolver } from './problem.js'; // prettier-ignore
import { readSamples } from './samples.js';
import { leastGain, newTopoState, number, positionsOf, searchRound, topoRules, type Improvement, type TopoMeasure, type TopoOptions, type TopoState } from './topoSearch.js'; // prettier-ignore
import { networkTraining, type Training } from './trainNetworks.js';

export interface TopoNonlinearOptions extends TopoOptions {
  /** Widths of the hidden layers. Default [40]. */
  readonly hidden?: readonly number[];
  /** Weight of the absolute values of the first layers' weights, at least 0. Default 0.01. */
  readonly lambda1?: number;
  /** Weight of half the squares of all weights, at least 0. Default 0.01. */
  readonly lambda2?: number;
  /** 'l2', Σ (x - f(x))² / 2n, or 'logl2', (d/2) log(Σ (x - f(x))² / n). Default 'l2'. */
  readonly lossType?: 'l2' | 'logl2';
  /** What trains, such as Adam with rate 0.01 and beta1 0.99. Default L-BFGS. */
  readonly optimizer?: Optimizer;
  /** The most iterations of a training. Default 1000. */
  readonly iterations?: number;
  /** Iterations from one check to the next whether training has ended. Default 160 with L-BFGS, 50 with an optimizer. */
  readonly checkEvery?: number;
  /** Relative change of the loss between two checks that ends it, greater than 0. Default 0.01. */
  readonly tolerance?: number;
  /** What a trial must gain, as a share of the loss; at least 0. Default 0. */
  readonly leastGain?: number;
}

export type TopoNonlinearState = TopoState & {
  /** [d, parameters of a node's network]; first the first layer's, [d, hidden], a row for each parent. */
  readonly parameters: Tensor;
  /** Those that were drawn at the start; an edge that an exchange allows begins with its own. */
  readonly initial: Tensor;
};

/**
 * TOPO for nonlinear models: each node is a network of the nodes before it, with sigmoids and without biases, and an edge is as strong
 * as the norm of the weights by which the network sees it. As `topoLinear`, but a trial trains the networks of the nodes from one
 * place to the other, from what they are, and the first trial that lowers the loss is taken.
 *
 * Trials are in the order of ∂h/∂|W|. With few candidates (the official script has 10 and 40 for d = 10) a round takes seconds.
 * Since trials also train on, a `leastGain` of 1e-3 keeps orders apart that differ by training alone.
 *
 * An edge that an exchange allows begins with its initial random weights, not at 0 as in the authors' code: a network that saw nothing
 * has no weights left, and would never move.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277) and their code, where training stops at its first check, as the loss is compared with
 * itself; here with that of the check before. L-BFGS is OWL-QN with a line search here, and needs no rate; theirs has the rate 1.
 *
 * @throws ArgumentError as `topoLinear`
 */
export function topoNonlinear(
  options: TopoNonlinearOptions = {},
): StructureSolver<TopoNonlinearState, TopoMeasure> {
  const owner = 'topoNonlinear';
  checkOptions(owner, options, {
    ...topoRules,
    hidden: { words: 'widths of at least one layer', holds: (value) => Array.isArray(value) && value.length > 0 && value.every(atLeastOne.holds) }, // prettier-ignore
    lambda1: nonNegative,
    lambda2: nonNegative,
    lossType: oneOf('l2', 'logl2'),
    optimizer: optimizerRule,
    iterations: atLeastOne,
    checkEvery: atLeastOne,
    tolerance: positive,
    leastGain: nonNegative,
  });
  const { hidden = [40], optimizer } = options;
  const settings = {
    lambda1: options.lambda1 ?? 0.01,
    lambda2: options.lambda2 ?? 0.01,
    lossType: options.lossType ?? 'l2',
    optimizer,
    iterations: options.iterations ?? 1000,
    checkEvery: options.checkEvery ?? (optimizer === undefined ? 160 : 50),
    tolerance: options.tolerance ?? 0.01,
  };
  const prepared = new WeakMap<Tensor, { readonly network: Network; readonly training: Training }>();
  const trainingFor = ({ samples }: StructureProblem) => {
    const known = prepared.get(samples);
    if (known !== undefined) return known;
    const network = networkOf(owner, [readSamples(owner, samples).nodes, ...hidden, 1], false);
    const made = { network, training: networkTraining(network, samples, settings) };
    prepared.set(samples, made);
    return made;
  };
  return {
    init: (problem, key) => {
      checkStructureProblem(owner, problem);
      const { network, training } = trainingFor(problem);
      const nodes = network.dims[0] ?? 1;
      checkSizes(owner, { sizeSmall: options.sizeSmall, sizeLarge: options.sizeLarge }, nodes);
      const [forOrder, forParameters] = random.split(key);
      const order = startOrder(owner, problem, nodes, forOrder);
      const start = initialParameters(forParameters, network, 1);
      const { parameters, loss } = training.train(start, order, along(order));
      return {
        ...newTopoState(order, loss),
        parameters: kept(parameters, [nodes, network.size]),
        initial: kept(start, [nodes, network.size]),
      };
    },
    step: (problem, state) => {
      const { network, training } = trainingFor(problem);
      const parameters = Float64Array.from(state.parameters.dataSync());
      const initial = Float64Array.from(state.initial.dataSync());
      const loss = number(state.loss);
      const enough = loss - Math.max(leastGain(state.loss), options.leastGain ?? 0) * Math.abs(loss);
      type Found = Improvement & { readonly parameters: Float64Array };
      const attempt = (
        order: Order,
        pairs: readonly Pair[],
        count: (trials: number, columns: number) => void,
      ): Found | undefined => {
        for (const pair of pairs) {
          const to = swap(order, ...pair);
          const [first, last] = positionsOf(order, pair);
          count(1, last - first + 1);
          const moved = to.slice(first, last + 1);
          const from = withNewEdges(network, { parameters, initial }, moved, order, to);
          const trial = training.train(from, moved, along(to));
          if (trial.loss < enough) return { ...trial, order: to, swaps: 1 };
        }
        return undefined;
      };
      const nodes = network.dims[0] ?? 1;
      const weights = kept(strengths(network, parameters), [nodes, nodes]);
      const { found, state: next, measures } = searchRound(state, options, weights, attempt);
      const reached = kept(found?.parameters ?? parameters, state.parameters.shape);
      return { state: { ...next, parameters: reached, initial: state.initial.mul(1) }, measures };
    },
    solution: (problem, { parameters, order, losses, rounds }) => {
      const { network } = trainingFor(problem);
      const nodes = network.dims[0] ?? 1;
      const weights = kept(strengths(network, Float64Array.from(parameters.dataSync())), [nodes, nodes]);
      return {
        weights: weights.cast(problem.samples.dtype),
        order: order.mul(1),
        losses: lossesUpTo(losses, number(rounds)),
      };
    },
    finished: (_, { done }) => number(done) !== 0,
  };
}

/** Parameters in which edges that a new order allows to some nodes, and the old one did not, have their initial weights. */
function withNewEdges(
  { dims, size }: Network,
  { parameters, initial }: Readonly<Record<'parameters' | 'initial', Float64Array>>,
  nodes: Order,
  before: Order,
  after: Order,
): Float64Array {
  const width = dims[1] ?? 1;
  const [was, is] = [along(before), along(after)];
  const next = parameters.slice();
  for (const b of nodes)
    for (const a of after) {
      const at = b * size + a * width;
      if (is(a, b) && !was(a, b)) next.set(initial.subarray(at, at + width), at);
    }
  return next;
}

/** Whether an order allows an edge. */
function along(order: Order): (a: number, b: number) => boolean {
  const position = new Map(order.map((node, at) => [node, at]));
  return (a, b) => (position.get(a) ?? 0) < (position.get(b) ?? 0);
}
