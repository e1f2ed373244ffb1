import { random, type Tensor } from '@core/tensor';
import type { PruningProblem } from '../../src/index.js';
import { normal } from '../support.js';

export type Batch = { readonly x: Tensor; readonly y: Tensor };
export type Params = { readonly a: { readonly weight: Tensor; readonly bias: Tensor }; readonly b: { readonly weight: Tensor } }; // prettier-ignore

/** 5 -> 8 -> 2 with tanh, on the values of a sparse teacher; float64. */
export function teacherProblem(seed = 1): PruningProblem<Params, Batch> {
  const x = normal(seed, [60, 5]);
  const y = x.slice([0, 0], [60, 2]).tanh();
  return {
    loss: ({ a, b }, batch = { x, y }) =>
      batch.x.matmul(a.weight).add(a.bias).tanh().matmul(b.weight).sub(batch.y).square().mean(),
    start: {
      a: { weight: normal(seed + 1, [5, 8]).mul(0.5), bias: normal(seed + 2, [8]).mul(0.1) },
      b: { weight: normal(seed + 3, [8, 2]).mul(0.5) },
    },
    samplers: {
      lower: (key) => rows({ x, y }, key),
      upper: (key) => rows({ x, y }, key),
    },
  };
}

function rows({ x, y }: Batch, key: Tensor): Batch {
  const at = random.randint(key, [16], 0, 60);
  return { x: x.take(at), y: y.take(at) };
}

/** Kernels [6, 3, 2, 2] and a dense layer of their sums over places, on pictures [n, 3, 3, 3]. */
export function kernelProblem(seed = 1): PruningProblem<{ readonly kernel: Tensor; readonly head: Tensor }> {
  const [x, y] = [normal(seed, [10, 3, 3, 3]), normal(seed + 1, [10, 2])];
  return {
    loss: ({ kernel, head }) => x.conv2d(kernel).tanh().mean([2, 3]).matmul(head).sub(y).square().mean(),
    start: { kernel: normal(seed + 2, [6, 3, 2, 2]), head: normal(seed + 3, [6, 2]) },
  };
}
