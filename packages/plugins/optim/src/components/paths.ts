import { isSpec, type Context, type Report, type Spec } from '@core/registry';
import type { Config } from '../configs.js';
import { pathsReport } from '../paths/report.js';

export function create({ optimizers, ...options }: Config<'paths'>, context: Context): Report {
  return pathsReport(
    (recipe) =>
      Promise.all(
        (optimizers.length > 0 ? optimizers : optimizersOf(recipe)).map(async ({ name, ...spec }) => {
          const optimizer = await context.use(spec, 'optimizer');
          return [typeof name === 'string' ? name : spec.use, optimizer] as const;
        }),
      ),
    options,
  );
}

/** The optimizers that a training recipe names. */
function optimizersOf(recipe: unknown): readonly Spec[] {
  const { optimizers } = (recipe ?? {}) as { readonly optimizers?: unknown };
  return Array.isArray(optimizers) ? optimizers.filter(isSpec) : [];
}
