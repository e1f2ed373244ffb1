import { dirname, resolve } from 'node:path';
import { loadCheckpoint } from '@core/data/node';
import { toTensor, takeRows } from '@core/data';
import { requireProvenance, type Dataset, type Metric, type Provenance, type Registry } from '@core/registry';
import { random, scope, TrellisError, tree, type Tree } from '@core/tensor';
import { LabError, messageOf } from '../errors.js';
import type { LeadMetric } from '../report/data.js';
import type { TrainPlan } from '../recipe/plan.js';
import { loadExamples, type HostExamples } from './data.js';
import type { Parts, TrainState } from './step.js';

/** A run that can begin: everything made, loaded and tried on two examples. */
export interface Prepared {
  readonly dataset: Dataset;
  readonly parts: Parts;
  readonly metrics: readonly Metric[];
  readonly lead: LeadMetric;
  readonly train: HostExamples;
  readonly test: HostExamples;
  readonly start: Omit<TrainState, 'optimizer'>;
  readonly parameters: number;
}

/**
 * Makes a plan's components, loads its data and initial parameters, and tries the model on two examples, so that what
 * does not fit together is said before a run folder exists.
 *
 * @param recipeFile checkpoints of `startFrom` are found from its folder
 * @throws LabError `RUN`, CheckpointError, RegistryError, and what components throw
 */
export async function prepareRun(plan: TrainPlan, registry: Registry, recipeFile: string): Promise<Prepared> {
  const { slots, settings } = plan;
  const dataset = await slots.dataset.create();
  const model = await slots.model.create();
  const loss = await slots.loss.create();
  const metrics = await Promise.all(slots.metrics.map((metric) => metric.create()));
  // Made once more for each trial; here only to hear of bad settings before anything is loaded.
  for (const optimizer of slots.optimizers) await optimizer.create();
  const train = await loadExamples(dataset, 'train', settings.trainExamples);
  const test = await loadExamples(dataset, settings.evaluateOn, settings.testExamples);
  const parts: Parts = { model, loss, classes: dataset.classNames.length };

  const [initKey, key] = random.split(random.key(settings.seed), 2);
  if (initKey === undefined || key === undefined)
    throw new Error('random.split gave fewer keys than asked for');
  const initial = inComponent(slots.model.id, () => model.init(initKey, dataset.inputShape));
  const params =
    settings.startFrom === undefined
      ? initial.params
      : await startFrom(resolve(dirname(recipeFile), settings.startFrom), initial.params, plan, registry);
  const start = { params, model: initial.state, key };
  tryOut(plan, parts, start, train);
  return {
    dataset,
    parts,
    metrics,
    lead: leadOf(metrics, parts.classes),
    train,
    test,
    start,
    parameters: tree.leaves(params).reduce((sum, leaf) => sum + leaf.size, 0),
  };
}

/** The recipe's first metric decides; without one accuracy does, and the loss where there are no classes. */
function leadOf([first]: readonly Metric[], classes: number): LeadMetric {
  if (first !== undefined) return { name: first.name, goal: first.goal };
  return classes > 0 ? { name: 'accuracy', goal: 'max' } : { name: 'loss', goal: 'min' };
}

/** Parameters of a checkpoint; its tensors and the plugin that made its model must be those of the recipe's model. */
async function startFrom(folder: string, like: Tree, plan: TrainPlan, registry: Registry): Promise<Tree> {
  const { params, meta } = await loadCheckpoint(folder, { like: { params: like } });
  const saved = meta['model'];
  if (typeof saved === 'object' && saved !== null && 'use' in saved) {
    // Written by this app from a Provenance; requireProvenance checks every field again.
    const provenance = saved as unknown as Provenance;
    if (provenance.use !== plan.slots.model.id) {
      throw new LabError(
        'RUN',
        `${folder} holds parameters of ${provenance.use}, and the recipe's model is ${plan.slots.model.id}`,
      );
    }
    await requireProvenance({ model: provenance }, registry);
  }
  return params;
}

/** One forward pass on two examples, for the shapes. */
function tryOut(
  { slots }: TrainPlan,
  { model, loss, classes }: Parts,
  start: Omit<TrainState, 'optimizer'>,
  train: HostExamples,
): void {
  const rows = Int32Array.of(0, Math.min(1, train.size - 1));
  scope(() => {
    const inputs = toTensor(takeRows(train.inputs, rows));
    const targets = toTensor(takeRows(train.targets, rows));
    const { output } = inComponent(`${slots.model.id} on ${slots.dataset.id}`, () =>
      model.apply(start.params, start.model, inputs, { train: false }),
    );
    const wanted = [...targets.shape, classes].join(', ');
    if (classes > 0 && output.shape.join(', ') !== wanted) {
      throw new LabError(
        'RUN',
        `model ${slots.model.id} gives [${output.shape.join(', ')}] for two examples, and ${slots.dataset.id} has ${classes} classes, which needs [${wanted}]`,
      );
    }
    const value = inComponent(`${slots.loss.id} on what ${slots.model.id} gives`, () =>
      loss(output, targets),
    );
    if (value.ndim !== 0)
      throw new LabError(
        'RUN',
        `loss ${slots.loss.id} gives shape [${value.shape.join(', ')}]; a loss is one number, shape []`,
      );
  });
}

/** Says which component refused. */
function inComponent<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof TrellisError) || thrown instanceof LabError) throw thrown;
    throw new LabError('RUN', `${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
