import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArgumentError } from '@core/tensor';
import { checkNamed, checkOptions, describe } from '../checks.js';
import { DownloadError } from '../errors.js';
import { storageError } from './atomic.js';
import { errnoCode } from './paths.js';
import type { Checksums } from './checksum.js';
import { checksumMismatch } from './checksum.js';
import type { Attempt, DownloadOptions } from './httpAttempt.js';
import { AttemptError, downloadOptionNames, fetchInto } from './httpAttempt.js';
import { withLock } from './lock.js';
import { checkPath } from './paths.js';

export type { DownloadOptions, DownloadProgress } from './httpAttempt.js';

/** A file to fetch: places to try in order, where to put it, and what is known of it. */
export interface Download extends Checksums {
  readonly urls: readonly string[];
  readonly path: string;
  /** Size in bytes, if published. */
  readonly size?: number;
}

/**
 * Fetches a file unless it is there already with the right checksums; returns its path.
 *
 * Bytes go to `<path>.part`; a broken download, also one of an earlier process, goes on where it stopped (HTTP Range).
 * Failures of the network and of the server are retried, then the next place is tried. The file gets its name only
 * after its checksums fit. Several processes may ask for one file: one fetches, the others wait.
 * Throws DownloadError `DOWNLOAD_STATUS`, `DOWNLOAD_NETWORK`, `DOWNLOAD_CHECKSUM`, `DOWNLOAD_SIZE`;
 * StorageError `DISK_FULL` or `WRITE_FAILED`; the signal's reason when aborted.
 */
export async function downloadFile(file: Download, options: DownloadOptions = {}): Promise<string> {
  checkNamed('downloadFile', 'urls and path', file);
  checkPath('downloadFile', file.path);
  if (!Array.isArray(file.urls)) {
    throw new ArgumentError(`downloadFile: urls must be a list, got ${describe(file.urls)}`);
  }
  if (file.urls.length === 0) throw new ArgumentError('downloadFile: needs at least one url');
  checkOptions('downloadFile', options, downloadOptionNames);
  const { retries = 4 } = options;
  if (!Number.isInteger(retries) || retries < 0) {
    throw new ArgumentError(`downloadFile: retries must be a non-negative integer, got ${String(retries)}`);
  }
  if (await isComplete(file)) return file.path;
  try {
    await mkdir(dirname(file.path), { recursive: true });
  } catch (cause) {
    throw storageError(`making the folder of ${file.path}`, cause);
  }
  return withLock(
    `${file.path}.lock`,
    async () => {
      // Another process may have finished it while we waited.
      if (!(await isComplete(file))) await fetchFromAny(file, options);
      return file.path;
    },
    options,
  );
}

async function isComplete(file: Download): Promise<boolean> {
  const size = await fileSize(file.path);
  if (size === undefined || (file.size !== undefined && size !== file.size)) return false;
  return (await checksumMismatch(file.path, file)) === undefined;
}

async function fileSize(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.size,
    () => undefined,
  );
}

async function fetchFromAny(file: Download, options: DownloadOptions): Promise<void> {
  const failures: AttemptError[] = [];
  for (const url of file.urls) {
    try {
      await fetchWithRetries(file, url, options);
      await rename(`${file.path}.part`, file.path);
      await rm(`${file.path}.part.json`, { force: true });
      return;
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      // The caller's own failure, in onProgress or log.
      if (!(error instanceof AttemptError) && errnoCode(error) === undefined) throw error;
      if (!(error instanceof AttemptError)) throw storageError(`downloading ${url} to ${file.path}`, error);
      options.log?.(error.message);
      failures.push(error);
    }
  }
  const reasons = failures.map((failure) => failure.message).join('; ');
  throw new DownloadError(failures.at(-1)!.code, `cannot fetch ${file.path}: ${reasons}`, {
    cause: failures.at(-1),
  });
}

async function fetchWithRetries(file: Download, url: string, options: DownloadOptions): Promise<void> {
  const { retries = 4, backoffMs = 500, signal, log } = options;
  let anew = false;
  for (let failed = 0; ;) {
    const attempt = await prepare(file, url);
    try {
      await fetchInto(attempt, options);
      const wrong = await checksumMismatch(attempt.part, file);
      if (wrong === undefined) return;
      await discard(file);
      const error = new AttemptError(
        'DOWNLOAD_CHECKSUM',
        `${url}: the ${wrong.algorithm} is ${wrong.got}, but ${wrong.wanted} was published`,
      );
      // Parts of two versions of the file may have been joined; a whole one that is wrong will be wrong again.
      if (attempt.from === 0 || anew) throw error;
      log?.(`${error.message}; fetching it anew`);
      anew = true;
    } catch (error) {
      if (!(error instanceof AttemptError) || !error.again || signal?.aborted === true) throw error;
      const progressed = ((await fileSize(attempt.part)) ?? 0) > attempt.from;
      failed = progressed ? 1 : failed + 1;
      if (failed > retries) throw error;
      const wait = error.retryAfterMs ?? Math.min(30_000, backoffMs * 2 ** (failed - 1));
      log?.(`${error.message}; trying again in ${wait} ms`);
      await sleep(wait, undefined, signal === undefined ? {} : { signal });
    }
  }
}

interface Note {
  readonly url?: string;
  readonly validator?: string;
}

/** Under which address and validator the part began; nothing if no one noted it, or the note is damaged. */
async function readNote(path: string): Promise<Note> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Note;
  } catch {
    return {};
  }
}

/** Where to go on: behind what is there, if it is known to belong to the same file. */
async function prepare(file: Download, url: string): Promise<Attempt> {
  const part = `${file.path}.part`;
  const note = `${part}.json`;
  const size = await fileSize(part);
  const saved = await readNote(note);
  const validator = saved.url === url ? saved.validator : undefined;
  // Without a checksum only the server can tell whether the file is still the same one.
  const checked = file.md5 !== undefined || file.sha256 !== undefined;
  const usable =
    size !== undefined && (validator !== undefined || checked) && size <= (file.size ?? Infinity);
  const from = usable ? size : 0;
  if (from === 0) await (await open(part, 'w')).close();
  return {
    url,
    part,
    path: file.path,
    from,
    ...(file.size === undefined ? {} : { size: file.size }),
    ...(validator === undefined ? {} : { validator }),
    remember: (found) => writeFile(note, JSON.stringify({ url, validator: found })),
  };
}

async function discard(file: Download): Promise<void> {
  await rm(`${file.path}.part`, { force: true });
  await rm(`${file.path}.part.json`, { force: true });
}
