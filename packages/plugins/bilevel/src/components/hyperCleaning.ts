import type { Context, Experiment } from '@core/registry';
import type { Tensor, Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { hyperCleaning, type CleaningProblem } from '../experiments/hyperCleaning.js';
import { slots } from '../experiments/slots.js';
import type { Point } from '../problem.js';

export async function create(
  { dataset, model, ...options }: Config<'hyperCleaning'>,
  context: Context,
): Promise<Experiment<CleaningProblem, Point<Tensor, Tree>>> {
  return hyperCleaning({
    ...options,
    ...(await slots({ dataset, ...(model === undefined ? {} : { model }) }, context)),
  });
}
