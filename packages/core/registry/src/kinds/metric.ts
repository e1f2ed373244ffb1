import type { Tensor } from '@core/tensor';

/**
 * A number that is reported, accumulated over batches: `result(update(update(init(), a), b))`.
 *
 * The result does not depend on how the examples were split into batches. `State` is plain data (JSON), so that a run
 * can be resumed in the middle of an evaluation. Shapes are those of `Loss`.
 */
export interface Metric<State = unknown> {
  /** Shown in tables and curves, such as `accuracy`. */
  readonly name: string;
  /** Which way is better. */
  readonly goal: 'max' | 'min';
  init(): State;
  /** @param outputs on the CPU, as `targets` are: a metric may read them at once */
  update(state: State, outputs: Tensor, targets: Tensor): State;
  result(state: State): number;
}
