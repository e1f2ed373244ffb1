import { isFloat } from '../dtype.js';
import type { Tensor } from '../tensor.js';
import * as p from './calls.js';
import { convShape } from './convShape.js';
import { conv2dKernel } from './kernels/conv2d.js';
import { windowAxes } from './kernels/convPlan.js';
import type { Conv2dParameters, Pair, PaddingPairs } from './parameters.js';
import type { BatchContext } from './primitive.js';
import { definePrimitive } from './primitive.js';
import type { WindowAxis } from './windows.js';
import { dilated } from './windows.js';

export const conv2d = definePrimitive<'conv2d'>({
  name: 'conv2d',
  shape: ([x, kernel], params) => [convShape('conv2d', x!, kernel!, params)],

  jvp: ({ primals: [x, kernel], tangents: [dx, dk], params }) => {
    const fromX = dx == null ? null : p.conv2d(dx, kernel!, params);
    const fromKernel = dk == null ? null : p.conv2d(x!, dk, params);
    return [fromX === null ? fromKernel : fromKernel === null ? fromX : p.add(fromX, fromKernel)];
  },

  vjp: ({ inputs: [x, kernel], cotangents: [ct], needs, params }) => {
    if (!isFloat(x!.dtype)) return [null, null];
    return [
      needs[0] ? cotangentOfInput(x!, kernel!, ct!, params) : null,
      needs[1] ? cotangentOfKernel(x!, kernel!, ct!, params) : null,
    ];
  },

  batch: (context) => [batchConv2d(context)],
  kernel: conv2dKernel,
});

const both = <T>(f: (axis: 0 | 1) => T): [T, T] => [f(0), f(1)];

/*
 * y[o] = sum_k x'[o s + k d - p] w[k] with x' the dilated input (by e), stride s, kernel dilation d, low padding p.
 * Both cotangents are convolutions again, so higher derivatives need no further rule.
 */

/**
 * dx[i] = sum_k ct'[i e + p - k d] w[k], ct' = ct dilated by s; with the kernel flipped (k -> K-1-k) this is a
 * convolution of ct with stride e and low padding (K-1) d - p. The high padding makes the length that of x.
 */
function cotangentOfInput(x: Tensor, kernel: Tensor, ct: Tensor, params: Conv2dParameters): Tensor {
  const { groups, strides, inputDilation, kernelDilation } = params;
  const [outputs, inner, height, width] = kernel.shape as [number, number, number, number];
  const perGroup = outputs / groups;
  const exchanged = p.reshape(
    p.transpose(p.reshape(p.flip(kernel, [2, 3]), [groups, perGroup, inner, height, width]), [0, 2, 1, 3, 4]),
    [groups * inner, perGroup, height, width],
  );
  const axes = windowAxes(x.shape, kernel.shape, params);
  const padding = both((i) => {
    const { size, window, padding: given }: WindowAxis = axes[i];
    const reach = dilated(window, kernelDilation[i]);
    const low = reach - 1 - given[0];
    const high = (size - 1) * inputDilation[i] + reach - low - dilated(ct.shape[2 + i]!, strides[i]);
    return [low, high] as const;
  });
  return p.conv2d(ct, exchanged, {
    strides: inputDilation,
    padding,
    inputDilation: strides,
    kernelDilation,
    groups,
  });
}

/**
 * dw[k] = sum_n sum_o x'[o s + k d - p] ct[o]: the images' sum becomes the sum over channels when batch and channels
 * change places; ct is the kernel, dilated by s, and steps by d. The high padding makes the length that of w.
 */
function cotangentOfKernel(x: Tensor, kernel: Tensor, ct: Tensor, params: Conv2dParameters): Tensor {
  const { groups, strides, inputDilation, kernelDilation } = params;
  const [images, , height, width] = x.shape as [number, number, number, number];
  const inner = kernel.shape[1]!;
  const exchanged = p.reshape(
    p.transpose(p.reshape(x, [images, groups, inner, height, width]), [2, 1, 0, 3, 4]),
    [inner, groups * images, height, width],
  );
  const axes = windowAxes(x.shape, kernel.shape, params);
  const padding: PaddingPairs = both((i) => {
    const { size, window, padding: given }: WindowAxis = axes[i];
    const needed = (window - 1) * kernelDilation[i] + dilated(ct.shape[2 + i]!, strides[i]);
    return [given[0], needed - dilated(size, inputDilation[i]) - given[0]] as Pair;
  });
  const result = p.conv2d(exchanged, p.transpose(ct, [1, 0, 2, 3]), {
    strides: kernelDilation,
    padding,
    inputDilation,
    kernelDilation: strides,
    groups,
  });
  return p.transpose(result, [1, 0, 2, 3]);
}

/** The new axis joins the images where only x has it, the outputs where only the kernel has it, else the groups. */
function batchConv2d({ inputs: [x, kernel], batched, size, params }: BatchContext<'conv2d'>): Tensor {
  const { groups } = params;
  if (batched[0] && !batched[1]) {
    const [, images, ...rest] = x!.shape as [number, number, number, number, number];
    const y = p.conv2d(p.reshape(x!, [size * images, ...rest]), kernel!, params);
    return p.reshape(y, [size, images, ...y.shape.slice(1)]);
  }
  const [, outputs, inner, height, width] = kernel!.shape as [number, number, number, number, number];
  const perGroup = outputs / groups;
  if (!batched[0]) {
    const split = p.reshape(kernel!, [size, groups, perGroup, inner, height, width]);
    const joined = p.reshape(p.transpose(split, [1, 0, 2, 3, 4, 5]), [groups * size * perGroup, inner, height, width]); // prettier-ignore
    const y = p.conv2d(x!, joined, params);
    const [images, , outHeight, outWidth] = y.shape as [number, number, number, number];
    const parts = p.reshape(y, [images, groups, size, perGroup, outHeight, outWidth]);
    return p.reshape(p.transpose(parts, [2, 0, 1, 3, 4, 5]), [size, images, outputs, outHeight, outWidth]);
  }
  const [, images, channels, h, w] = x!.shape as [number, number, number, number, number];
  const y = p.conv2d(
    p.reshape(p.transpose(x!, [1, 0, 2, 3, 4]), [images, size * channels, h, w]),
    p.reshape(kernel!, [size * outputs, inner, height, width]),
    { ...params, groups: size * groups },
  );
  const parts = p.reshape(y, [images, size, outputs, ...y.shape.slice(2)]);
  return p.transpose(parts, [1, 0, 2, 3, 4]);
}
