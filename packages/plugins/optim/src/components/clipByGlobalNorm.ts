import type { Context } from '@core/registry';
import { chain } from '../compose/chain.js';
import type { Config } from '../configs.js';
import { clipByGlobalNorm } from '../transforms/clip.js';
import type { Optimizer } from '../types.js';
import { withSchedules } from './resolve.js';

export async function create(
  { inner, ...rest }: Config<'clipByGlobalNorm'>,
  context: Context,
): Promise<Optimizer> {
  const { maxNorm } = await withSchedules(rest, context);
  return chain({ clip: clipByGlobalNorm(maxNorm), inner: await context.use(inner, 'optimizer') });
}
