import { join } from 'node:path';
import { ArgumentError } from '@core/tensor';
import type { ArrayData } from '../../arrays.js';
import { DataSetError, FormatError } from '../../errors.js';
import { parseCsv } from '../../formats/csv.js';
import { csvColumn } from '../../formats/csvNumbers.js';
import { unzip } from '../../formats/zip.js';
import { decodeFile, readBytes } from '../files.js';
import type { SetInfo } from './catalogue.js';
import { publicSets } from './catalogue.js';
import type { SetOptions } from './obtain.js';
import { checkSetOptions, obtain, setOptionNames } from './obtain.js';

/** Ratings, one row each, in the file's order. */
export interface Ratings {
  readonly name: string;
  /** 0-based numbers, int32 `[N]`; `userIds[user]` is the file's id. */
  readonly users: ArrayData;
  /** 0-based numbers, int32 `[N]`; `itemIds[item]` is the file's id, `titles[item]` the film's title. */
  readonly items: ArrayData;
  /** float32 `[N]`, 0.5 or 1 to 5 stars. */
  readonly ratings: ArrayData;
  /** float64 `[N]`, seconds since 1970, UTC. */
  readonly timestamps: ArrayData;
  readonly userIds: readonly number[];
  readonly itemIds: readonly number[];
  readonly titles: readonly string[];
  readonly about: SetInfo;
}

/** Options of `movielens`. */
export interface MovielensOptions extends SetOptions {
  /** `'100k'` (1998, fixed; default) or `'latest-small'` (2018, may change at its source). */
  readonly variant?: '100k' | 'latest-small';
}

/**
 * MovieLens ratings. GroupLens allows research, not commercial use, and 100K may not be passed on: each user fetches
 * it (4.9 MB or 1 MB, once), or names a `folder` with the archive or its unpacked files.
 * Throws DataSetError, DownloadError, StorageError, FormatError (CsvError).
 */
export async function movielens(options: MovielensOptions = {}): Promise<Ratings> {
  checkSetOptions('movielens', options, { ...setOptionNames, variant: true });
  const { variant = '100k' } = options;
  if (variant === '100k') return load(publicSets['movielens-100k'], 'ml-100k', 'u.data', 'u.item', options);
  if (variant === 'latest-small') {
    return load(
      publicSets['movielens-latest-small'],
      'ml-latest-small',
      'ratings.csv',
      'movies.csv',
      options,
    );
  }
  throw new ArgumentError(
    `movielens: variant must be '100k' or 'latest-small', got ${JSON.stringify(variant)}`,
  );
}

async function load(
  set: SetInfo,
  inner: string,
  ratingsName: string,
  titlesName: string,
  options: SetOptions,
): Promise<Ratings> {
  const path = await obtain(set, set.files[0]!.name, options, (file) => [
    file.name,
    join(inner, ratingsName),
    ratingsName,
  ]);
  const read = path.endsWith('.zip')
    ? await fromArchive(path, inner, [ratingsName, titlesName])
    : (name: string) => readBytes(join(path.slice(0, -ratingsName.length), name));
  const columns = await decode(`${path}: ${ratingsName}`, read(ratingsName), readRatings);
  const names = await decode(
    `${path}: ${titlesName}`,
    read(titlesName),
    titlesName === 'u.item' ? itemTitles : movieTitles,
  );
  const users = numbered(columns.users);
  const items = numbered(columns.items);
  return {
    name: set.name,
    users: users.numbers,
    items: items.numbers,
    ratings: columns.ratings,
    timestamps: columns.timestamps,
    userIds: users.ids,
    itemIds: items.ids,
    titles: items.ids.map((id) => {
      const title = names.get(id);
      if (title === undefined)
        throw new DataSetError('DATASET_INVALID', `${set.name}: film ${id} is rated but has no title`);
      return title;
    }),
    about: set,
  };
}

async function fromArchive(
  path: string,
  inner: string,
  names: string[],
): Promise<(name: string) => Promise<Uint8Array>> {
  const members = await decodeFile(path, (bytes) =>
    unzip(bytes, (name) => names.some((wanted) => name === `${inner}/${wanted}`)),
  );
  return (name) => {
    const bytes = members.get(`${inner}/${name}`);
    if (bytes === undefined) throw new DataSetError('DATASET_MISSING', `${path} has no ${inner}/${name}`);
    return Promise.resolve(bytes);
  };
}

/** Decodes one file; its name stands in front of every message about its format. */
async function decode<T>(
  where: string,
  bytes: Promise<Uint8Array>,
  read: (bytes: Uint8Array) => T,
): Promise<T> {
  const content = await bytes;
  try {
    return read(content);
  } catch (error) {
    throw error instanceof FormatError ? error.inFile(where) : error;
  }
}

interface Columns {
  readonly users: ArrayData;
  readonly items: ArrayData;
  readonly ratings: ArrayData;
  readonly timestamps: ArrayData;
}

/** Both variants have user, item, rating and time in this order; 100K tab-separated without a header. */
function readRatings(bytes: Uint8Array): Columns {
  const text = new TextDecoder().decode(bytes);
  const table = parseCsv(text, { delimiter: /^[^\n]*\t/.test(text) ? '\t' : ',' });
  return {
    users: csvColumn(table, 0, { dtype: 'int32' }),
    items: csvColumn(table, 1, { dtype: 'int32' }),
    ratings: csvColumn(table, 2),
    timestamps: csvColumn(table, 3, { dtype: 'float64' }),
  };
}

/** 100K's `u.item`: id|title|…, in Latin-1, without quoting. */
function itemTitles(bytes: Uint8Array): Map<number, string> {
  const lines = new TextDecoder('latin1').decode(bytes).split(/\r?\n/);
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const [id, title = ''] = line.split('|');
        return [Number(id), title];
      }),
  );
}

/** latest-small's `movies.csv`: movieId,title,genres. */
function movieTitles(bytes: Uint8Array): Map<number, string> {
  const { rows } = parseCsv(new TextDecoder().decode(bytes), { header: true });
  return new Map(rows.map(([id, title = '']) => [Number(id), title]));
}

/** Ids as 0-based numbers in the ids' order. */
function numbered(column: ArrayData): { numbers: ArrayData; ids: number[] } {
  const ids = [...new Set<number>(column.data)].sort((a, b) => a - b);
  const numberOf = new Map(ids.map((id, i) => [id, i]));
  const data = Int32Array.from(column.data, (id) => numberOf.get(id)!);
  return { numbers: { shape: column.shape, dtype: 'int32', data }, ids };
}
