import type { Conv2dParameters } from '../../primitives/parameters.js';
import type { Shape } from '../../shape.js';
import { lacking } from './elementwise.js';
import { dilate, padded } from './layout.js';
import type { Rules, Runner, Scratch } from './rule.js';
import type { TfjsTensor } from './types.js';

/** More groups than this, as of a convolution batched over its kernels, are not worth a kernel each. */
const mostGroups = 16;

const integers = 'tfjs multiplies integers in floating point, and they must wrap';

export const contractionRules: Rules = {
  matmul: ({ inputs: [a], params }, device) => {
    if (a!.dtype !== 'float32') return integers;
    const missing = lacking(device, 'BatchMatMul');
    if (missing !== '') return missing;
    // The wasm engine has a fast product for plain operands only: three times as fast, the copies included.
    if (device.loaded.engine === 'wasm') return plainProduct(params.transposeA, params.transposeB);
    return (k, [x, y]) => k.call('BatchMatMul', { a: x!, b: y! }, params);
  },

  conv2d: ({ inputs: [x, kernel], params }, device) => {
    if (x!.dtype !== 'float32') return integers;
    const { groups, strides, kernelDilation } = params;
    const inside = [0, 1].map((i) => (x!.shape[2 + i]! - 1) * params.inputDilation[i as 0 | 1] + 1);
    if (
      inside.some(
        (length, i) => length + params.padding[i as 0 | 1].reduce((n, p) => n + Math.min(0, p), 0) <= 0,
      )
    )
      return 'nothing of the image is left within the padding';
    // Where each channel has kernels of its own. tfjs' kernel for that takes strides or dilation, not both.
    const one = (pair: readonly number[]): boolean => pair.every((n) => n === 1);
    if (groups > 1 && kernel!.shape[1] === 1 && (one(strides) || one(kernelDilation)))
      return lacking(device, 'DepthwiseConv2dNative') || depthwise(kernel!.shape, params);
    if (groups > mostGroups) return `tfjs has no groups, and ${groups} convolutions one by one cost more`;
    return lacking(device, 'Conv2D') || grouped(kernel!.shape, params);
  },
};

const plainProduct =
  (transposeA: boolean, transposeB: boolean): Runner =>
  (k, [x, y]) => {
    const [a, b] = [
      transposeA ? k.transpose(x!, [0, 2, 1]) : x!,
      transposeB ? k.transpose(y!, [0, 2, 1]) : y!,
    ];
    return k.call('BatchMatMul', { a, b }, { transposeA: false, transposeB: false });
  };

/** tfjs is written for channels last. */
function channelsLast(k: Scratch, x: TfjsTensor, { inputDilation, padding }: Conv2dParameters): TfjsTensor {
  let spread = x;
  inputDilation.forEach((step, i) => (spread = dilate(k, spread, 2 + i, step - 1, 0)));
  const [[top, bottom], [left, right]] = padding;
  // Padding by itself, as asymmetric and negative ones are not all taken by all engines' convolutions.
  const framed = padded(k, spread, [0, 0, top, left], [0, 0, bottom, right], 0);
  return k.transpose(framed, [0, 2, 3, 1]);
}

const settings = ({ strides, kernelDilation }: Conv2dParameters): Record<string, unknown> => ({
  strides: [...strides],
  dilations: [...kernelDilation],
  pad: 'valid',
  dataFormat: 'NHWC',
});

function depthwise([outputs, , height, width]: Shape, params: Conv2dParameters): Runner {
  return (k, [x, kernel]) => {
    const split = k.reshape(kernel!, [params.groups, outputs! / params.groups, height!, width!]);
    const filter = k.transpose(split, [2, 3, 0, 1]);
    const y = k.call('DepthwiseConv2dNative', { x: channelsLast(k, x!, params), filter }, settings(params));
    return k.transpose(y, [0, 3, 1, 2]);
  };
}

function grouped([outputs, inner, height, width]: Shape, params: Conv2dParameters): Runner {
  const { groups } = params;
  return (k, [x, kernel]) => {
    const image = channelsLast(k, x!, params);
    const filter = k.transpose(kernel!, [2, 3, 1, 0]);
    const parts = Array.from({ length: groups }, (_, group) => {
      const channels =
        groups === 1
          ? image
          : k.call('Slice', { x: image }, {
              begin: [0, 0, 0, group * inner!],
              size: [...image.shape.slice(0, 3), inner!],
            }); // prettier-ignore
      const perGroup = outputs! / groups;
      const own =
        groups === 1
          ? filter
          : k.call('Slice', { x: filter }, {
              begin: [0, 0, 0, group * perGroup],
              size: [height!, width!, inner!, perGroup],
            }); // prettier-ignore
      return k.call('Conv2D', { x: channels, filter: own }, settings(params));
    });
    const y = groups === 1 ? parts[0]! : k.call('Concat', parts, { axis: 3 });
    return k.transpose(y, [0, 3, 1, 2]);
  };
}
