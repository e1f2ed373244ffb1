import { FormatError } from '../errors.js';
import type { Pixels } from './pixels.js';

/** Decodes a PNG; palettes become RGB or RGBA, bit depths below 8 are unpacked. */
export async function decodePng(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  // The first chunk is always IHDR: width and height at bytes 16 and 20, bit depth 24, colour type 25.
  if (bytes.length < 33)
    throw new FormatError(
      'FORMAT_TRUNCATED',
      `PNG: the file ends inside its header, after ${bytes.length} bytes`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16, false);
  const height = view.getUint32(20, false);
  if (width * height > maxPixels) {
    throw new FormatError(
      'FORMAT_SIZE',
      `PNG: ${height}x${width} pixels are more than maxPixels (${maxPixels})`,
    );
  }
  const { decode } = await import('fast-png');
  let image;
  try {
    image = decode(bytes, { checkCrc: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('FORMAT_HEADER', `PNG: the file is damaged or cut off (${reason})`, { cause });
  }
  const { depth, channels, palette } = image;
  const samples = depth < 8 ? unpack(image.data, width * channels, height, depth) : image.data;
  if (palette === undefined) return { height, width, channels, samples, max: 2 ** depth - 1 };
  return { height, width, ...fromPalette(samples, palette) };
}

/** Rows of samples of 1, 2 or 4 bits, highest bits first, each row starting at a byte. */
function unpack(packed: ArrayLike<number>, perRow: number, rows: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const samples = new Uint8Array(perRow * rows);
  const mask = 2 ** depth - 1;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const byte = packed[row * rowBytes + (bit >>> 3)]!;
      samples[row * perRow + i] = (byte >>> (8 - depth - (bit & 7))) & mask;
    }
  }
  return samples;
}

function fromPalette(
  indices: ArrayLike<number>,
  palette: readonly (readonly number[])[],
): Pick<Pixels, 'channels' | 'samples' | 'max'> {
  const channels = palette[0]?.length === 4 ? 4 : 3;
  const samples = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    const colour = palette[indices[i]!];
    if (colour === undefined) {
      throw new FormatError(
        'FORMAT_VALUE',
        `PNG: pixel ${i} has colour ${indices[i]}, the palette has ${palette.length}`,
      );
    }
    for (let c = 0; c < channels; c++) samples[i * channels + c] = colour[c]!;
  }
  return { channels, samples, max: 255 };
}
