import type { Config } from '../configs.js';
import { cosine } from '../schedules/cosine.js';
import type { Schedule } from '../types.js';

export function create(config: Config<'cosine'>): Schedule {
  return cosine(config);
}
