import type { Context } from '@core/registry';
import { accumulate } from '../compose/accumulate.js';
import type { Config } from '../configs.js';
import type { Optimizer } from '../types.js';

export async function create({ inner, every }: Config<'accumulate'>, context: Context): Promise<Optimizer> {
  return accumulate(await context.use(inner, 'optimizer'), every);
}
