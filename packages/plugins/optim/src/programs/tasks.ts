import { classifierTask, type ClassifierSpec } from './classifierTask.js';
import { factorisationTask, type FactorisationSpec } from './factorisationTask.js';
import { quadraticTask, type QuadraticSpec } from './quadraticTask.js';
import { slopeTask, type SlopeSpec } from './slopeTask.js';

/** Something to train, made from a seed alone: the same on every thread. */
export interface Task {
  /** Elements of each array of weights. */
  readonly sizes: readonly number[];
  readonly steps: number;
  /** Where training starts. */
  readonly start: () => Float64Array;
  /** The gradient of step `step` (from 0) at w, with its noise, into `out`. */
  readonly gradient: (w: Float64Array, step: number, out: Float64Array) => void;
  /** The loss without noise; for data, on what was not trained on. */
  readonly loss: (w: Float64Array) => number;
}

/** What a task is, as plain data. */
export type TaskSpec = SlopeSpec | QuadraticSpec | ClassifierSpec | FactorisationSpec;

export function makeTask(spec: TaskSpec): Task {
  switch (spec.kind) {
    case 'slope':
      return slopeTask(spec);
    case 'quadratic':
      return quadraticTask(spec);
    case 'classifier':
      return classifierTask(spec);
    case 'factorisation':
      return factorisationTask(spec);
  }
}
