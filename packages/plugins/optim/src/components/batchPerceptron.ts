import type { Config } from '../configs.js';
import { batchPerceptron, type BatchPerceptronState } from '../solvers/batchPerceptron.js';
import type { SeparationSolver } from '../solvers/separation.js';

export function create(config: Config<'batchPerceptron'>): SeparationSolver<BatchPerceptronState> {
  return batchPerceptron(config);
}
