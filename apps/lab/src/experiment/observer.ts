import type { SolverRecord } from './solverRun.js';

/** Is told what an experiment does. It never asks anything back. */
export interface ExperimentObserver {
  /** Data are being loaded, and references computed. */
  loading(): void;
  loaded(): void;
  solverStarted(at: {
    readonly name: string;
    readonly index: number;
    readonly solvers: number;
    readonly steps: number;
  }): void;
  progress(steps: number): void;
  solverEnded(record: SolverRecord): void;
  /** Always the last call. */
  ended(): void;
}

export const silentExperiment: ExperimentObserver = {
  loading: () => undefined,
  loaded: () => undefined,
  solverStarted: () => undefined,
  progress: () => undefined,
  solverEnded: () => undefined,
  ended: () => undefined,
};
