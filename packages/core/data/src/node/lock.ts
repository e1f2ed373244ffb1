import { open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError } from '../errors.js';
import { errnoCode } from './paths.js';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. Default one hour: it may be downloading. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
}

const refreshMs = 5_000;
const staleMs = 30_000;

/**
 * Runs `action` while holding the lock file `path`, one process at a time on all machines that share the folder.
 * A lock whose process is gone, or that was not refreshed for half a minute, is taken over.
 * Throws StorageError `LOCK_TIMEOUT` when another process keeps it for `waitMs`.
 */
export async function withLock<T>(
  path: string,
  action: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await acquire(path, options);
  // The refresh tells others that the holder lives; it must not keep a finished program running.
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, refreshMs).unref();
  try {
    return await action();
  } finally {
    clearInterval(refresh);
    await unlink(path).catch(() => undefined);
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  const { waitMs = 3_600_000, signal, log } = options;
  const end = Date.now() + waitMs;
  for (let told = false; ; told = true) {
    try {
      const file = await open(path, 'wx');
      await file
        .writeFile(JSON.stringify({ pid: process.pid, host: hostname() }))
        .finally(() => file.close());
      return;
    } catch (error) {
      if (errnoCode(error) !== 'EEXIST') throw error;
    }
    if (await isStale(path)) {
      await unlink(path).catch(() => undefined);
      continue;
    }
    if (Date.now() >= end) {
      throw new StorageError(
        'LOCK_TIMEOUT',
        `another process has held ${path} for ${waitMs} ms; if none is running, delete that file`,
      );
    }
    if (!told) log?.(`waiting for another process that holds ${path}`);
    await sleep(100, undefined, signal === undefined ? {} : { signal });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > staleMs) return true;
    const { pid, host } = JSON.parse(text) as { pid: number; host: string };
    return host === hostname() && !isAlive(pid);
  } catch {
    // Gone meanwhile, or not written yet: look again.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks whether the process exists.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoCode(error) === 'EPERM';
  }
}
