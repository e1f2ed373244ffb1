import { grad, jit, type Tensor, type Tree } from '@core/tensor';
import type { Loss } from '../kinds/loss.js';
import {
  centralDifferences,
  fromNumbers,
  law,
  leavesUntouched,
  must,
  mustBeClose,
  mustBeFinite,
  randomTensor,
  seeds,
  type Law,
  type Make,
} from './law.js';

export interface LossLawOptions {
  /** What targets are: int32 class numbers, or floats of the outputs' shape. Default `'classes'`. */
  readonly targets?: 'classes' | 'values';
  /** Shape of the outputs, classes last. Default `[5, 4]`. */
  readonly outputShape?: readonly number[];
}

/** Random outputs and targets of a batch, as the options describe them. */
export function batchOf(
  seed: number,
  { targets = 'classes', outputShape = [5, 4] }: LossLawOptions,
): { outputs: Tensor; targets: Tensor } {
  const outputs = randomTensor(seed, outputShape);
  if (targets === 'values') return { outputs, targets: randomTensor(seed + 100, outputShape) };
  const [shape, classes] = [outputShape.slice(0, -1), outputShape.at(-1) ?? 1];
  const count = shape.reduce((size, length) => size * length, 1);
  const numbers = Array.from({ length: count }, (_, index) => (index * 7 + seed) % classes);
  return { outputs, targets: fromNumbers(numbers, shape, 'int32') };
}

export function lossLaws(make: Make<Loss>, options: LossLawOptions = {}): readonly Law[] {
  return [
    law('the loss is a finite scalar of the outputs’ dtype', async () => {
      const loss = await make();
      for (const seed of seeds) {
        const { outputs, targets } = batchOf(seed, options);
        const value = leavesUntouched('the loss', { outputs, targets }, () => loss(outputs, targets));
        must(
          value.ndim === 0 && value.dtype === outputs.dtype,
          () => `got ${value.dtype}[${value.shape.join(',')}], wanted a ${outputs.dtype} scalar`,
        );
        mustBeFinite(value, 'the loss');
      }
    }),
    law('its gradient equals central differences', async () => {
      const loss = await make();
      for (const seed of seeds) {
        const { outputs, targets } = batchOf(seed, options);
        const of = (point: Tree): Tensor => loss((point as { outputs: Tensor }).outputs, targets);
        mustBeClose(grad(of)({ outputs }), centralDifferences(of, { outputs }), 1e-5, 'gradient');
      }
    }),
    law('large outputs leave value and gradient finite', async () => {
      const loss = await make();
      const { outputs, targets } = batchOf(1, options);
      const large = outputs.mul(1e4);
      mustBeFinite(loss(large, targets), 'the loss of outputs near 1e4');
      mustBeFinite(grad((x: Tensor) => loss(x, targets))(large), 'the gradient of outputs near 1e4');
    }),
    law('jit gives the same value', async () => {
      const loss = await make();
      const { outputs, targets } = batchOf(2, options);
      mustBeClose(jit(loss)(outputs, targets), loss(outputs, targets), 1e-12, 'inside jit');
    }),
  ];
}
