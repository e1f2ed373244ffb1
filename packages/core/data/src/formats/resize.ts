import { ArgumentError, ShapeError } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { checkArrayData } from '../arrays.js';
import { describe } from '../checks.js';

/**
 * Resizes float32 `[C, H, W]` bilinearly to `[C, height, width]`: pixel centres lie at half-integers and edges are
 * repeated, without smoothing when shrinking.
 * Throws ShapeError for another rank or an empty image, ArgumentError for sizes that are not positive integers.
 * Source: the convention of PyTorch's `interpolate(mode='bilinear', align_corners=False)`.
 */
export function resizeImage(image: ArrayData, size: readonly [height: number, width: number]): ArrayData {
  checkArrayData('resizeImage', image);
  const [channels = 0, height = 0, width = 0] = image.shape;
  if (image.shape.length !== 3 || image.dtype !== 'float32' || height < 1 || width < 1) {
    throw new ShapeError(`resizeImage: wants float32[C,H,W], got ${image.dtype}[${image.shape.join(',')}]`);
  }
  if (!Array.isArray(size) || size.length !== 2) {
    throw new ArgumentError(`resizeImage: size must be [height, width], got ${describe(size)}`);
  }
  const [newHeight, newWidth] = size;
  for (const length of size) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new ArgumentError(`resizeImage: size must be two positive integers, got [${size.join(',')}]`);
    }
  }
  const rows = weights(height, newHeight);
  const columns = weights(width, newWidth);
  const data = new Float32Array(channels * newHeight * newWidth);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (const row of rows) {
      const top = (c * height + row.low) * width;
      const bottom = (c * height + row.high) * width;
      for (const { low, high, share } of columns) {
        const upper = mix(image.data[top + low]!, image.data[top + high]!, share);
        const lower = mix(image.data[bottom + low]!, image.data[bottom + high]!, share);
        data[at++] = mix(upper, lower, row.share);
      }
    }
  }
  return { shape: [channels, newHeight, newWidth], dtype: 'float32', data };
}

/** For each new position the two old ones around it, and the share of the higher one. */
function weights(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(position));
    return { low, high: Math.min(from - 1, low + 1), share: position - low };
  });
}

function mix(a: number, b: number, share: number): number {
  return a * (1 - share) + b * share;
}
