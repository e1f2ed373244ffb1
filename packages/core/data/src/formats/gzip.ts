import { checkBytes } from '../checks.js';
import { FormatError } from '../errors.js';

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses gzip data and checks its length and CRC-32, with the platform's own decoder (browsers and Node).
 * Throws FormatError: `FORMAT_MAGIC` for other data, `FORMAT_CHECKSUM` for damaged or truncated data.
 */
export async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  checkBytes('gunzip', bytes);
  if (!isGzip(bytes)) {
    throw new FormatError('FORMAT_MAGIC', 'gzip: data does not start with 1f 8b; it is not gzip-compressed');
  }
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  // A failure shows on the readable side too, where it is caught; here it must only not go unhandled.
  // The stream's type wants a Uint8Array over an ArrayBuffer; it only ever reads.
  const written = writer
    .write(bytes as Uint8Array<ArrayBuffer>)
    .then(() => writer.close())
    .catch(() => undefined);
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const part of stream.readable as unknown as AsyncIterable<Uint8Array>) {
      parts.push(part);
      total += part.length;
    }
    await written;
  } catch (cause) {
    throw new FormatError(
      'FORMAT_CHECKSUM',
      'gzip: the data is damaged or ends too early; fetch the file again',
      {
        cause,
      },
    );
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
