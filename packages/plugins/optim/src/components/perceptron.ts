import type { Config } from '../configs.js';
import { perceptron, type PerceptronState } from '../solvers/perceptron.js';
import type { SeparationSolver } from '../solvers/separation.js';

export function create(config: Config<'perceptron'>): SeparationSolver<PerceptronState> {
  return perceptron(config);
}
