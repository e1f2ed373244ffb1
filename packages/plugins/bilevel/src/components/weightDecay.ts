import type { Context, Experiment } from '@core/registry';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { slots } from '../experiments/slots.js';
import { weightDecay, type WeightDecayProblem } from '../experiments/weightDecay.js';
import type { Point } from '../problem.js';

export async function create(
  { dataset, model, ...options }: Config<'weightDecay'>,
  context: Context,
): Promise<Experiment<WeightDecayProblem, Point<Tree, Tree>>> {
  return weightDecay({
    ...options,
    ...(await slots({ dataset, ...(model === undefined ? {} : { model }) }, context)),
  });
}
