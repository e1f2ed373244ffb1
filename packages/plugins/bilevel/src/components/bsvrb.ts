import type { IterativeSolver } from '@core/registry/solve';
import type { Tree } from '@core/tensor';
import { bsvrb, type BsvrbState } from '../blocks/bsvrb.js';
import type { BlockProblem } from '../blocks/problem.js';
import type { Config } from '../configs.js';
import type { Point } from '../problem.js';
import type { BilevelMeasure } from '../solvers/shared.js';

export function create({
  sampled,
  ...others
}: Config<'bsvrb'>): IterativeSolver<
  BlockProblem<Tree, Tree>,
  BsvrbState<Tree, Tree>,
  Point<Tree, Tree>,
  BilevelMeasure
> {
  return bsvrb({ ...others, ...(sampled === null ? {} : { sampled }) });
}
