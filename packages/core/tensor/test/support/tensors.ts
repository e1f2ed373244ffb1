import type { DType, Shape, Tensor } from '../../src/index.js';
import { tensor } from '../../src/index.js';
import { isFloat } from '../../src/dtype.js';
import { sizeOf } from '../../src/shape.js';
import type { Subject } from './derivatives.js';
import { checkJit, checkVmap } from './derivatives.js';
import { integer } from './kernels.js';

/** Elements uniform in [low, high). */
export function randomTensor(
  random: () => number,
  shape: Shape,
  { dtype = 'float64', low = -1, high = 1 }: { dtype?: DType; low?: number; high?: number } = {},
): Tensor {
  const draw = (): number =>
    isFloat(dtype) ? low + random() * (high - low) : integer(random, Math.ceil(low), Math.ceil(high) - 1);
  return tensor(Array.from({ length: sizeOf(shape) }, draw), { dtype }).reshape(shape);
}

/** Distinct elements, at least 0.02 apart and in random order: for functions with kinks where elements are equal. */
export function distinctTensor(random: () => number, shape: Shape): Tensor {
  const order = Array.from({ length: sizeOf(shape) }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = integer(random, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const middle = (order.length - 1) / 2;
  return tensor(
    order.map((i) => (i - middle + random() * 0.8) * 0.125),
    { dtype: 'float64' },
  ).reshape(shape);
}

/** `checkVmap` for inputs given as stacks of examples, and `checkJit` at the first examples. */
export function checkBatching(name: string, f: Subject, ...stacks: readonly Tensor[]): void {
  const size = stacks[0]!.shape[0]!;
  const examples = Array.from({ length: size }, (_, i) =>
    stacks.map((x) => x.slice([i], [i + 1]).reshape(x.shape.slice(1))),
  );
  checkVmap(name, f, examples);
  checkJit(name, f, examples[0]!);
}
