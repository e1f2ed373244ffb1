import type { Config } from '../configs.js';
import { linear } from '../schedules/polynomial.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'linear'>): Schedule {
  return linear(config);
}
