import { isSpec, type Context, type Optimizer, type Spec } from '@core/registry';
import { signum } from './signum.js';

/** What the registry loads when a recipe names `sign/signum`. */
export async function create(
  { learningRate, momentum }: { readonly learningRate: number | Spec; readonly momentum: number },
  context: Context,
): Promise<Optimizer> {
  const rate = isSpec(learningRate) ? await context.use(learningRate, 'schedule') : learningRate;
  return signum({ learningRate: rate, momentum });
}
