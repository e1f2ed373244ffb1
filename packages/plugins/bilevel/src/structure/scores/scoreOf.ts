import { tensor, where, type Tensor } from '@core/tensor';
import type { Samples } from '../samples.js';
import type { StructureScore } from './score.js';

/** A score whose regressions on tensors are those on prepared samples. */
export function scoreOf(
  name: string,
  prepare: NonNullable<StructureScore['prepare']>,
  score: StructureScore['score'],
): StructureScore {
  return {
    prepare,
    score,
    fit: (parents, target) => {
      const samples = joined(parents.dataSync(), target.dataSync(), target.size);
      const { nodes } = samples;
      const weights = new Float64Array(nodes * nodes);
      const order = Array.from({ length: nodes }, (_, node) => node);
      prepare(name, samples).columns(order, nodes - 1, nodes - 1, weights);
      const column = order.slice(0, -1).map((a) => weights[a * nodes + nodes - 1]!);
      return tensor(column, { dtype: parents.dtype });
    },
  };
}

/** Samples whose first columns are the parents and whose last is the target. */
function joined(parents: ArrayLike<number>, target: ArrayLike<number>, count: number): Samples {
  const width = parents.length / count;
  const values = new Float64Array(count * (width + 1));
  for (let row = 0; row < count; row++) {
    for (let a = 0; a < width; a++) values[row * (width + 1) + a] = parents[row * width + a]!;
    values[row * (width + 1) + width] = target[row]!;
  }
  return { values, count, nodes: width + 1 };
}

/** |X - X W|² / 2n and its derivative. */
export function squared(samples: Tensor, weights: Tensor): { loss: Tensor; grad: Tensor } {
  const count = samples.shape[0] ?? 1;
  const residual = samples.sub(samples.matmul(weights));
  return {
    loss: residual
      .square()
      .sum()
      .div(2 * count),
    grad: samples.T.matmul(residual).div(-count),
  };
}

/**
 * With penalty |W|₁. Where there is a weight, the slope has its sign; where there is none, the slope that brings the sum nearest to 0.
 */
export function penalised(
  { loss, grad }: { readonly loss: Tensor; readonly grad: Tensor },
  weights: Tensor,
  penalty: number,
): { loss: Tensor; grad: Tensor } {
  const atZero = grad.sign().mul(grad.abs().sub(penalty).maximum(0));
  return {
    loss: loss.add(weights.abs().sum().mul(penalty)),
    grad: where(weights.equal(0), atZero, grad.add(weights.sign().mul(penalty))),
  };
}
