import type { Context, Experiment } from '@core/registry';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { pruningExperiment } from '../pruning/experiment.js';
import type { LabelledBatch } from '../pruning/network.js';
import type { PruningProblem, PruningSolution } from '../pruning/problem.js';

export async function create(
  { dataset, model, loss, ...options }: Config<'pruning'>,
  context: Context,
): Promise<Experiment<PruningProblem<Tree, LabelledBatch>, PruningSolution>> {
  return pruningExperiment({
    ...options,
    dataset: await context.use(dataset, 'dataset'),
    model: await context.use(model, 'model'),
    loss: await context.use(loss, 'loss'),
  });
}
