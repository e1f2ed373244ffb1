import type { Context, Experiment } from '@core/registry';
import type { Tensor } from '@core/tensor';
import type { Config } from '../configs.js';
import { svm, type SvmProblem, type SvmVariable } from '../experiments/svm.js';
import type { Point } from '../problem.js';

export async function create(
  { dataset, ...options }: Config<'svm'>,
  context: Context,
): Promise<Experiment<SvmProblem, Point<Tensor, SvmVariable>>> {
  return svm({ ...options, dataset: await context.use(dataset, 'dataset') });
}
