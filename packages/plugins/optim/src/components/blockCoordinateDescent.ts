import type { Solver } from '@core/registry';
import type { Tensor } from '@core/tensor';
import { blockSolver, type BlockState } from '../blocks/blockSolver.js';
import type { BlockProblem } from '../blocks/problem.js';
import type { Config } from '../configs.js';

export function create(
  config: Config<'blockCoordinateDescent'>,
): Solver<BlockProblem, BlockState, { x: Tensor }> {
  return blockSolver(config);
}
