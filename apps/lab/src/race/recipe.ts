import { defineRecipeSchema } from '@core/registry';
import { z } from 'zod';
import { seedOf, words } from '../recipe/words.js';

const component = z.union([z.string().min(1), z.looseObject({ use: z.string().min(1) })]);
const name = z.string().trim().min(1);
const count = z.int().positive();

const metric = component
  .default('loss')
  .describe('What decides on the validation split: a metric component, or loss for the mean loss');
const target = z.number().describe('Value of the metric that counts as learned');
const batchSize = count.default(64).describe('Examples in a training step');
const maxSteps = count.describe('Steps that training may take; shares of steps in submissions are of this');
const maxSeconds = z
  .number()
  .positive()
  .optional()
  .describe('Seconds of training allowed, with clock: seconds');
const evaluateEvery = count.describe('Steps between two evaluations');

/** Options of a component that take the place of the base workload's, or a whole component with `use`. */
const changed = z.union([z.string().min(1), z.looseObject({})]).optional();

const variant = z.strictObject({
  name: name.optional().describe("Default: the workload's name and -variant"),
  target,
  dataset: changed.describe('Options of the dataset that differ'),
  model: changed.describe('Options of the model that differ, such as another width'),
  loss: changed.describe('Options of the loss that differ'),
  metric: component.optional().describe('Another metric'),
  batchSize: count.optional(),
  maxSteps: count.optional(),
  maxSeconds,
  evaluateEvery: count.optional(),
});

const workload = z.strictObject({
  name: name.describe('A short name, for tables'),
  dataset: component.describe('What is learned'),
  model: component.describe('What learns'),
  loss: component.describe('What is minimised'),
  metric,
  target,
  batchSize,
  maxSteps,
  maxSeconds,
  evaluateEvery,
  variant: variant
    .optional()
    .describe(
      'A held-out variant: a submission gets credit for the workload only if it reaches this target too',
    ),
});

const dimension = z.union([
  z.strictObject({
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).default('linear').describe('log spreads points evenly over decades'),
  }),
  z.strictObject({ values: z.array(z.unknown()).min(1) }),
]);

const submission = z.strictObject({
  name: name.describe('A short name, for tables'),
  optimizer: component.describe(
    'The optimizer; { shareOfSteps: 0.1 } stands for a tenth of the maxSteps of each workload',
  ),
  search: z
    .record(z.string(), dimension)
    .optional()
    .describe(
      'Where to look for its options, by their paths, such as learningRate.peak. Default: none, one trial a study',
    ),
});

const settings = z.strictObject({
  ...words,
  ruleset: z
    .enum(['external', 'self'])
    .default('external')
    .describe(
      'external: each study tries some points of the search; self: no search, and half as many steps more',
    ),
  clock: z
    .enum(['steps', 'seconds'])
    .default('steps')
    .describe('Which time is scored; both are measured. Only steps are the same every time'),
  studies: count.default(1).describe('Repetitions with other seeds; the median over them counts'),
  trials: count.default(5).describe('Points of the search in each study; the fastest counts'),
  seed: seedOf('parameters, batches, points of the search'),
  rMax: z.number().gt(1).default(4).describe('Who takes longer than so many times the best gets no credit'),
  reference: name.optional().describe('Submission that ratios are to. Default: the best on each workload'),
  evaluateOn: z.enum(['validation', 'test']).default('validation').describe('Split that targets are of'),
  evaluationBatchSize: count.default(500).describe('Examples measured at once'),
  workloads: z.array(workload).min(1).describe('What is to be learned, and how well'),
  submissions: z.array(submission).min(1).describe('The training algorithms that are compared'),
});

/**
 * What a race consists of: workloads with targets, and submissions that are to reach them. Its components stand inside of
 * lists, so all of it is settings for the registry; `planRace` checks the components.
 */
export const raceRecipe = defineRecipeSchema({ slots: {}, settings });

export type RaceSettings = z.output<typeof settings>;
export type WorkloadSettings = RaceSettings['workloads'][number];
export type SubmissionSettings = RaceSettings['submissions'][number];
