import type { TrialReport } from '../report/data.js';

/** Where a run stands, after every training step. */
export interface Progress {
  readonly trial: string;
  /** From 0. */
  readonly trialIndex: number;
  readonly trials: number;
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Examples of this trial that were trained on, and those that will have been at its end. */
  readonly done: number;
  readonly total: number;
  /** Latest means over a few batches; absent before the first. */
  readonly loss?: number;
  readonly accuracy?: number;
}

/** Numbers measured after an epoch. */
export interface Measurement {
  readonly trial: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly split: string;
  readonly values: Readonly<Record<string, number>>;
}

/** Is told what a run does. A run never asks anything back. */
export interface RunObserver {
  /** Everything fits together and the run folder is there: training begins. */
  started(): void;
  trialStarted(trial: {
    readonly name: string;
    readonly index: number;
    readonly trials: number;
    readonly total: number;
  }): void;
  progress(progress: Progress): void;
  measured(measurement: Measurement): void;
  trialEnded(trial: TrialReport): void;
  /** Always the last call. */
  ended(): void;
}

export const silent: RunObserver = {
  started: () => undefined,
  trialStarted: () => undefined,
  progress: () => undefined,
  measured: () => undefined,
  trialEnded: () => undefined,
  ended: () => undefined,
};
