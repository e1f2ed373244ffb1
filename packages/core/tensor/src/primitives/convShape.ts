import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import type { Aval } from '../shape.js';
import { describe } from '../shape.js';
import { windowAxes } from './kernels/convPlan.js';
import type { Conv2dParameters } from './parameters.js';
import { checkedOutputSize } from './windows.js';

/**
 * The shape of a convolution of x [n, c, h, w] with kernel [outputs, c/groups, kh, kw], everything checked. `op` and
 * `got` are for messages: operations that lower to conv2d say what they were given.
 */
export function convShape(
  op: string,
  x: Aval,
  kernel: Aval,
  params: Conv2dParameters,
  got = `x ${describe(x)} and kernel ${describe(kernel)}`,
): Aval {
  if (x.shape.length !== 4 || kernel.shape.length !== 4) {
    throw new ShapeError(
      `${op}: needs x [n,c,h,w] and a kernel [outputs,c/groups,kernel h,kernel w], got ${got}`,
    );
  }
  if (x.dtype !== kernel.dtype || x.dtype === 'bool') {
    throw new DTypeError(`${op}: x and kernel need one dtype that is not bool, got ${got}; cast one of them`);
  }
  const { groups } = params;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`${op}: groups must be a whole number of at least 1, got ${String(groups)}`);
  }
  const channels = x.shape[1]!;
  const [outputs, inner] = kernel.shape as [number, number];
  if (channels !== groups * inner) {
    throw new ShapeError(
      `${op}: x has ${channels} channels, but the kernel is for ${inner} in each of ${groups} groups: ${got}` +
        (channels % groups === 0 ? `; its second size would be ${channels / groups}` : ''),
    );
  }
  if (outputs % groups !== 0) {
    throw new ShapeError(`${op}: the kernel's ${outputs} outputs do not split into ${groups} groups: ${got}`);
  }
  const [vertical, horizontal] = windowAxes(x.shape, kernel.shape, params);
  const height = checkedOutputSize(op, 'height', vertical);
  const width = checkedOutputSize(op, 'width', horizontal);
  return { shape: [x.shape[0]!, outputs, height, width], dtype: x.dtype };
}
