import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import type { Geometry } from './geometry.js';
import type { PatchAxis } from './patches.js';
import { patches } from './patches.js';

/** Patches that are worked on at a time, so that they stay in a core's cache until the product reads them. */
const chunkBytes = 1 << 19;

/**
 * Convolution as the product of the kernel [filters, channels taps] and an image's patches [channels taps, positions],
 * for each image and group. A window of one pixel needs no patches.
 */
export function gatherConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { size, images, groups, channels, filters, positions, pixels, taps, key } = geometry;
  const depth = channels * taps;
  const product = engine.gemm({
    dtype: geometry.dtype,
    transposeA: false,
    transposeB: false,
    m: filters,
    n: positions,
    k: depth,
    lda: depth,
    ldb: positions,
    ldc: positions,
    accumulate: false,
  });
  const multiply = (right: number, kernel: number, out: number): void => {
    for (let group = 0; group < groups; group++) {
      product(
        kernel + group * filters * depth * size,
        right + group * depth * positions * size,
        out + group * filters * positions * size,
      );
    }
  };
  const outBytes = groups * filters * positions * size;
  if (isPointwise(geometry)) {
    const imageBytes = groups * channels * pixels * size;
    return ([x, kernel, out]) => {
      for (let i = 0; i < images; i++) multiply(x! + i * imageBytes, kernel!, out! + i * outBytes);
    };
  }
  const planeBytes = taps * positions * size;
  const planes = groups * channels;
  const copy = patches(
    [axis(geometry, 0), axis(geometry, 1)],
    { inner: planes, from: [planes * pixels * size, pixels * size], to: [planes * planeBytes, planeBytes] },
    size,
  );
  const [gather] = engine.functions(`conv2d gather ${key}`, () => [copy.define()]);
  const grain = Math.max(1, Math.ceil(32768 / planeBytes));
  const chunk = Math.min(images, Math.max(1, Math.floor(chunkBytes / (planes * planeBytes))));
  const bytes = chunk * planes * planeBytes;
  return ([x, kernel, out]) => {
    const matrix = engine.heap.take(bytes);
    try {
      for (let first = 0; first < images; first += chunk) {
        const count = Math.min(chunk, images - first);
        const from = x! + first * planes * pixels * size;
        engine.parallel(gather!, [from, matrix], count * planes, grain, copy.scratchBytes);
        for (let i = 0; i < count; i++)
          multiply(matrix + i * planes * planeBytes, kernel!, out! + (first + i) * outBytes);
      }
    } finally {
      engine.heap.give(matrix, bytes);
    }
  };
}

function isPointwise({ taps, strides, gaps, low, input, output }: Geometry): boolean {
  return taps === 1 && [0, 1].every((i) => strides[i] === 1 && gaps[i] === 1 && low[i] === 0 && input[i] === output[i]); // prettier-ignore
}

const axis = ({ input, low, gaps, kernel, dilation, output, strides }: Geometry, i: 0 | 1): PatchAxis => ({
  size: input[i],
  low: low[i],
  gap: gaps[i],
  slow: { count: kernel[i], step: dilation[i] },
  fast: { count: output[i], step: strides[i] },
});
