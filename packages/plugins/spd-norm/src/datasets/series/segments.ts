import { ArgumentError } from '@core/tensor';
import type { LabelledSeries, Recording, SeriesFile } from './readSeries.js';

export interface SegmentOptions {
  /** Times of a window. */
  readonly window: number;
  /** Share of each class's windows that is for the test. */
  readonly testShare: number;
  /** Rows are left out where a channel is farther than so many median absolute deviations from its median. */
  readonly outliers: number;
}

/**
 * Windows of a recording, without overlap, each within one segment of one class. Windows of a segment are alike, so that whole segments
 * go to the training or the test split: the last ones of each class to the test, until they have the share.
 */
export function windowsOf(
  name: string,
  { classNames, rows, labels }: Recording,
  { window, testShare, outliers }: SegmentOptions,
): { train: SeriesFile; test: SeriesFile } {
  const keep = withoutOutliers(rows, outliers);
  const segments: { label: string; windows: LabelledSeries[] }[] = [];
  let run: Float64Array[] = [];
  let current: string | undefined;
  const close = (): void => {
    if (current !== undefined && run.length >= window)
      segments.push({ label: current, windows: cut(run, window, current) });
    run = [];
  };
  rows.forEach((row, i) => {
    if (labels[i] !== current) close();
    current = labels[i];
    if (keep[i]) run.push(row);
  });
  close();
  const [train, test]: [LabelledSeries[], LabelledSeries[]] = [[], []];
  for (const label of classNames) {
    const own = segments.filter((segment) => segment.label === label);
    const total = own.reduce((sum, { windows }) => sum + windows.length, 0);
    let taken = 0;
    own.toReversed().forEach(({ windows }, i) => {
      // At least one segment is for the test, and the first for training.
      const forTest = i < own.length - 1 && (i === 0 || taken + windows.length / 2 <= total * testShare);
      if (forTest) taken += windows.length;
      (forTest ? test : train).push(...windows);
    });
    if (own.length < 2)
      throw new ArgumentError(
        `seriesCovariances: ${name}: class ${label} has ${own.length} segments of at least ${window} times, and needs two, one of them for the test`,
      );
  }
  return { train: { classNames, series: train }, test: { classNames, series: test } };
}

function cut(rows: readonly Float64Array[], window: number, label: string): LabelledSeries[] {
  return Array.from({ length: Math.floor(rows.length / window) }, (_, i) => {
    const part = rows.slice(i * window, (i + 1) * window);
    const channels = Array.from(part[0]!, (_unused, channel) =>
      Float64Array.from(part, (row) => row[channel]!),
    );
    return { label, channels };
  });
}

function withoutOutliers(rows: readonly Float64Array[], most: number): boolean[] {
  const channels = rows[0]?.length ?? 0;
  const keep = rows.map(() => true);
  for (let channel = 0; channel < channels; channel++) {
    const values = rows.map((row) => row[channel]!);
    const middle = medianOf(values);
    const spread = medianOf(values.map((value) => Math.abs(value - middle)));
    values.forEach((value, i) => {
      if (Math.abs(value - middle) > most * spread) keep[i] = false;
    });
  }
  return keep;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
