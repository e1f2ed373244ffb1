import { softmax, tensor, tree, type Tensor } from '@core/tensor';
import { normalizeForLora, type AttentionAdapters, type LoraAttention } from '../../src/index.js';
import values from '../goldens/loraLimits.json';
import { f64 } from '../support.js';

export const goldens = values;

type Numbers = { A: number[][]; B: number[][] };

const adapter = ({ A, B }: Numbers): { A: Tensor; B: Tensor } => ({ A: f64(A), B: f64(B) });

/** Expected gradients as tensors. */
export function gradsOf(of: { query?: Numbers; key?: Numbers; value?: Numbers }): AttentionAdapters {
  return Object.fromEntries(Object.entries(of).map(([name, numbers]) => [name, adapter(numbers)]));
}

/** L = 256, d = 4, r = 2, α = 4, all three projections adapted; see goldens/loraLimits.py. */
export function fullProblem(): LoraAttention {
  const x = f64(values.x);
  const { query, key, value } = values.weights;
  return {
    inputs: { query: x, key: x, value: x },
    target: f64(values.target),
    weights: { query: f64(query), key: f64(key), value: f64(value) },
    adapters: gradsOf(values.adapters),
    alpha: values.alpha,
  };
}

/** Queries and values adapted; with both norms scaled to gamma. */
export function partialProblem(gamma: number): LoraAttention {
  const full = fullProblem();
  const { query, value } = full.adapters;
  return normalizeForLora({ ...full, adapters: { query: query!, value: value! } }, { gamma }); // both are there
}

/** Lengths and widths that all differ. */
export function unevenProblem(random: (seed: number, shape: readonly number[]) => Tensor): LoraAttention {
  return {
    inputs: { query: random(1, [7, 3]), key: random(2, [5, 4]), value: random(3, [5, 2]) },
    target: random(4, [7, 6]),
    weights: { query: random(5, [3, 2]), key: random(6, [4, 2]), value: random(7, [2, 6]) },
    adapters: {
      query: { A: random(8, [1, 2]), B: random(9, [3, 1]) },
      key: { A: random(10, [2, 2]), B: random(11, [4, 2]) },
      value: { A: random(12, [1, 6]), B: random(13, [2, 1]) },
    },
    alpha: 3,
    beta: 0.7,
  };
}

/** The loss as anybody would write it. */
export function naiveLoss({ inputs, target, weights, adapters, alpha, beta = 1 }: LoraAttention): Tensor {
  const adapted = (name: 'query' | 'key' | 'value'): Tensor => {
    const one = adapters[name];
    if (one === undefined) return weights[name];
    return weights[name].add(
      one.B.matmul(one.A).mul(tensor(1 / one.A.shape[0]!, { dtype: 'float64' }).mul(alpha)),
    );
  };
  const scores = inputs.query.matmul(adapted('query')).matmul(inputs.key.matmul(adapted('key')).transpose());
  const output = softmax(scores.mul(beta)).matmul(inputs.value.matmul(adapted('value')));
  return output.sub(target).square().sum().mul(0.5);
}

/** Largest difference over the largest expected element, over all leaves together. */
export function relativeError(found: unknown, expected: unknown): number {
  const most = (of: unknown): number => Math.max(...tree.leaves(of).map((leaf) => leaf.abs().max().item()));
  const [a, b] = [tree.leaves(found), tree.leaves(expected)];
  if (a.length !== b.length) return Infinity;
  return most(a.map((leaf, i) => leaf.sub(b[i] ?? leaf))) / most(expected);
}

/** The same, leaf by leaf: small gradients are not hidden by large ones. */
export function leafwiseError(found: unknown, expected: unknown): number {
  const [a, b] = [tree.leaves(found), tree.leaves(expected)];
  if (a.length !== b.length) return Infinity;
  return Math.max(...a.map((leaf, i) => relativeError(leaf, b[i] ?? leaf)));
}
