import { checkBytes } from '../checks.js';
import { FormatError } from '../errors.js';

/**
 * Reads the regular files of a tar archive (ustar, with GNU and PAX long names read as far as their short form).
 * Throws FormatError: `FORMAT_MAGIC`, `FORMAT_TRUNCATED`, `FORMAT_CHECKSUM` (a header's own checksum).
 * Source: POSIX.1-2001 pax/ustar interchange format.
 */
export function untar(bytes: Uint8Array): Map<string, Uint8Array> {
  checkBytes('untar', bytes);
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= bytes.length;) {
    const header = bytes.subarray(at, at + 512);
    // Two blocks of zeros end the archive.
    if (header.every((byte) => byte === 0)) return files;
    if (field(header, 257, 5) !== 'ustar') {
      throw new FormatError('FORMAT_MAGIC', `tar: no ustar header at byte ${at}; this is not a tar archive`);
    }
    checkHeader(header, at);
    const size = octal(header, 124, 12);
    if (at + 512 + size > bytes.length) {
      throw new FormatError(
        'FORMAT_TRUNCATED',
        `tar: ${field(header, 0, 100)} needs ${size} bytes, the archive was cut off`,
      );
    }
    const kind = header[156]!;
    // '0' and NUL are regular files; everything else (folders, links, long-name records) carries no data we want.
    if (kind === 0x30 || kind === 0) {
      const prefix = field(header, 345, 155);
      const name = field(header, 0, 100);
      files.set(prefix === '' ? name : `${prefix}/${name}`, bytes.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new FormatError('FORMAT_TRUNCATED', 'tar: the end marker is missing; the archive was cut off');
}

function field(header: Uint8Array, start: number, length: number): string {
  const part = header.subarray(start, start + length);
  const end = part.indexOf(0);
  return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number): number {
  const text = field(header, start, length).trim();
  if (!/^[0-7]+$/.test(text))
    throw new FormatError('FORMAT_CHECKSUM', `tar: '${text}' is not an octal number; the header is damaged`);
  return Number.parseInt(text, 8);
}

function checkHeader(header: Uint8Array, at: number): void {
  let sum = 0;
  // The checksum's own eight bytes count as spaces.
  header.forEach((byte, i) => (sum += i >= 148 && i < 156 ? 0x20 : byte));
  if (sum !== octal(header, 148, 8)) {
    throw new FormatError('FORMAT_CHECKSUM', `tar: the header at byte ${at} is damaged`);
  }
}
