import type { Config } from '../configs.js';
import { exponential } from '../schedules/exponential.js';
import type { Schedule } from '../types.js';

export function create({ bound, ...rest }: Config<'exponential'>): Schedule {
  return exponential(bound === null ? rest : { ...rest, bound });
}
