import type { Tensor } from '../tensor.js';
import { broadcastBatch, reshape } from './calls.js';

/** Every input with a leading batch axis: those without one are broadcast. */
export function allBatched(inputs: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] {
  return inputs.map((x, i) => (batched[i] ? x : broadcastBatch(x, size)));
}

/** Batched inputs reshaped so that NumPy broadcasting aligns their own axes behind the batch axis. */
export function alignRanks(inputs: readonly Tensor[], batched: readonly boolean[]): Tensor[] {
  const ndim = Math.max(...inputs.map((x, i) => x.ndim - (batched[i] ? 1 : 0)));
  return inputs.map((x, i) => {
    if (!batched[i]) return x;
    const missing = ndim - (x.ndim - 1);
    return missing === 0
      ? x
      : reshape(x, [x.shape[0]!, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]);
  });
}
