import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArgumentError } from '@core/tensor';
import type { OptionNames } from '../../checks.js';
import { checkOptions, describe } from '../../checks.js';
import { DataSetError, DownloadError } from '../../errors.js';
import { cacheFolder } from '../cache.js';
import type { DownloadOptions } from '../download.js';
import { downloadFile } from '../download.js';
import { downloadOptionNames } from '../httpAttempt.js';
import { checkPath } from '../paths.js';
import type { SetFile, SetInfo } from './catalogue.js';

/** Options of every loader of a public set. */
export interface SetOptions extends DownloadOptions {
  /** A folder that has the set's files already, packed as published or unpacked. Nothing is fetched then. */
  readonly folder?: string;
  /** Folder for downloads. Default `cacheFolder()`. */
  readonly cache?: string;
  /** Fail rather than fetch what is not in the cache. Default false. */
  readonly offline?: boolean;
  /** Addresses of folders to try before the published ones; the checksums stay the published ones. */
  readonly mirrors?: readonly string[];
}

export const setOptionNames: OptionNames<SetOptions> = {
  ...downloadOptionNames,
  folder: true,
  cache: true,
  offline: true,
  mirrors: true,
};

/** Checks the options of a loader of a public set, with the loader's own ones among `names`. */
export function checkSetOptions<O extends SetOptions>(op: string, options: O, names: OptionNames<O>): void {
  checkOptions(op, options, names);
  if (options.folder !== undefined) checkPath(`${op}: folder`, options.folder);
  if (options.cache !== undefined) checkPath(`${op}: cache`, options.cache);
  if (options.mirrors !== undefined && !Array.isArray(options.mirrors)) {
    throw new ArgumentError(`${op}: mirrors must be a list of addresses, got ${describe(options.mirrors)}`);
  }
}

/** Throws ArgumentError unless each number of images is an integer of at least 0, or Infinity for all. */
export function checkLimits(op: string, limits: { readonly train: number; readonly test: number }): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== Infinity && (!Number.isInteger(limit) || limit < 0)) {
      throw new ArgumentError(`${op}: ${name} must be a non-negative integer, got ${String(limit)}`);
    }
  }
}

/** The names under which a local folder may hold what a published file contains. */
export type LocalNames = (file: SetFile) => readonly string[];

/**
 * The path of one of a set's files: in `folder` under one of its local names, else downloaded into the cache.
 * Throws DataSetError `DATASET_MISSING` for a folder without it, DownloadError `DOWNLOAD_OFFLINE`, and the errors
 * of `downloadFile`.
 */
export async function obtain(
  set: SetInfo,
  name: string,
  options: SetOptions,
  localNames: LocalNames,
): Promise<string> {
  const file = set.files.find((candidate) => candidate.name === name);
  if (file === undefined) throw new ArgumentError(`${set.name}: has no file ${name}`);
  if (options.folder !== undefined) return findLocal(set, file, options.folder, localNames);
  const path = join(options.cache ?? cacheFolder(), set.name, file.name);
  if (options.offline === true && !(await exists(path))) {
    throw new DownloadError(
      'DOWNLOAD_OFFLINE',
      `${set.name}: ${path} is not there and offline is set; ${wayOut(set, file, path)}`,
    );
  }
  const first = (options.mirrors ?? []).map((mirror) => `${mirror.replace(/\/$/, '')}/${file.name}`);
  try {
    return await downloadFile({ ...file, urls: [...first, ...file.urls], path }, downloadOptions(options));
  } catch (cause) {
    if (!(cause instanceof DownloadError) || cause.code !== 'DOWNLOAD_NETWORK') throw cause;
    throw new DownloadError(cause.code, `${cause.message}; ${wayOut(set, file, path)}`, { cause });
  }
}

/** What to do where nothing can be fetched. */
function wayOut(set: SetInfo, file: SetFile, path: string): string {
  const names = set.files.map(({ name }) => name).join(', ');
  return (
    `without a network, pass folder: a folder that has the files already (${names}), ` +
    `or put ${file.name} from ${file.urls[0]} into the cache folder ${dirname(path)}`
  );
}

/** The options that are the download's own. */
function downloadOptions({ folder, cache, offline, mirrors, ...rest }: SetOptions): DownloadOptions {
  return rest;
}

async function findLocal(
  set: SetInfo,
  file: SetFile,
  folder: string,
  localNames: LocalNames,
): Promise<string> {
  const names = localNames(file);
  for (const name of names) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
  throw new DataSetError(
    'DATASET_MISSING',
    `${set.name}: ${folder} has none of ${names.join(', ')}; they come from ${file.urls[0]}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
