import type { Config } from '../configs.js';
import { relativeStep } from '../schedules/relativeStep.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'relativeStep'>): Schedule {
  return relativeStep(config);
}
