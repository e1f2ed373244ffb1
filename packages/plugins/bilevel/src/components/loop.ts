import type { Context } from '@core/registry';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { bilevelLoop, type BilevelLoopState } from '../solvers/bilevelLoop.js';
import type { BilevelSolver } from '../solvers/shared.js';

export async function create(
  { hypergradient, innerSteps, inner, outer, warmStart, precondition }: Config<'loop'>,
  context: Context,
): Promise<BilevelSolver<Tree, Tree, unknown, BilevelLoopState<Tree, Tree>>> {
  const [innerOptimizer, outerOptimizer] = [
    await context.use(inner, 'optimizer'),
    await context.use(outer, 'optimizer'),
  ];
  return bilevelLoop({
    hypergradient,
    innerSteps,
    ...(innerSteps > 0 ? { innerOptimizer } : {}),
    outerOptimizer,
    warmStart,
    precondition,
  });
}
