import type { RacePlan } from './plan.js';
import type { RaceResults } from './results.js';
import type { TrialId, TrialRecord } from './trial.js';

/** Is told what a race does. A race never asks anything back. */
export interface RaceObserver {
  /** Everything fits together and the folder is there. `kept` trials were done before. */
  started(plan: RacePlan, race: { readonly trials: number; readonly kept: number }): void;
  /** After each step. */
  progress(at: TrialId & { readonly step: number; readonly maxSteps: number }): void;
  trialEnded(record: TrialRecord): void;
  /** All trials of a workload are done. */
  workloadEnded(workload: string, results: RaceResults): void;
  /** Always the last call. */
  ended(): void;
}

export const silentRace: RaceObserver = {
  started: () => undefined,
  progress: () => undefined,
  trialEnded: () => undefined,
  workloadEnded: () => undefined,
  ended: () => undefined,
};
