import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import type { Aval } from '../shape.js';
import { describe } from '../shape.js';
import * as p from './calls.js';
import { maxPoolIndicesKernel } from './kernels/pool.js';
import type { PrimitiveParameters } from './parameters.js';
import { definePrimitive } from './primitive.js';
import type { WindowAxis } from './windows.js';
import { checkedOutputSize } from './windows.js';

type Parameters = PrimitiveParameters['maxPoolIndices'];

function shapeOf(x: Aval, params: Parameters): Aval {
  if (x.shape.length !== 4) throw new ShapeError(`maxPool2d: needs x [n,c,h,w], got ${describe(x)}`);
  if (x.dtype === 'bool')
    throw new DTypeError(`maxPool2d: needs numbers, got ${describe(x)}; cast it first: x.cast('int32')`);
  const size = (i: 0 | 1): number => {
    const axis: WindowAxis = {
      size: x.shape[2 + i]!,
      window: params.window[i],
      stride: params.strides[i],
      padding: params.padding[i],
      inputDilation: 1,
      kernelDilation: params.dilation[i],
    };
    const outputs = checkedOutputSize('maxPool2d', i === 0 ? 'height' : 'width', axis);
    for (let o = 0; o < outputs; o++) checkTouchesInput(axis, o);
    return outputs;
  };
  return { shape: [x.shape[0]!, x.shape[1]!, size(0), size(1)], dtype: 'int32' };
}

/** A window of nothing but padding has no maximum. */
function checkTouchesInput(
  { size, window, stride, padding, kernelDilation }: WindowAxis,
  output: number,
): void {
  const start = output * stride - padding[0];
  const first = start < 0 ? start + Math.ceil(-start / kernelDilation) * kernelDilation : start;
  if (first < size && first <= start + (window - 1) * kernelDilation) return;
  throw new ArgumentError(
    `maxPool2d: with padding [${padding.join(',')}] window ${output} of size ${window} holds no input at all; ` +
      'the padding must be smaller than the window',
  );
}

export const maxPoolIndices = definePrimitive<'maxPoolIndices'>({
  name: 'maxPoolIndices',
  shape: ([x], params) => [shapeOf(x!, params)],
  notDifferentiable: 'positions are integers',
  batch: ({ inputs: [x], size, params }) => {
    const [, images, ...rest] = x!.shape as [number, number, number, number, number];
    const y = p.maxPoolIndices(p.reshape(x!, [size * images, ...rest]), params);
    return [p.reshape(y, [size, images, ...y.shape.slice(1)])];
  },
  kernel: maxPoolIndicesKernel,
});
