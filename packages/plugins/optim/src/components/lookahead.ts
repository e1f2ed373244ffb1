import type { Context } from '@core/registry';
import { lookahead } from '../compose/lookahead.js';
import type { Config } from '../configs.js';
import type { Optimizer } from '../types.js';
import { withSchedules } from './resolve.js';

export async function create({ inner, ...rest }: Config<'lookahead'>, context: Context): Promise<Optimizer> {
  return lookahead(await context.use(inner, 'optimizer'), await withSchedules(rest, context));
}
