import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { decodeImage, encodePng, resizeImage } from '../../src/index.js';
import { expected, expectFailure, golden } from '../support.js';

/** Pillow's [H, W] or [H, W, C] values as [C, H, W] in [0, 1]. */
function planes(name: string, max: number): { shape: number[]; values: number[] } {
  const { shape, values } = expected(name);
  const [height = 0, width = 0, channels = 1] = shape;
  const moved = values.map((_, i) => {
    const area = height * width;
    return Math.fround(Number(values[(i % area) * channels + Math.floor(i / area)]) / max);
  });
  return { shape: [channels, height, width], values: moved };
}

function worst(array: ArrayData, values: readonly number[]): number {
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - array.data[i]!)), 0);
}

describe('PNG', () => {
  test.each([
    ['grey.png', 255],
    ['bits.png', 1],
    ['grey16.png', 65535],
    ['rgb.png', 255],
    ['palette.png', 255],
  ])('%s is exact', async (name, max) => {
    const image = await decodeImage(golden(`images/${name}`));
    const { shape, values } = planes(`images/${name}`, max);
    expect(image.shape).toEqual(shape);
    expect(Array.from(image.data)).toEqual(values);
  });

  test.each(['rgba.png', 'grey-alpha.png'])('%s: alpha is dropped or kept', async (name) => {
    const { shape, values } = planes(`images/${name}`, 255);
    const withAlpha = await decodeImage(golden(`images/${name}`), { alpha: true });
    expect(withAlpha.shape).toEqual(shape);
    expect(Array.from(withAlpha.data)).toEqual(values);
    const without = await decodeImage(golden(`images/${name}`));
    expect(without.shape[0]).toBe(shape[0]! - 1);
    expect(Array.from(without.data)).toEqual(values.slice(0, without.data.length));
  });

  test('grayscale is the luminance of BT.601', async () => {
    const colour = await decodeImage(golden('images/rgb.png'));
    const grey = await decodeImage(golden('images/rgb.png'), { grayscale: true });
    expect(grey.shape).toEqual([1, 5, 7]);
    const [red, green, blue] = [0, 35, 70].map((start) => colour.data.slice(start, start + 35));
    const luminance = Array.from(red!, (r, i) => 0.299 * r + 0.587 * green![i]! + 0.114 * blue![i]!);
    expect(worst(grey, luminance)).toBeLessThan(1e-6);
  });
});

describe('JPEG', () => {
  test.each(['rgb.jpg', 'progressive.jpg', 'grey.jpg'])('%s is within 3 of 255 of libjpeg', async (name) => {
    // Decoders may differ by rounding in the inverse transform and the colour conversion.
    const image = await decodeImage(golden(`images/${name}`));
    const { shape, values } = planes(`images/${name}`, 255);
    expect(image.shape).toEqual(shape);
    expect(worst(image, values)).toBeLessThanOrEqual(3 / 255);
  });
});

describe('encodePng', () => {
  test.each([1, 2, 3, 4])('%d channels come back', async (channels) => {
    const data = Float32Array.from({ length: channels * 6 }, (_, i) => ((i * 41) % 256) / 255);
    const image: ArrayData = { shape: [channels, 2, 3], dtype: 'float32', data };
    expect(await decodeImage(await encodePng(image), { alpha: true })).toEqual(image);
  });

  test('a matrix is a grey image', async () => {
    const bytes = await encodePng({ shape: [1, 2], dtype: 'float64', data: Float64Array.of(0, 1) });
    expect((await decodeImage(bytes)).shape).toEqual([1, 1, 2]);
  });

  test('bad input', async () => {
    const outside: ArrayData = { shape: [1, 1, 1], dtype: 'float32', data: Float32Array.of(1.5) };
    await expectFailure(() => encodePng(outside), 'ARGUMENT', '1.5');
    await expectFailure(() => encodePng({ ...outside, data: Float32Array.of(NaN) }), 'ARGUMENT', 'NaN');
    await expectFailure(
      () => encodePng({ shape: [5, 1, 1], dtype: 'float32', data: new Float32Array(5) }),
      'SHAPE',
      '[5,1,1]',
    );
    await expectFailure(
      () => encodePng({ shape: [0, 3], dtype: 'float32', data: new Float32Array(0) }),
      'SHAPE',
    );
  });
});

describe('resize', () => {
  const { shape, values } = expected('resize/image');
  const image: ArrayData = { shape, dtype: 'float32', data: Float32Array.from(values, Number) };

  test.each([
    [6, 10],
    [2, 2],
    [1, 7],
    [3, 5],
  ])('to %d x %d as PyTorch', (height, width) => {
    const resized = resizeImage(image, [height, width]);
    const wanted = expected(`resize/${height}x${width}`);
    expect(resized.shape).toEqual(wanted.shape);
    expect(worst(resized, wanted.values.map(Number))).toBeLessThan(1e-6);
  });

  test('as an option', async () => {
    expect((await decodeImage(golden('images/rgb.png'), { size: [2, 3] })).shape).toEqual([3, 2, 3]);
  });

  test('bad input', async () => {
    await expectFailure(() => resizeImage(image, [0, 3]), 'ARGUMENT', '[0,3]');
    await expectFailure(
      () => resizeImage({ shape: [2], dtype: 'float32', data: new Float32Array(2) }, [1, 1]),
      'SHAPE',
      '[2]',
    );
  });
});

describe('bad input', () => {
  test('other files, damaged files, too large files', async () => {
    await expectFailure(() => decodeImage(new TextEncoder().encode('GIF89a')), 'FORMAT_MAGIC', '47 49 46');
    await expectFailure(() => decodeImage(new Uint8Array(0)), 'FORMAT_MAGIC', 'nothing');
    const png = golden('images/rgb.png');
    await expectFailure(() => decodeImage(png.subarray(0, 20)), 'FORMAT_TRUNCATED', 'PNG');
    await expectFailure(() => decodeImage(png.subarray(0, png.length - 20)), 'FORMAT_HEADER', 'PNG');
    const flipped = png.slice();
    flipped[png.length - 20]! ^= 1;
    await expectFailure(() => decodeImage(flipped), 'FORMAT_HEADER', 'damaged');
    await expectFailure(() => decodeImage(png, { maxPixels: 34 }), 'FORMAT_SIZE', '5x7');
    await expectFailure(() => decodeImage(png, { maxPixels: 0 }), 'ARGUMENT');
    const jpeg = golden('images/rgb.jpg');
    await expectFailure(() => decodeImage(jpeg.subarray(0, 10)), 'FORMAT_HEADER', 'JPEG');
    await expectFailure(() => decodeImage(jpeg.subarray(0, 400)), 'FORMAT_HEADER', 'JPEG');
    await expectFailure(() => decodeImage(jpeg, { maxPixels: 100 }), 'FORMAT_SIZE', '16x24');
  });
});
