import { ArgumentError, ShapeError } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { checkArrayData } from '../arrays.js';
import type { OptionNames } from '../checks.js';
import { checkBytes, checkOptions } from '../checks.js';
import { FormatError } from '../errors.js';
import { decodeJpeg } from './jpeg.js';
import type { Pixels } from './pixels.js';
import { decodePng } from './png.js';
import { resizeImage } from './resize.js';

/** Options of `decodeImage`. */
export interface ImageOptions {
  /** One channel of luminance (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B) instead of the file's channels. Default false. */
  readonly grayscale?: boolean;
  /** Keep an alpha channel as the last one. Default false: it is dropped, unblended. */
  readonly alpha?: boolean;
  /** Height and width to resize to, bilinearly. Default: the file's. */
  readonly size?: readonly [height: number, width: number];
  /** Images of more pixels are refused before they are decoded. Default 100 million. */
  readonly maxPixels?: number;
}

export const imageOptionNames: OptionNames<ImageOptions> = {
  grayscale: true,
  alpha: true,
  size: true,
  maxPixels: true,
};

/**
 * Decodes a PNG (all bit depths, palettes) or JPEG image to float32 `[C, H, W]` in [0, 1]: C is 1 for grey images
 * and 3 for colour. The file's kind is told by its first bytes. Decoders are loaded on first use.
 * Throws FormatError `FORMAT_MAGIC` for another kind of file, `FORMAT_HEADER` for a damaged one,
 * `FORMAT_SIZE` beyond `maxPixels`; ArgumentError for bad options.
 */
export async function decodeImage(bytes: Uint8Array, options: ImageOptions = {}): Promise<ArrayData> {
  checkBytes('decodeImage', bytes);
  checkOptions('decodeImage', options, imageOptionNames);
  const maxPixels = options.maxPixels ?? 100_000_000;
  if (!(maxPixels > 0)) throw new ArgumentError(`decodeImage: maxPixels must be positive, got ${maxPixels}`);
  const pixels = await decodePixels(bytes, maxPixels);
  const image = planar(pixels, options);
  return options.size === undefined ? image : resizeImage(image, options.size);
}

function decodePixels(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47)
    return decodePng(bytes, maxPixels);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes, maxPixels);
  const got = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new FormatError(
    'FORMAT_MAGIC',
    `image: starts with ${got || 'nothing'}; PNG (89 50 4e 47) and JPEG (ff d8) are read`,
  );
}

/** From interleaved samples to `[C, H, W]` in [0, 1]. */
function planar(pixels: Pixels, options: ImageOptions): ArrayData {
  const { height, width, channels, samples, max } = pixels;
  const colours = channels >= 3 ? 3 : 1;
  const hasAlpha = channels === colours + 1;
  const kept = options.grayscale === true ? 1 : colours;
  const count = kept + (options.alpha === true && hasAlpha ? 1 : 0);
  const area = height * width;
  const data = new Float32Array(count * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const at = pixel * channels;
    if (kept < colours) {
      // In float64, rounded once.
      data[pixel] = (0.299 * samples[at]! + 0.587 * samples[at + 1]! + 0.114 * samples[at + 2]!) / max;
    } else {
      for (let c = 0; c < kept; c++) data[c * area + pixel] = samples[at + c]! / max;
    }
    if (count > kept) data[kept * area + pixel] = samples[at + colours]! / max;
  }
  return { shape: [count, height, width], dtype: 'float32', data };
}

/**
 * Writes float32 or float64 `[C, H, W]` or `[H, W]` in [0, 1] as an 8-bit PNG (C of 1, 2, 3 or 4, as `Pixels`).
 * Values outside [0, 1] and NaN are an ArgumentError: a picture must not hide them.
 */
export async function encodePng(image: ArrayData): Promise<Uint8Array> {
  checkArrayData('encodePng', image);
  const shape = image.shape.length === 2 ? [1, ...image.shape] : image.shape;
  const [channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || channels < 1 || channels > 4 || height < 1 || width < 1) {
    throw new ShapeError(
      `encodePng: wants [C,H,W] with C from 1 to 4, or [H,W]; got [${image.shape.join(',')}]`,
    );
  }
  const area = height * width;
  const samples = new Uint8Array(channels * area);
  for (let i = 0; i < image.data.length; i++) {
    const value = image.data[i]!;
    if (!(value >= 0 && value <= 1)) {
      throw new ArgumentError(`encodePng: element ${i} is ${value}; values must lie in [0, 1]`);
    }
    samples[(i % area) * channels + Math.floor(i / area)] = Math.round(value * 255);
  }
  const { encode } = await import('fast-png');
  return encode({ width, height, channels, data: samples, depth: 8 });
}
