import type { PrimitiveParameters } from '../parameters.js';
import type { HostArray } from '../primitive.js';

/** The reference kernel of `maxPoolIndices`: positions of windows' first maximum, NaN counting as the largest. */
export function maxPoolIndicesKernel(
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
  { window, strides, padding, dilation }: PrimitiveParameters['maxPoolIndices'],
): void {
  const x = inputs[0]!;
  const out = outputs[0]!;
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = out.shape as [number, number, number, number];
  const rows = spans(outHeight, height, window[0], strides[0], padding[0][0], dilation[0]);
  const columns = spans(outWidth, width, window[1], strides[1], padding[1][0], dilation[1]);
  const source = x.data;
  const target = out.data;
  let o = 0;
  for (let plane = 0; plane < images * channels; plane++) {
    const base = plane * height * width;
    for (let i = 0; i < outHeight; i++) {
      const top = rows[2 * i]!;
      const bottom = rows[2 * i + 1]!;
      for (let j = 0; j < outWidth; j++) {
        const left = columns[2 * j]!;
        const right = columns[2 * j + 1]!;
        let where = top * width + left;
        let best = source[base + where]!;
        for (let row = top; row < bottom; row += dilation[0]) {
          for (let column = left; column < right; column += dilation[1]) {
            const value = source[base + row * width + column]!;
            // One comparison in the common case: false only when the value is larger, or one of both is NaN.
            if (!(value <= best) && best === best) {
              best = value;
              where = row * width + column;
            }
          }
        }
        target[o++] = where;
      }
    }
  }
}

/** For every output position the first input position of its window that is not padding, and the end of the window. */
function spans(
  outputs: number,
  size: number,
  window: number,
  stride: number,
  low: number,
  dilation: number,
): Int32Array {
  const result = new Int32Array(2 * outputs);
  for (let o = 0; o < outputs; o++) {
    const start = o * stride - low;
    const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
    result[2 * o] = start + skipped * dilation;
    result[2 * o + 1] = Math.min(size, start + (window - 1) * dilation + 1);
  }
  return result;
}
