import { recipeOf, setByPath } from '@core/registry';

/**
 * Plain data in which every `{ shareOfSteps: s }` is s times the steps, at least 1: schedules that end with training, whatever
 * the workload.
 */
export function withBudget(value: unknown, steps: number): unknown {
  if (Array.isArray(value)) return value.map((item) => withBudget(item, steps));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === 'shareOfSteps' && typeof only[1] === 'number')
    return Math.max(1, Math.round(only[1] * steps));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withBudget(inner, steps)]));
}

/** An optimizer's spec with the values of a search at their paths. */
export function withPoint(spec: unknown, point: Readonly<Record<string, unknown>>): unknown {
  const whole = typeof spec === 'string' ? { use: spec } : spec;
  return Object.entries(point).reduce(
    (recipe, [path, value]) => setByPath(recipe, `${path}=${JSON.stringify(value)}`),
    recipeOf(whole),
  ).data;
}
