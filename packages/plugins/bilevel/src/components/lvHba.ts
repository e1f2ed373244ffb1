import type { IterativeSolver } from '@core/registry/solve';
import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import type { BilevelProblem, Point } from '../problem.js';
import { lvHba, type LvHbaMeasure, type LvHbaState } from '../solvers/lvHba.js';

export function create(
  config: Config<'lvHba'>,
): IterativeSolver<BilevelProblem<Tree, Tree>, LvHbaState<Tree, Tree>, Point<Tree, Tree>, LvHbaMeasure> {
  return lvHba(config);
}
