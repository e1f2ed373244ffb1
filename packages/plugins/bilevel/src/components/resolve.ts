import { isSpec, type Context, type Schedule } from '@core/registry';

/** A config whose schedules are made; what is null in a recipe is absent among a solver's options. */
export type Resolved<C> = {
  [K in keyof C as null extends C[K] ? never : K]: Made<C[K]>;
} & { [K in keyof C as null extends C[K] ? K : never]?: Made<Exclude<C[K], null>> };

type Made<V> = Extract<V, { use: string }> extends never ? V : Exclude<V, { use: string }> | Schedule;

/** Makes every schedule that a config names, and leaves out what is null. */
export async function resolved<C extends object>(config: C, context: Context): Promise<Resolved<C>> {
  const entries = Object.entries(config)
    .filter(([, value]) => value !== null)
    .map(
      async ([name, value]: [string, unknown]) =>
        [name, isSpec(value) ? await context.use(value, 'schedule') : value] as const,
    );
  return Object.fromEntries(await Promise.all(entries)) as Resolved<C>; // the same keys, or fewer
}
