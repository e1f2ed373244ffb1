import type { Config } from '../configs.js';
import { piecewise } from '../schedules/piecewise.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'piecewise'>): Schedule {
  return piecewise(config);
}
