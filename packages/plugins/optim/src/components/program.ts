import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import { checkProgram } from '../programs/inference.js';
import { programOptimizer } from '../programs/programOptimizer.js';
import type { Optimizer } from '../types.js';
import { withSchedules } from './resolve.js';

export async function create(config: Config<'program'>, context: Context): Promise<Optimizer> {
  const { program, ...options } = await withSchedules(config, context);
  if (typeof program === 'string') return programOptimizer(program, options);
  checkProgram('optim/program', program);
  return programOptimizer(program, options);
}
