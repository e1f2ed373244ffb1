import { atLeastOne, check, checkOptions, oneOf, positive } from '@core/registry/checks';
import { ArgumentError, type Tensor, concat, eye, linalg, random, tensor, where } from '@core/tensor';
import { checkWeights } from './acyclicity.js';
import { orderFromWeights } from './orders.js';

export type NoiseKind = 'gauss' | 'exponential' | 'gumbel' | 'uniform' | 'logistic';

export interface LinearSemOptions {
  /**
   * What is added to X W: 'gauss', 'exponential', 'gumbel', or 'uniform' on [-scale, scale]; with 'logistic', nodes are 0 or 1 with
   * P(1) = sigmoid(X W). Default 'gauss'. The means of 'exponential' and 'gumbel' are not 0.
   */
  readonly noise?: NoiseKind;
  /** The scale of the noise, one for all nodes or [d]. Greater than 0; nothing to 'logistic'. Default 1. */
  readonly noiseScale?: number | readonly number[];
}

/**
 * Samples [n, d] of the linear model X = X W + noise, or of its logistic kin.
 *
 * With Infinity for n and Gaussian noise: a matrix [d, d] whose X^T X / d is the covariance of the model itself.
 *
 * Source: NOTEARS (Zheng et al. 2018) and their `simulate_linear_sem`.
 *
 * @param weights [d, d], of a DAG
 * @throws ArgumentError for weights with a cycle, which it names, or for options
 */
export function simulateLinearSem(
  key: Tensor,
  weights: Tensor,
  samples: number,
  options: LinearSemOptions = {},
): Tensor {
  const owner = 'simulateLinearSem';
  const order = orderOfDag(owner, weights, 'weights');
  const nodes = order.length;
  checkOptions(owner, options, {
    noise: oneOf('gauss', 'exponential', 'gumbel', 'uniform', 'logistic'),
    noiseScale: scaleRule(nodes),
  });
  const { noise = 'gauss', noiseScale = 1 } = options;
  const { dtype } = weights;
  const scale = tensor(typeof noiseScale === 'number' ? new Array<number>(nodes).fill(noiseScale) : [...noiseScale], { dtype }); // prettier-ignore
  const remaining = eye(nodes, nodes, { dtype }).sub(weights);
  if (samples === Infinity) {
    if (noise !== 'gauss')
      throw new ArgumentError(`${owner}: an infinite number of samples needs noise 'gauss', got '${noise}'`);
    return linalg.inv(remaining).mul(scale.reshape([nodes, 1])).mul(Math.sqrt(nodes)); // prettier-ignore
  }
  check(owner, 'samples', samples, atLeastOne);
  if (noise === 'logistic')
    return inOrder(order, samples, dtype, (node, parents) => {
      const sums = parents.matmul(weights.at(null, node));
      return random.bernoulli(random.foldIn(key, node), sums.sigmoid()).cast(dtype);
    });
  const draws = noiseOf(key, noise, [samples, nodes], floatOf(dtype)).mul(scale);
  return linalg.solve(remaining.T, draws.T).T;
}

export interface NonlinearSemOptions {
  /**
   * A node's function of its parents: 'mlp', sigmoid(X A) b with 100 hidden units, or 'mim', tanh(X a) + cos(X b) + sin(X c); weights
   * are uniform on ±[0.5, 2]. Default 'mlp'.
   */
  readonly kind?: 'mlp' | 'mim';
  /** Standard deviation of the Gaussian noise. Greater than 0. Default 1. */
  readonly noiseScale?: number;
}

const hiddenUnits = 100;

/**
 * Samples [n, d] of a model with nonlinear functions and Gaussian noise.
 *
 * Source: Zheng et al. 2020 (arXiv:1909.13189) and their `simulate_nonlinear_sem`; Gaussian processes are left out.
 *
 * @param graph [d, d], a DAG; its entries that are not 0 are edges
 * @throws ArgumentError for a graph with a cycle, which it names, or for options
 */
export function simulateNonlinearSem(
  key: Tensor,
  graph: Tensor,
  samples: number,
  options: NonlinearSemOptions = {},
): Tensor {
  const owner = 'simulateNonlinearSem';
  const order = orderOfDag(owner, graph, 'graph');
  check(owner, 'samples', samples, atLeastOne);
  checkOptions(owner, options, { kind: oneOf('mlp', 'mim'), noiseScale: positive });
  const { kind = 'mlp', noiseScale = 1 } = options;
  const dtype = floatOf(graph.dtype);
  return inOrder(order, samples, dtype, (node, values) => {
    const [first, second, third, fourth] = random.split(random.foldIn(key, node), 4) as [Tensor, Tensor, Tensor, Tensor]; // prettier-ignore
    const isParent = graph.at(null, node).notEqual(0).cast(dtype).reshape([order.length, 1]);
    const weights = (from: Tensor, shape: readonly number[]): Tensor => {
      const [forSize, forSign] = random.split(from);
      const size = random.uniform(forSize, shape, { minval: 0.5, maxval: 2, dtype });
      return where(random.bernoulli(forSign, 0.5, shape), size, size.neg());
    };
    const noise = random.normal(first, [samples], { dtype }).mul(noiseScale);
    if (Number(isParent.sum().item()) === 0) return noise;
    const parts = (from: Tensor, width: number): Tensor =>
      values.matmul(weights(from, [order.length, width]).mul(isParent));
    const signal =
      kind === 'mlp'
        ? parts(second, hiddenUnits)
            .sigmoid()
            .matmul(weights(third, [hiddenUnits]))
        : parts(second, 1).tanh().add(parts(third, 1).cos()).add(parts(fourth, 1).sin()).reshape([samples]);
    return signal.add(noise);
  });
}

function orderOfDag(owner: string, weights: Tensor, name: string): number[] {
  checkWeights(owner, weights, undefined, name);
  try {
    return orderFromWeights(weights);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(`${owner}: ${name} must be a DAG; ${error.message}`);
  }
}

/** Columns computed along an order, each from the values so far, where nodes to come are 0. */
function inOrder(
  order: readonly number[],
  samples: number,
  dtype: Tensor['dtype'],
  column: (node: number, values: Tensor) => Tensor,
): Tensor {
  const nothing = tensor(new Float32Array(samples), { shape: [samples, 1] }).cast(dtype);
  const columns = new Array<Tensor>(order.length).fill(nothing);
  for (const node of order) columns[node] = column(node, concat(columns, 1)).reshape([samples, 1]);
  return concat(columns, 1);
}

function noiseOf(key: Tensor, noise: NoiseKind, shape: number[], dtype: 'float32' | 'float64'): Tensor {
  switch (noise) {
    case 'exponential':
      return random.exponential(key, shape, { dtype });
    case 'gumbel':
      return random.gumbel(key, shape, { dtype });
    case 'uniform':
      return random.uniform(key, shape, { minval: -1, maxval: 1, dtype });
    default:
      return random.normal(key, shape, { dtype });
  }
}

const floatOf = (dtype: Tensor['dtype']): 'float32' | 'float64' =>
  dtype === 'float64' ? 'float64' : 'float32';

const scaleRule = (nodes: number) => ({
  words: `a number greater than 0, or ${nodes} of them`,
  holds: (value: unknown): boolean =>
    positive.holds(value) || (Array.isArray(value) && value.length === nodes && value.every(positive.holds)),
});
