import { ArgumentError } from '@core/tensor';
import { inflateSync, zipSync } from 'fflate';
import { checkBytes, describe } from '../checks.js';
import { FormatError } from '../errors.js';
import { crc32 } from './crc32.js';

/**
 * Reads the members of a ZIP archive whose names `wanted` accepts (default: all files).
 *
 * fflate inflates; the directory is read here because fflate checks neither sizes nor checksums, and a damaged
 * archive must not become wrong numbers. Stored and deflated members, ZIP64 sizes; no encryption, no split archives.
 * Throws FormatError: `FORMAT_MAGIC`, `FORMAT_TRUNCATED`, `FORMAT_HEADER`, `FORMAT_CHECKSUM`, `FORMAT_UNSUPPORTED`.
 * Source: PKWARE APPNOTE 6.3.
 */
export function unzip(bytes: Uint8Array, wanted?: (name: string) => boolean): Map<string, Uint8Array> {
  checkBytes('unzip', bytes);
  if (wanted !== undefined && typeof wanted !== 'function') {
    throw new ArgumentError(`unzip: wanted must be a function of a member's name, got ${describe(wanted)}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members = new Map<string, Uint8Array>();
  for (const entry of directory(bytes, view)) {
    if (entry.name.endsWith('/') || wanted?.(entry.name) === false) continue;
    if (members.has(entry.name)) {
      throw new FormatError('FORMAT_HEADER', `ZIP: the member ${entry.name} appears twice`);
    }
    members.set(entry.name, extract(bytes, view, entry));
  }
  return members;
}

/** Packs members into a ZIP archive. Without `compress` they are stored. Dates are fixed: same input, same bytes. */
export function zip(members: ReadonlyMap<string, Uint8Array>, compress: boolean): Uint8Array {
  if (!(members instanceof Map)) {
    throw new ArgumentError(`zip: wants a Map from names to bytes, got ${describe(members)}`);
  }
  // `instanceof` has widened the map's types to any.
  const checked: ReadonlyMap<string, Uint8Array> = members;
  for (const [name, content] of checked) checkBytes(`zip: ${String(name)}`, content);
  // ZIP's earliest day, given in local time because that is how fflate writes it.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(checked), { level: compress ? 6 : 0, mtime });
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

function directory(bytes: Uint8Array, view: DataView): Entry[] {
  let { count, offset } = endRecord(bytes, view);
  const entries: Entry[] = [];
  const utf8 = new TextDecoder();
  for (; count > 0; count--) {
    need(bytes, offset, 46, 'its directory');
    if (view.getUint32(offset, true) !== 0x02014b50) {
      throw new FormatError('FORMAT_HEADER', `ZIP: no directory entry at byte ${offset}`);
    }
    const nameLength = view.getUint16(offset + 28, true);
    const extraLength = view.getUint16(offset + 30, true);
    const commentLength = view.getUint16(offset + 32, true);
    need(bytes, offset + 46, nameLength + extraLength + commentLength, 'its directory');
    const name = utf8.decode(bytes.subarray(offset + 46, offset + 46 + nameLength));
    if (view.getUint16(offset + 8, true) & 1) {
      throw new FormatError('FORMAT_UNSUPPORTED', `ZIP: the member ${name} is encrypted`);
    }
    const extra = offset + 46 + nameLength;
    const sizes = zip64Sizes(view, extra, extra + extraLength, [
      view.getUint32(offset + 24, true),
      view.getUint32(offset + 20, true),
      view.getUint32(offset + 42, true),
    ]);
    entries.push({
      name,
      method: view.getUint16(offset + 10, true),
      crc: view.getUint32(offset + 16, true),
      size: sizes[0],
      packed: sizes[1],
      offset: sizes[2],
    });
    offset = extra + extraLength + commentLength;
  }
  return entries;
}

/** Values of 0xffffffff stand in the ZIP64 extra field instead, in this order. */
function zip64Sizes(
  view: DataView,
  from: number,
  to: number,
  short: [number, number, number],
): [number, number, number] {
  if (!short.includes(0xffffffff)) return short;
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(to, at + 4 + view.getUint16(at + 2, true));
    let next = at + 4;
    const long = short.map((value) => {
      if (value !== 0xffffffff || next + 8 > end) return value;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    });
    return [long[0]!, long[1]!, long[2]!];
  }
  return short;
}

function endRecord(bytes: Uint8Array, view: DataView): { count: number; offset: number } {
  if (bytes.length < 4 || view.getUint16(0, true) !== 0x4b50) {
    throw new FormatError('FORMAT_MAGIC', "ZIP: data does not start with 'PK'; it is not a ZIP archive");
  }
  // The end record is 22 bytes and may be followed by a comment of at most 65535.
  const first = Math.max(0, bytes.length - 22 - 0xffff);
  for (let at = bytes.length - 22; at >= first; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const count = view.getUint16(at + 10, true);
    const offset = view.getUint32(at + 16, true);
    if (count !== 0xffff && offset !== 0xffffffff) return { count, offset };
    const end64 = at >= 20 ? Number(view.getBigUint64(at - 12, true)) : -1;
    if (at < 20 || view.getUint32(at - 20, true) !== 0x07064b50 || end64 + 56 > bytes.length) {
      throw new FormatError('FORMAT_HEADER', 'ZIP: the ZIP64 end record is missing');
    }
    return {
      count: Number(view.getBigUint64(end64 + 32, true)),
      offset: Number(view.getBigUint64(end64 + 48, true)),
    };
  }
  throw new FormatError(
    'FORMAT_TRUNCATED',
    'ZIP: the end of the directory is missing; the archive was cut off',
  );
}

function extract(bytes: Uint8Array, view: DataView, entry: Entry): Uint8Array {
  const where = `the member ${entry.name}`;
  need(bytes, entry.offset, 30, where);
  if (view.getUint32(entry.offset, true) !== 0x04034b50) {
    throw new FormatError('FORMAT_HEADER', `ZIP: ${where} does not start at byte ${entry.offset}`);
  }
  const start =
    entry.offset + 30 + view.getUint16(entry.offset + 26, true) + view.getUint16(entry.offset + 28, true);
  need(bytes, start, entry.packed, where);
  const packed = bytes.subarray(start, start + entry.packed);
  const content = unpack(where, packed, entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) {
    throw new FormatError('FORMAT_CHECKSUM', `ZIP: ${where} is damaged: its size or checksum is wrong`);
  }
  return content;
}

function unpack(where: string, packed: Uint8Array, entry: Entry): Uint8Array {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) {
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      `ZIP: ${where} uses compression method ${entry.method}; stored (0) and deflate (8) are read`,
    );
  }
  // Deflate shrinks at most 1032 to 1: a larger size is a lie, and would only be allocated for nothing.
  if (entry.size > packed.length * 1032 + 1032) {
    throw new FormatError('FORMAT_HEADER', `ZIP: ${where} cannot have ${entry.size} bytes when unpacked`);
  }
  try {
    // One byte more than promised, so that longer content is noticed instead of cut.
    return inflateSync(packed, { out: new Uint8Array(entry.size + 1) }).subarray(0, entry.size + 1);
  } catch (cause) {
    throw new FormatError('FORMAT_CHECKSUM', `ZIP: ${where} is damaged: it cannot be unpacked`, { cause });
  }
}

function need(bytes: Uint8Array, start: number, length: number, what: string): void {
  if (start + length > bytes.length) {
    throw new FormatError(
      'FORMAT_TRUNCATED',
      `ZIP: ${what} needs bytes ${start}..${start + length}, the file ends at ${bytes.length}`,
    );
  }
}
