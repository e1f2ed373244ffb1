import type { Schedule } from '@core/registry';
import type { Config } from '../configs.js';
import { powerLaw } from '../schedules/powerLaw.js';

export function create(config: Config<'powerLaw'>): Schedule {
  return powerLaw(config);
}
