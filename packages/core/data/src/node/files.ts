import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip as zlibGunzip } from 'node:zlib';
import type { ArrayData } from '../arrays.js';
import { checkArrayData } from '../arrays.js';
import type { OptionNames } from '../checks.js';
import { checkNamed, checkOptions } from '../checks.js';
import { FormatError, StorageError } from '../errors.js';
import type { CsvOptions, CsvTable } from '../formats/csv.js';
import { csvOptionNames, parseCsv } from '../formats/csv.js';
import type { CastOptions } from '../formats/elements.js';
import { castOptionNames } from '../formats/elements.js';
import { isGzip } from '../formats/gzip.js';
import { decodeIdx } from '../formats/idx.js';
import type { ImageOptions } from '../formats/image.js';
import { decodeImage, imageOptionNames } from '../formats/image.js';
import { decodeNpy, encodeNpy } from '../formats/npy.js';
import type { NpzOptions } from '../formats/npz.js';
import { decodeNpz, encodeNpz, npzOptionNames } from '../formats/npz.js';
import type { Safetensors } from '../formats/safetensors.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { WriteOptions } from './atomic.js';
import { writeFileAtomic, writeOptionNames } from './atomic.js';
import { checkPath, readReason } from './paths.js';

const unpack = promisify(zlibGunzip);

/** A file's bytes, unpacked if they are gzip data. Throws StorageError `READ_FAILED`, FormatError `FORMAT_CHECKSUM`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new StorageError('READ_FAILED', `${path} cannot be read: ${readReason(cause)}`, { cause });
  }
  if (!isGzip(bytes)) return bytes;
  try {
    // Checks length and CRC, as `gunzip` does, and is the fastest way in Node.
    return await unpack(bytes);
  } catch (cause) {
    throw new FormatError(
      'FORMAT_CHECKSUM',
      `${path}: the gzip data is damaged or ends too early; fetch the file again`,
      {
        cause,
      },
    );
  }
}

/** Decodes a file's bytes; the path stands in front of every message about its format. */
export async function decodeFile<T>(path: string, decode: (bytes: Uint8Array) => T | Promise<T>): Promise<T> {
  const bytes = await readBytes(path);
  try {
    return await decode(bytes);
  } catch (error) {
    throw error instanceof FormatError ? error.inFile(path) : error;
  }
}

/** Checks what a reader was called with, before the disk is touched. */
function checkRead<O extends object>(op: string, path: string, options: O, names: OptionNames<O>): void {
  checkPath(op, path);
  checkOptions(op, options, names);
}

/** Reads an IDX file, plain or gzip-compressed. Options and errors as `decodeIdx`; StorageError `READ_FAILED`. */
export async function readIdx(path: string, options: CastOptions = {}): Promise<ArrayData> {
  checkRead('readIdx', path, options, castOptionNames);
  return decodeFile(path, (bytes) => decodeIdx(bytes, options));
}

/** Reads a CSV file in UTF-8, plain or gzip-compressed. Options and errors as `parseCsv`; StorageError `READ_FAILED`. */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  checkRead('readCsv', path, options, csvOptionNames);
  return decodeFile(path, (bytes) => parseCsv(new TextDecoder().decode(bytes), options));
}

/** Reads a NumPy `.npy` file. Options and errors as `decodeNpy`; StorageError `READ_FAILED`. */
export async function readNpy(path: string, options: CastOptions = {}): Promise<ArrayData> {
  checkRead('readNpy', path, options, castOptionNames);
  return decodeFile(path, (bytes) => decodeNpy(bytes, options));
}

/** Writes a NumPy `.npy` file atomically. Throws StorageError. */
export async function writeNpy(path: string, array: ArrayData, options: WriteOptions = {}): Promise<void> {
  checkPath('writeNpy', path);
  checkArrayData('writeNpy', array);
  checkOptions('writeNpy', options, writeOptionNames);
  return writeFileAtomic(path, encodeNpy(array), options);
}

/** Reads a NumPy `.npz` file. Options and errors as `decodeNpz`; StorageError `READ_FAILED`. */
export async function readNpz(path: string, options: NpzOptions = {}): Promise<Record<string, ArrayData>> {
  checkRead('readNpz', path, options, npzOptionNames);
  return decodeFile(path, (bytes) => decodeNpz(bytes, options));
}

/** Writes a NumPy `.npz` file atomically; `compress` (default false) deflates it. Throws StorageError. */
export async function writeNpz(
  path: string,
  arrays: { readonly [name: string]: ArrayData },
  options: WriteOptions & { readonly compress?: boolean } = {},
): Promise<void> {
  checkPath('writeNpz', path);
  checkNamed('writeNpz', 'arrays', arrays);
  checkOptions('writeNpz', options, { ...writeOptionNames, compress: true });
  const { compress = false, ...write } = options;
  return writeFileAtomic(path, encodeNpz(arrays, { compress }), write);
}

/** Reads a safetensors file. Options and errors as `decodeSafetensors`; StorageError `READ_FAILED`. */
export async function readSafetensors(path: string, options: CastOptions = {}): Promise<Safetensors> {
  checkRead('readSafetensors', path, options, castOptionNames);
  return decodeFile(path, (bytes) => decodeSafetensors(bytes, options));
}

/** Writes a safetensors file atomically. Errors as `encodeSafetensors`; StorageError. */
export async function writeSafetensors(
  path: string,
  tensors: { readonly [name: string]: ArrayData },
  options: WriteOptions & { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  checkPath('writeSafetensors', path);
  checkNamed('writeSafetensors', 'arrays', tensors);
  checkOptions('writeSafetensors', options, { ...writeOptionNames, metadata: true });
  const { metadata = {}, ...write } = options;
  return writeFileAtomic(path, encodeSafetensors(tensors, { metadata }), write);
}

/** Reads a PNG or JPEG file as float32 `[C, H, W]` in [0, 1]. Options and errors as `decodeImage`; StorageError. */
export async function readImage(path: string, options: ImageOptions = {}): Promise<ArrayData> {
  checkRead('readImage', path, options, imageOptionNames);
  return decodeFile(path, (bytes) => decodeImage(bytes, options));
}
