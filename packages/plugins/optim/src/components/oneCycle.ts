import type { Config } from '../configs.js';
import { oneCycle } from '../schedules/oneCycle.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'oneCycle'>): Schedule {
  return oneCycle(config);
}
