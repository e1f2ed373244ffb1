import { isSpec, type Context } from '@core/registry';
import type { Mask, Schedule } from '../types.js';

/** A config whose schedules are made. */
export type WithSchedules<C> = {
  [K in keyof C]: Extract<C[K], { use: string }> extends never
    ? C[K]
    : Exclude<C[K], { use: string }> | Schedule;
};

/** Makes every schedule that a config names. */
export async function withSchedules<C extends object>(
  config: C,
  context: Context,
): Promise<WithSchedules<C>> {
  const entries = Object.entries(config).map(
    async ([name, value]: [string, unknown]) =>
      [name, isSpec(value) ? await context.use(value, 'schedule') : value] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as WithSchedules<C>; // the same keys
}

/** What a recipe's `weightDecayOn` stands for. */
export function decayMask(on: 'all' | 'matrices'): Mask {
  return on === 'all' ? true : (_path, param) => param.ndim >= 2;
}

/** What a config leaves to the problem is null in a recipe, and absent among a solver's options. */
export function withoutNulls<C extends object>(config: C): { [K in keyof C]?: Exclude<C[K], null> } {
  const given = Object.entries(config).filter(([, value]) => value !== null);
  return Object.fromEntries(given) as { [K in keyof C]?: Exclude<C[K], null> }; // the same keys, or fewer
}
