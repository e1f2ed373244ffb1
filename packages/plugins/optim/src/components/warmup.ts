import { isSpec, type Context } from '@core/registry';
import type { Config } from '../configs.js';
import { warmup } from '../schedules/join.js';
import type { Schedule } from '../types.js';

export async function create(
  { schedule, steps, from }: Config<'warmup'>,
  context: Context,
): Promise<Schedule> {
  return warmup(isSpec(schedule) ? await context.use(schedule, 'schedule') : schedule, { steps, from });
}
