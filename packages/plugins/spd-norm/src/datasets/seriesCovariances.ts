import { check, checkOptions, checkRequired, fraction, nonNegative, positive, type Rule } from '@core/registry/checks'; // prettier-ignore
import { ArgumentError, stack, tensor } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { covariancePool } from '../layers/covPool.js';
import { parseArff, parseTs, type SeriesFile } from './series/readSeries.js';
import { windowsOf, type SegmentOptions } from './series/segments.js';
import { splitSizes } from './splitSizes.js';

export interface SeriesCovariancesOptions {
  /** Folder with the files, plain or `.gz`. */
  readonly folder: string;
  /** Beginning of the files' names, where the folder has several sets. */
  readonly set?: string | undefined;
  /** Share of tr(C)/n I: short series have singular covariances. Default 0.01. */
  readonly shrinkage?: number;
  /** Added to the diagonal. Default 0. */
  readonly epsilon?: number;
  /** Times of a window of a recording. Default 64. */
  readonly window?: number;
  /** Share of a recording's windows that is for the test. Default 0.3. */
  readonly testShare?: number;
  /** Rows of a recording are left out where a channel is so many median absolute deviations from its median. Default 50. */
  readonly outliers?: number;
}

const owner = 'seriesCovariances';
const rules: Readonly<Record<keyof SeriesCovariancesOptions, Rule>> = {
  folder: { words: 'the path of a folder', holds: (value) => typeof value === 'string' && value !== '' },
  set: { words: "the beginning of the files' names", holds: (value) => typeof value === 'string' },
  shrinkage: fraction,
  epsilon: nonNegative,
  window: {
    words: 'a whole number of at least 2',
    holds: (value) => Number.isSafeInteger(value) && Number(value) > 1,
  },
  testShare: fraction,
  outliers: positive,
};

/**
 * Covariances [n, channels, channels] of time series, float64, from files of your own. Needs Node.
 *
 * - UEA's sets: `NAME_TRAIN.ts` and `NAME_TEST.ts`, or the multivariate `NAME_TRAIN.arff` and `NAME_TEST.arff`: a covariance a series,
 *   whose lengths may differ.
 * - A recording: one `.arff` with a row for each time and the class in the last column: a covariance a window. Windows lie within one
 *   segment of a class, and segments go as a whole to the training or the test split.
 *
 * @throws ArgumentError for a folder without such files and for what files have that is not read, with the line
 */
export async function seriesCovariances(options: SeriesCovariancesOptions): Promise<Dataset> {
  checkOptions(owner, options, rules);
  checkRequired(owner, options, ['folder']);
  const { shrinkage = 0.01, epsilon = 0, window = 64, testShare = 0.3, outliers = 50 } = options;
  const { name, train, test } = await readFolder(options, { window, testShare, outliers });
  const size = train.series[0]?.channels.length ?? 0;
  const parts = { train, test };
  for (const [split, { series }] of Object.entries(parts)) {
    check(owner, `the number of series for ${split} in ${options.folder}`, series.length, { words: 'at least 1', holds: (x) => Number(x) > 0 }); // prettier-ignore
    const odd = series.find(({ channels }) => channels.length !== size);
    if (odd !== undefined)
      throw new ArgumentError(
        `${owner}: all series of ${name} must have ${size} channels, one for ${split} has ${odd.channels.length}`,
      );
  }
  const sizeOf = splitSizes(name, train.series.length, test.series.length);
  return {
    name: `${name}, covariances`,
    inputShape: [size, size],
    classNames: train.classNames,
    splits: ['train', 'test'],
    size: sizeOf,
    load: async (split) => {
      sizeOf(split);
      const { series } = split === 'train' ? train : test;
      const covariances = series.map(
        ({ channels }) =>
        covariancePool(tensor(channels.map((channel) => [...channel]), { dtype: 'float64' }), { epsilon, shrinkage }), // prettier-ignore
      );
      const labels = Int32Array.from(series, ({ label }) => train.classNames.indexOf(label));
      return { inputs: stack(covariances), targets: tensor(labels) };
    },
  };
}

interface FolderParts {
  readonly name: string;
  readonly train: SeriesFile;
  readonly test: SeriesFile;
}

async function readFolder(
  { folder, set = '' }: SeriesCovariancesOptions,
  options: SegmentOptions,
): Promise<FolderParts> {
  const { readdir, readFile } = await import('node:fs/promises');
  const { gunzipSync } = await import('node:zlib');
  const path = await import('node:path');
  let all: string[];
  try {
    all = (await readdir(folder)).sort();
  } catch (error) {
    throw new ArgumentError(`${owner}: folder ${folder} cannot be read: ${String(error)}`);
  }
  const files = all.filter((file) => file.startsWith(set) && /\.(ts|arff)(\.gz)?$/i.test(file));
  const read = async (file: string): Promise<string> => {
    const bytes = await readFile(path.join(folder, file));
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  };
  const pick = (suffix: RegExp): string[] => files.filter((file) => suffix.test(file));
  const [trains, tests] = [pick(/_TRAIN\.(ts|arff)(\.gz)?$/i), pick(/_TEST\.(ts|arff)(\.gz)?$/i)];
  const whole = files.filter((file) => !trains.includes(file) && !tests.includes(file));
  if (trains.length === 1 && tests.length === 1) {
    const [train, test] = await Promise.all([trains[0]!, tests[0]!].map(async (file) => seriesOf(file, await read(file)))); // prettier-ignore
    return { name: trains[0]!.replace(/_TRAIN\..*$/i, ''), train: train!, test: test! };
  }
  if (trains.length + tests.length === 0 && whole.length === 1 && /\.arff(\.gz)?$/i.test(whole[0]!)) {
    const file = parseArff(whole[0]!, await read(whole[0]!));
    if ('rows' in file)
      return { name: whole[0]!.replace(/\.arff.*$/i, ''), ...windowsOf(whole[0]!, file, options) };
  }
  throw new ArgumentError(
    `${owner}: ${folder} must have NAME_TRAIN and NAME_TEST files (.ts or .arff), or one .arff with a recording${set === '' ? '' : `, whose names begin with ${set}`}; found ${files.join(', ') || `none among ${all.length} files`}`,
  );
}

function seriesOf(name: string, text: string): SeriesFile {
  const file = /\.ts(\.gz)?$/i.test(name) ? parseTs(name, text) : parseArff(name, text);
  if ('rows' in file)
    throw new ArgumentError(`${owner}: ${name} is a table; series need one relational attribute`);
  return file;
}
