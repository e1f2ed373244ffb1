import type { Heading } from './heading.js';

/** A measured number over epochs. */
export type Curve = readonly (readonly [epoch: number, value: number])[];

export type TrialStatus = 'finished' | 'diverged' | 'stopped' | 'failed';

/** One optimizer's training, as the report shows it. */
export interface TrialReport {
  readonly name: string;
  /** Component id of the optimizer. */
  readonly use: string;
  readonly status: TrialStatus;
  /** Why it did not finish. */
  readonly reason?: string;
  /** Settings of the optimizer, defaults filled in. */
  readonly config: unknown;
  /** Those of them that differ from the defaults; all where defaults are not known. */
  readonly changed?: unknown;
  /** By measure: `loss`, `accuracy`, and what metrics the recipe names. */
  readonly train: Readonly<Record<string, Curve>>;
  readonly test: Readonly<Record<string, Curve>>;
  readonly trainSeconds: number;
  readonly evaluationSeconds: number;
  readonly examplesPerSecond: number;
  readonly steps: number;
}

/** The number that decides which trial is best. */
export interface LeadMetric {
  readonly name: string;
  readonly goal: 'max' | 'min';
}

/** Counts of classifications: `counts[actual][predicted]`. */
export interface Confusion {
  readonly trial: string;
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** A picture as a PNG file. */
export interface PngPicture {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

/** An example that was classified wrongly. */
export interface Mistake {
  readonly index: number;
  readonly actual: string;
  readonly predicted: string;
  /** Probability that the model gave its answer. */
  readonly confidence: number;
  readonly picture: PngPicture;
}

/** Everything the report shows: plain data, so that it can be rendered without a run. */
export interface ReportData extends Heading {
  readonly lead: LeadMetric;
  /** `test`, or `validation`. */
  readonly split: string;
  readonly dataset: {
    readonly use: string;
    readonly name: string;
    readonly inputShape: readonly number[];
    readonly trainExamples: number;
    readonly testExamples: number;
  };
  readonly model: { readonly use: string; readonly parameters: number };
  readonly trials: readonly TrialReport[];
  readonly confusion?: Confusion;
  readonly mistakes?: { readonly trial: string; readonly total: number; readonly shown: readonly Mistake[] };
  readonly filters?: {
    readonly trial: string;
    readonly path: string;
    readonly shape: readonly number[];
    readonly pictures: readonly PngPicture[];
  };
}

/** Last value of a curve. */
export function lastOf(curve: Curve | undefined): number | undefined {
  return curve?.at(-1)?.[1];
}

/** Best point of a curve; numbers that are none are passed over. */
export function bestOf(curve: Curve | undefined, goal: 'max' | 'min'): readonly [number, number] | undefined {
  const sign = goal === 'max' ? 1 : -1;
  return curve
    ?.filter(([, value]) => Number.isFinite(value))
    .reduce<readonly [number, number] | undefined>(
      (best, point) => (best === undefined || sign * point[1] > sign * best[1] ? point : best),
      undefined,
    );
}

/** The trial with the best last value of the deciding metric; undefined when none was measured. */
export function bestTrial<T extends Pick<TrialReport, 'test'>>(
  trials: readonly T[],
  { name, goal }: LeadMetric,
): T | undefined {
  const sign = goal === 'max' ? 1 : -1;
  const measured = trials.filter((trial) => Number.isFinite(lastOf(trial.test[name])));
  return measured.reduce<T | undefined>((best, trial) => {
    if (best === undefined) return trial;
    return sign * (lastOf(trial.test[name]) ?? NaN) > sign * (lastOf(best.test[name]) ?? NaN) ? trial : best;
  }, undefined);
}
