import { ArgumentError } from '@core/tensor';
import { describe } from '../checks.js';

/** Throws ArgumentError unless `path` is a string that is not empty. */
export function checkPath(op: string, path: unknown): void {
  if (typeof path === 'string' && path !== '') return;
  const help = path instanceof URL ? '; use fileURLToPath(url)' : '';
  const got = path === '' ? 'an empty string' : describe(path);
  throw new ArgumentError(`${op}: wants a path as a string, got ${got}${help}`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission was denied',
  EPERM: 'permission was denied',
  EMFILE: 'too many files are open',
  ELOOP: 'its links go in a circle',
};

/** Why the system could not read a file, in words. */
export function readReason(cause: unknown): string {
  const code = errnoCode(cause);
  if (code !== undefined && Object.hasOwn(reasons, code)) return reasons[code]!;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The system's error code (`ENOENT`, `ENOSPC`), if the error has one. */
export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
