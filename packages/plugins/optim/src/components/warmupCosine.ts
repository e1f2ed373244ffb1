import type { Config } from '../configs.js';
import { warmupCosine } from '../schedules/warmupCosine.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'warmupCosine'>): Schedule {
  return warmupCosine(config);
}
