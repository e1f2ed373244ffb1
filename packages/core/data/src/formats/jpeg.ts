import { FormatError } from '../errors.js';
import type { Pixels } from './pixels.js';

/** Decodes a JPEG (baseline and progressive) to one grey channel or three of RGB. */
export async function decodeJpeg(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const { height, width, components } = frameHeader(bytes);
  if (width * height > maxPixels) {
    throw new FormatError(
      'FORMAT_SIZE',
      `JPEG: ${height}x${width} pixels are more than maxPixels (${maxPixels})`,
    );
  }
  // A CommonJS package: its functions are on the default export in every bundler and in Node.
  const { default: jpeg } = await import('jpeg-js');
  let rgba;
  try {
    rgba = jpeg.decode(bytes, {
      useTArray: true,
      tolerantDecoding: false,
      maxResolutionInMP: Math.ceil(maxPixels / 1e6) + 1,
      maxMemoryUsageInMB: 64 + Math.ceil((maxPixels / 1e6) * 40),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('FORMAT_HEADER', `JPEG: the file is damaged or cut off (${reason})`, { cause });
  }
  const channels = components === 1 ? 1 : 3;
  const samples = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) samples[pixel * channels + c] = rgba.data[pixel * 4 + c]!;
  }
  return { height, width, channels, samples, max: 255 };
}

/** Size and number of components, from the first start-of-frame segment (ITU-T T.81, B.2.2). */
function frameHeader(bytes: Uint8Array): { height: number; width: number; components: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    // SOF0..SOF15 without DHT (c4), JPG (c8) and DAC (cc).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9]! };
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw new FormatError('FORMAT_HEADER', 'JPEG: no frame header; the file is damaged or cut off');
}
