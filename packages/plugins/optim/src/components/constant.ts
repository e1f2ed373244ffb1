import type { Config } from '../configs.js';
import { constant } from '../schedules/constant.js';
import type { Schedule } from '../types.js';

export function create({ value }: Config<'constant'>): Schedule {
  return constant(value);
}
