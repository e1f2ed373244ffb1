import type { Dataset } from './dataset.js';
import type { Loss } from './loss.js';
import type { Metric } from './metric.js';

/** A learning problem that models and optimizers can be compared on: data, objective, and what is reported. */
export interface Task {
  readonly name: string;
  readonly dataset: Dataset;
  readonly loss: Loss;
  /** What is reported, the deciding metric first. */
  readonly metrics: readonly Metric[];
  /** Value of the deciding metric at which the task counts as solved, for time-to-target measurements. */
  readonly target?: number;
}
