import { isSpec, type Context } from '@core/registry';
import type { Config } from '../configs.js';
import { join } from '../schedules/join.js';
import type { Schedule } from '../types.js';

export async function create({ schedules, boundaries }: Config<'join'>, context: Context): Promise<Schedule> {
  const made = schedules.map(async (one) => (isSpec(one) ? context.use(one, 'schedule') : one));
  return join({ schedules: await Promise.all(made), boundaries });
}
