import { isSpec, type Context, type Optimizer } from '@core/registry';
import type { Config } from '../configs.js';
import { riemannianSgd } from '../riemannianSgd.js';

export async function create(
  { learningRate, rest, ...options }: Config<'riemannianSgd'>,
  context: Context,
): Promise<Optimizer> {
  const rate = isSpec(learningRate) ? await context.use(learningRate, 'schedule') : Number(learningRate);
  const other = rest === undefined ? {} : { rest: await context.use(rest, 'optimizer') };
  return riemannianSgd({ ...options, ...other, learningRate: rate });
}
