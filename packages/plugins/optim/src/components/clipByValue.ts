import type { Context } from '@core/registry';
import { chain } from '../compose/chain.js';
import type { Config } from '../configs.js';
import { clipByValue } from '../transforms/clip.js';
import type { Optimizer } from '../types.js';
import { withSchedules } from './resolve.js';

export async function create(
  { inner, ...rest }: Config<'clipByValue'>,
  context: Context,
): Promise<Optimizer> {
  const { maxValue } = await withSchedules(rest, context);
  return chain({ clip: clipByValue(maxValue), inner: await context.use(inner, 'optimizer') });
}
