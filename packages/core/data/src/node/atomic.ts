import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArgumentError } from '@core/tensor';
import type { OptionNames } from '../checks.js';
import { checkOptions, describe, isBytes } from '../checks.js';
import { StorageError } from '../errors.js';
import { checkPath, errnoCode } from './paths.js';

/** What writing needs of an open file. */
export interface WritableFile {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What writing needs of a file system; Node's by default. Another one can stand for a disk that fills up or fails. */
export interface FileSystem {
  open(path: string, flags: 'wx'): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export interface WriteOptions {
  readonly fs?: FileSystem;
}

export const writeOptionNames: OptionNames<WriteOptions> = { fs: true };

/** Temporary files of `writeFileAtomic`: `.<name>.<pid>-<random>.tmp`. */
export const temporaryPattern = /^\..+\.\d+-[0-9a-f]{12}\.tmp$/;

/**
 * Writes a file so that at every moment, also after a crash, its path holds either the old content or the new one:
 * into a temporary file in the same folder, flushed to the disk, then renamed. The folder is made if need be.
 * Throws StorageError `DISK_FULL` or `WRITE_FAILED`; then the old file is intact and the temporary one removed.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  checkPath('writeFileAtomic', path);
  if (typeof content !== 'string' && !isBytes(content)) {
    throw new ArgumentError(
      `writeFileAtomic: wants a Uint8Array or a string to write, got ${describe(content)}`,
    );
  }
  checkOptions('writeFileAtomic', options, writeOptionNames);
  const fs = options.fs ?? nodeFs;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await nodeFs.mkdir(folder, { recursive: true });
    await writeAndSync(fs, temporary, bytes);
    await fs.rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await fs.unlink(temporary).catch(() => undefined);
    throw storageError(`writing ${path} (${bytes.length} bytes)`, cause);
  }
}

async function writeAndSync(fs: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(path, 'wx');
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename last through a power cut. Not every system can flush a folder; those that cannot need no flush. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await nodeFs.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(errnoCode(error) ?? ''))
      throw error;
  }
}

/** No space, no quota, or beyond the limit on file sizes. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** A failure of the file system as StorageError; one that is a StorageError already stays as it is. */
export function storageError(doing: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = errnoCode(cause) ?? '';
  if (fullCodes.includes(code)) {
    return new StorageError(
      'DISK_FULL',
      `${doing}: the disk is full (${code}); what was there before is intact`,
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError('WRITE_FAILED', `${doing} failed: ${reason}; what was there before is intact`, {
    cause,
  });
}
