import type { Config } from '../configs.js';
import { polynomial } from '../schedules/polynomial.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'polynomial'>): Schedule {
  return polynomial(config);
}
