import type { DType } from '../../src/dtype.js';
import type { Conv2dParameters } from '../../src/primitives/parameters.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { generator, uniformHost } from '../support/kernels.js';
import { checkRule } from './ruleCheck.js';

export interface Case extends Partial<Conv2dParameters> {
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly dtype?: DType;
}

export async function checkConv(on: Stream, { x, kernel, dtype = 'float32', ...given }: Case): Promise<void> {
  const params: Conv2dParameters = {
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    inputDilation: [1, 1],
    kernelDilation: [1, 1],
    groups: 1,
    ...given,
  };
  const terms = kernel[1]! * kernel[2]! * kernel[3]!;
  const random = generator(terms);
  const inputs = [x, kernel].map((shape) => uniformHost(random, shape, dtype));
  await checkRule(on, 'conv2d', inputs, params, 3e-6 * Math.max(1, Math.sqrt(terms) / 8));
}

export const around = (n: number) => [[n, n], [n, n]] as const; // prettier-ignore
