import type { Context } from '@core/registry';
import type { IterativeSolver } from '@core/registry/solve';
import type { Tree } from '@core/tensor';
import { bsvrb, type BsvrbState } from '../blocks/bsvrb.js';
import type { BlockProblem } from '../blocks/problem.js';
import type { Config } from '../configs.js';
import type { Point } from '../problem.js';
import type { BilevelMeasure } from '../solvers/shared.js';
import { resolved } from './resolve.js';

export async function create(
  config: Config<'bsvrb'>,
  context: Context,
): Promise<
  IterativeSolver<BlockProblem<Tree, Tree>, BsvrbState<Tree, Tree>, Point<Tree, Tree>, BilevelMeasure>
> {
  return bsvrb(await resolved(config, context));
}
