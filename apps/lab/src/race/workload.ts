import { batches, type Batch } from '@core/data';
import type { Loss, Metric, Model } from '@core/registry';
import { random, tree, TrellisError, type Jitted, type Tensor, type Tree } from '@core/tensor';
import type { Workload } from '@plugins/optim';
import { LabError } from '../errors.js';
import { loadExamples, type HostExamples } from '../run/data.js';
import { measureStep, type Measured } from '../run/step.js';
import type { PlannedWorkload, RacePlan } from './plan.js';
import type { RaceSettings } from './recipe.js';

export type TrainBatch = { readonly inputs: Tensor; readonly targets: Tensor };
export type RaceWorkload = Workload<Tree, Tree, TrainBatch>;

/** A workload that is loaded: what trials of all submissions share. */
export interface LoadedWorkload {
  readonly planned: PlannedWorkload;
  readonly workload: RaceWorkload;
  readonly model: Model;
  readonly loss: Loss;
  /** The name of the deciding measure, and which way is better. */
  readonly lead: { readonly name: string; readonly goal: 'min' | 'max' };
  dispose(): void;
}

/**
 * Makes a workload's components and loads its data.
 *
 * @param pause called between batches of an evaluation, so that the process can do other things
 * @throws LabError `RUN` for data that contradicts what it says of itself; what components throw
 */
export async function loadWorkload(
  planned: PlannedWorkload,
  { evaluateOn, evaluationBatchSize }: Pick<RaceSettings, 'evaluateOn' | 'evaluationBatchSize'>,
  pause: () => Promise<void>,
): Promise<LoadedWorkload> {
  const [dataset, model, loss, metric] = [
    await planned.dataset.create(),
    await planned.model.create(),
    await planned.loss.create(),
    await planned.metric?.create(),
  ];
  const train = await loadExamples(dataset, 'train');
  const held = await loadExamples(dataset, evaluateOn);
  // Probabilities are of no use here, and cost a softmax.
  const measure = measureStep({ model, loss, classes: 0 });
  const lead =
    metric === undefined
      ? ({ name: 'loss', goal: 'min' } as const)
      : { name: metric.name, goal: metric.goal };
  return {
    planned,
    model,
    loss,
    lead,
    workload: {
      name: planned.name,
      initModel(seed) {
        const { params, state } = model.init(random.key(seed), dataset.inputShape);
        return { params, modelState: state };
      },
      trainingData: (options) => endless(train, options),
      loss(params, modelState, { inputs, targets }, { train: training }) {
        const { output, state } = model.apply(params, modelState, inputs, { train: training });
        return { loss: loss(output, targets), modelState: state };
      },
      evaluate: (params, modelState) =>
        evaluate({
          measure,
          params,
          modelState,
          examples: held,
          metric,
          batchSize: evaluationBatchSize,
          pause,
        }),
      metric: lead.name,
      mode: lead.goal,
      target: planned.target,
      maxRuntime: Infinity, // trials end by steps
      evalPeriod: planned.evaluateEvery,
      stepHint: planned.maxSteps,
    },
    dispose: () => measure.dispose(),
  };
}

/**
 * Loads all workloads and measures each untrained model, so that what does not fit together is said before anything is trained.
 *
 * @throws LabError `RUN` that names the workload
 */
export async function loadAll(
  { workloads, settings }: RacePlan,
  pause: () => Promise<void>,
): Promise<readonly LoadedWorkload[]> {
  const all: LoadedWorkload[] = [];
  for (const planned of workloads) {
    try {
      const loaded = await loadWorkload(planned, settings, pause);
      all.push(loaded);
      const start = await loaded.workload.initModel(0);
      await loaded.workload.evaluate(start.params, start.modelState, { step: 0 });
      for (const leaf of new Set(tree.leaves(start))) leaf.dispose();
    } catch (thrown) {
      if (!(thrown instanceof TrellisError)) throw thrown;
      throw new LabError('RUN', `workload ${planned.name}: ${thrown.message}`, { cause: thrown });
    }
  }
  return all;
}

/** Batches of one size, epoch after epoch; the last of an epoch is filled up from its beginning. */
async function* endless(
  { inputs, targets }: HostExamples,
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): AsyncGenerator<TrainBatch> {
  const size = Math.min(batchSize, inputs.shape[0] ?? batchSize);
  const loader = batches({ inputs, targets }, { batchSize: size, seed, lastBatch: 'wrap' });
  for (let epoch = 0; ; epoch++) {
    for await (const { data } of loader.epoch(epoch) as AsyncIterable<Batch<TrainBatch>>) yield data;
  }
}

interface EvaluateOptions {
  readonly measure: Jitted<[params: Tree, state: Tree, inputs: Tensor, targets: Tensor], Measured>;
  readonly params: Tree;
  readonly modelState: Tree;
  readonly examples: HostExamples;
  readonly metric: Metric | undefined;
  readonly batchSize: number;
  readonly pause: () => Promise<void>;
}

/** The mean loss and the deciding metric on the held-out examples. */
async function evaluate(options: EvaluateOptions): Promise<Readonly<Record<string, number>>> {
  const { measure, params, modelState, examples, metric } = options;
  const loader = batches(
    { inputs: examples.inputs, targets: examples.targets },
    { batchSize: options.batchSize, shuffle: false },
  );
  let loss = 0;
  let tally = metric?.init();
  for await (const { data, indices } of loader.epoch(0)) {
    const measured = measure(params, modelState, data.inputs, data.targets);
    const [value = NaN] = await measured.loss.data();
    loss += (value * indices.length) / examples.size;
    const made = new Set<Tensor>([
      data.inputs,
      data.targets,
      measured.loss,
      measured.output,
      measured.probabilities,
    ]);
    if (metric !== undefined) {
      const [outputs, targets] = [await measured.output.to('cpu'), await data.targets.to('cpu')];
      tally = metric.update(tally, outputs, targets);
      made.add(outputs).add(targets);
    }
    for (const one of made) one.dispose();
    await options.pause();
  }
  return { loss, ...(metric === undefined ? {} : { [metric.name]: metric.result(tally) }) };
}
