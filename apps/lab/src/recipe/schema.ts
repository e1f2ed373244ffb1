import { defineRecipeSchema } from '@core/registry';
import { z } from 'zod';
import { seedOf, words } from './words.js';

/** Settings of a run besides its components. */
const settings = z.strictObject({
  ...words,
  epochs: z.int().positive().default(5).describe('How often each training example is seen'),
  batchSize: z.int().positive().default(64).describe('Examples in a training step'),
  seed: seedOf('parameters, order of examples, dropout'),
  evaluateOn: z
    .enum(['test', 'validation'])
    .default('test')
    .describe('Split that is measured after each epoch'),
  evaluationBatchSize: z.int().positive().default(500).describe('Examples measured at once'),
  trainExamples: z.int().positive().optional().describe('Use only the first so many training examples'),
  testExamples: z.int().positive().optional().describe('Measure on only the first so many examples'),
  logEvery: z.int().positive().default(10).describe('Training steps between two lines of metrics'),
  startFrom: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of a checkpoint whose parameters every model starts from, relative to the recipe'),
});

/**
 * What a recipe of `lab run` consists of: the components of a supervised training run, and plain settings.
 *
 * Each optimizer trains a model of its own; all start from the same parameters and see the same batches.
 */
export const trainRecipe = defineRecipeSchema({
  slots: {
    dataset: { kind: 'dataset', required: true },
    model: { kind: 'model', required: true },
    loss: { kind: 'loss', required: true },
    metrics: { kind: 'metric', list: true, singular: 'metric' },
    optimizers: { kind: 'optimizer', list: true, required: true, singular: 'optimizer' },
    reports: { kind: 'report', list: true, singular: 'report' },
  },
  settings,
});

export type TrainSettings = z.output<typeof settings>;
