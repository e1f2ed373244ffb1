import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@core/tensor';
import { DataSetError, DownloadError } from '../../errors.js';
import { cacheFolder } from '../cache.js';
import type { DownloadOptions } from '../download.js';
import { downloadFile } from '../download.js';
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
      `${set.name}: ${path} is not there and offline is set; fetch it once, or give a folder that has it (${file.urls[0]})`,
    );
  }
  const first = (options.mirrors ?? []).map((mirror) => `${mirror.replace(/\/$/, '')}/${file.name}`);
  return downloadFile({ ...file, urls: [...first, ...file.urls], path }, options);
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
