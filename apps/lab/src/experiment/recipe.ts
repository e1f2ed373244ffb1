import { defineRecipeSchema, type Recipe, type ResolvedRecipe } from '@core/registry';
import { z } from 'zod';
import { seedOf, words } from '../recipe/words.js';
import { LabError } from '../errors.js';

const count = z.int().positive();

/** Settings of an experiment besides its components. */
const settings = z.strictObject({
  ...words,
  steps: z
    .union([count, z.record(z.string(), count)])
    .default(1000)
    .describe('The most steps of each solver; a map gives them by name, where a step is not alike for all'),
  every: z
    .union([count, z.record(z.string(), count)])
    .optional()
    .describe('Steps between two points of the curves. Default: a fortieth of the steps'),
  seed: seedOf('of the problem, and of the solvers'),
});

/** What a recipe of solvers consists of: an experiment, and the solvers that are compared on it. */
export const experimentRecipe = defineRecipeSchema({
  slots: {
    experiment: { kind: 'experiment', required: true },
    solvers: { kind: 'solver', list: true, required: true, singular: 'solver' },
  },
  settings,
});

export type ExperimentSettings = z.output<typeof settings>;
export type ExperimentPlan = ResolvedRecipe<typeof experimentRecipe>;

/** Whether a recipe compares solvers. */
export function isExperiment({ data }: Recipe): boolean {
  return ['experiment', 'solvers', 'solver'].some((key) => Object.hasOwn(data, key));
}

/** Steps that a solver may take, and those between two entries of its curves. */
export interface SolverSteps {
  readonly steps: number;
  readonly every: number;
}

/**
 * The steps of each solver, by its name.
 *
 * @throws LabError `USAGE` where a map leaves a solver out, or names one that is not there
 */
export function stepsOf({ settings, slots }: ExperimentPlan): Readonly<Record<string, SolverSteps>> {
  const names = slots.solvers.map(({ name }) => name);
  for (const key of ['steps', 'every'] as const) {
    const value = settings[key];
    if (typeof value !== 'object') continue;
    const unknown = Object.keys(value).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new LabError('USAGE', `${key} names ${unknown.join(', ')}; the solvers are ${names.join(', ')}`);
    const missing = names.filter((name) => value[name] === undefined);
    if (key === 'steps' && missing.length > 0)
      throw new LabError('USAGE', `steps has no number for ${missing.join(', ')}`);
  }
  const of = (value: ExperimentSettings['every'], name: string): number | undefined =>
    typeof value === 'object' ? value[name] : value;
  return Object.fromEntries(
    names.map((name) => {
      const steps = of(settings.steps, name) ?? 1; // checked above
      return [name, { steps, every: Math.min(steps, of(settings.every, name) ?? Math.ceil(steps / 40)) }];
    }),
  );
}
