import { batches } from '@core/data';
import type { Chosen, Metric, Optimizer } from '@core/registry';
import { TrellisError, tree, type Tensor, type Tree } from '@core/tensor';
import { messageOf } from '../errors.js';
import type { TrialReport, TrialStatus } from '../report/data.js';
import type { HostExamples } from './data.js';
import { evaluate, type Evaluation, type Predictions } from './evaluate.js';
import { createLog, type LogInputs } from './log.js';
import {
  measuredParams,
  measureStep,
  optimizerMeasures,
  replace,
  trainStep,
  type TrainState,
} from './step.js';

export interface TrialInputs extends LogInputs {
  readonly metrics: readonly Metric[];
  readonly test: HostExamples;
  /** Parameters, model state and key that every trial starts from; never disposed here. */
  readonly start: Omit<TrainState, 'optimizer'>;
  readonly signal: AbortSignal;
}

export interface TrialResult {
  readonly report: TrialReport;
  readonly predictions?: Predictions;
}

/** Trains one model with one optimizer, measuring after every epoch. */
export async function runTrial(inputs: TrialInputs): Promise<TrialResult> {
  const { chosen, parts, settings, train, start, observer, signal, now } = inputs;
  const optimizer = await chosen.create();
  const step = trainStep(parts, optimizer);
  const measure = measureStep(parts);
  const own = optimizerMeasures(optimizer);
  const loader = batches(
    { inputs: train.inputs, targets: train.targets },
    { batchSize: settings.batchSize, seed: settings.seed },
  );
  const log = createLog({ ...inputs, passesOver: optimizer.check !== undefined });
  const pause = createPause(now);
  const shared = new Set<Tensor>(tree.leaves(start));
  let state: TrainState = { ...start, optimizer: optimizer.init(start.params) };
  let status: TrialStatus = 'finished';
  let reason: string | undefined;
  let evaluation: Evaluation | undefined;
  let evaluationSeconds = 0;

  observer.trialStarted({
    name: chosen.name,
    index: inputs.index,
    trials: inputs.trials,
    total: train.size * settings.epochs,
  });
  for (let epoch = 0; epoch < settings.epochs && status === 'finished'; epoch++) {
    for await (const { data, indices, index } of loader.epoch(epoch)) {
      const from = now();
      const before = state;
      const result = step(before, data.inputs, data.targets);
      data.inputs.dispose();
      data.targets.dispose();
      const last = index === loader.batchesPerEpoch - 1;
      // The loss is that of the parameters before the step.
      const measured = own && { measure: () => own(before, result.loss) };
      const loss = await log.step({ ...result, ...measured, size: indices.length, epoch, last, from });
      replace(before, result.state, shared);
      state = result.state;
      await pause();
      // Losses were read, so the step is done: the optimizer may look at its state, too.
      const trouble = loss === undefined ? undefined : await troubleOf(optimizer, state.optimizer);
      // An optimizer with a check of its own decides what is not finite.
      if (loss !== undefined && !Number.isFinite(loss) && optimizer.check === undefined) {
        status = 'diverged';
        reason = `the training loss became ${loss} after ${log.steps()} steps`;
        break;
      }
      if (trouble !== undefined) {
        status = 'diverged';
        reason = `after ${log.steps()} steps: ${trouble}`;
        break;
      }
      if (signal.aborted) {
        status = 'stopped';
        reason = `in epoch ${epoch + 1} of ${settings.epochs}`;
        break;
      }
    }
    if (status !== 'finished') break;
    const from = now();
    const measured = measuredParams(optimizer, state);
    evaluation = await evaluate({
      measure,
      params: measured,
      state: state.model,
      examples: inputs.test,
      metrics: inputs.metrics,
      classes: parts.classes,
      batchSize: settings.evaluationBatchSize,
      pause,
    });
    evaluationSeconds += (now() - from) / 1000;
    log.measured(epoch + 1, evaluation.values);
    await inputs.sink.epochEnded({ epoch: epoch + 1, state, measured, values: evaluation.values });
    replace(measured, state, shared);
  }

  replace(state, undefined, shared);
  step.dispose();
  measure.dispose();
  own?.dispose();
  const report: TrialReport = {
    name: chosen.name,
    use: chosen.id,
    status,
    ...(reason === undefined ? {} : { reason }),
    config: configOf(chosen),
    ...log.curves(),
    evaluationSeconds,
    ...log.speed(),
  };
  observer.trialEnded(report);
  return {
    report,
    ...(evaluation?.predictions === undefined ? {} : { predictions: evaluation.predictions }),
  };
}

/** What an optimizer's own check says, such as that gradients are not finite. */
async function troubleOf(optimizer: Optimizer, state: Tree): Promise<string | undefined> {
  try {
    await optimizer.check?.(state);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TrellisError) return messageOf(thrown);
    throw thrown;
  }
}

function configOf({ spec }: Chosen): Readonly<Record<string, unknown>> {
  const { use: _, ...config } = spec;
  return config;
}

/** Lets timers and signals have their turn, at most forty times a second. */
export function createPause(now: () => number): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last < 25) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    last = now();
  };
}
