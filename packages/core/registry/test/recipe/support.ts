import { z } from 'zod';
import { defineRecipeSchema } from '../../src/index.js';

/** What the recipes of a training app may look like. */
export const training = defineRecipeSchema({
  slots: {
    dataset: { kind: 'dataset', required: true },
    schedule: { kind: 'schedule' },
    optimizers: { kind: 'optimizer', list: true, required: true, singular: 'optimizer' },
  },
  settings: z.object({
    title: z.string().default('A run'),
    epochs: z.int().positive().default(5),
    seed: z.int().default(0),
  }),
});

/** A recipe with nothing wrong in it. */
export const good = `# Two optimizers on one data set.
title: Race
epochs: 2
dataset: { use: toy/digits, train: 4 }
optimizers:
  - { name: slow, use: toy/sgd, learningRate: 1e-3 }
  - use: toy/wrapped
    inner:
      use: toy/sgd
      learningRate:
        use: toy/decay
        factor: 0.5
`;
