import type { Context } from '@core/registry';
import { skipNonFinite } from '../compose/skipNonFinite.js';
import type { Config } from '../configs.js';
import type { Optimizer } from '../types.js';
import { withoutNulls } from './resolve.js';

export async function create(
  { inner, ...options }: Config<'skipNonFinite'>,
  context: Context,
): Promise<Optimizer> {
  return skipNonFinite(await context.use(inner, 'optimizer'), withoutNulls(options));
}
