import type { Optimizer } from '@core/registry';
import { random, tree, type Tensor, type Tree } from '@core/tensor';
import type { Submission } from '@plugins/optim';
import { measuredParams, replace, trainStep, type TrainState } from '../run/step.js';
import type { LoadedWorkload, TrainBatch } from './workload.js';

export type RaceState = { readonly optimizer: Tree; readonly key: Tensor };
export type RaceSubmission = Submission<Tree, Tree, TrainBatch, RaceState, null>;

/** An optimizer as a submission of one trial, and what it saw. */
export interface SubmissionRun {
  readonly submission: RaceSubmission;
  /** Seconds spent in its functions. */
  seconds(): number;
  /** Why it stopped by itself, if it did. */
  stoppedBecause(): 'diverged' | 'out of time' | undefined;
  /** Frees everything that it holds, given the last state. */
  dispose(): void;
}

/** Training with an optimizer, one compiled step at a time. It is complete at once when the loss is no number any more. */
export function submissionOf(
  optimizer: Optimizer,
  { planned, model, loss }: LoadedWorkload,
  now: () => number,
): SubmissionRun {
  const step = trainStep({ model, loss, classes: 0 }, optimizer);
  const nothing: ReadonlySet<Tensor> = new Set();
  let state: TrainState | undefined;
  let averages: Tree | undefined;
  let seconds = 0;
  let reason: 'diverged' | 'out of time' | undefined;
  const timed = async <T>(f: () => T | Promise<T>): Promise<T> => {
    const from = now();
    const result = await f();
    seconds += (now() - from) / 1000;
    return result;
  };
  /** Averages that were measured are no longer needed; the parameters among them are. */
  const forget = (): void => {
    if (averages !== undefined) replace(averages, state?.params, nothing);
    averages = undefined;
  };

  return {
    seconds: () => seconds,
    stoppedBecause: () => reason,
    dispose() {
      forget();
      if (state !== undefined) for (const leaf of new Set(tree.leaves(state))) leaf.dispose();
      step.dispose();
    },
    submission: {
      getBatchSize: () => planned.batchSize,
      initOptimizerState({ params, modelState, seed }) {
        state = { params, model: modelState, optimizer: optimizer.init(params), key: random.key(seed) };
        return state;
      },
      dataSelection: ({ data }) =>
        timed(async () => {
          const next = (await data.next()) as IteratorYieldResult<TrainBatch>; // the data has no end
          return next.value;
        }),
      updateParams: ({ params, modelState, optimizerState, batch }) =>
        timed(async () => {
          forget();
          const before: TrainState = { ...optimizerState, params, model: modelState };
          const result = step(before, batch.inputs, batch.targets);
          replace(before, result.state, nothing);
          state = result.state;
          const [value = NaN] = await result.loss.data();
          for (const one of new Set([batch.inputs, batch.targets, result.loss, result.correct]))
            one.dispose();
          if (!Number.isFinite(value)) reason = 'diverged';
          else if (seconds > planned.maxSeconds) reason = 'out of time';
          return {
            params: state.params,
            modelState: state.model,
            optimizerState: { optimizer: state.optimizer, key: state.key },
            trainingComplete: reason !== undefined,
          };
        }),
      prepareForEval: ({ params, modelState, optimizerState }) =>
        timed(() => {
          averages = measuredParams(optimizer, { ...optimizerState, params, model: modelState });
          return { evaluationParams: averages };
        }),
    },
  };
}
