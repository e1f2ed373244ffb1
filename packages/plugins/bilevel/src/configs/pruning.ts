import { z } from 'zod';
import { above0, atLeast0, component, count } from './fields.js';

const falling = (value: 'cosine' | 'step', text: string) =>
  z.enum(['cosine', 'step', 'constant']).default(value).describe(text);

const pruningOptions = {
  keep: z
    .number()
    .positive()
    .max(1)
    .describe('Fraction of the weights, or of filters or channels, that is kept.'),
  steps: z.int().positive().describe('Steps in all, over which rates fall.'),
  structure: z
    .enum(['unstructured', 'filter', 'channel'])
    .default('unstructured')
    .describe('What goes as one; filters and channels are those of convolutions.'),
  global: z.boolean().default(true).describe('One ranking of all layers together, or one for each.'),
  learningRate: above0(0.1, 'Rate of the weights.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum of the descent.'),
  weightDecay: atLeast0(1e-4, 'Added to the gradient, times the parameters.'),
  schedule: falling('cosine', "How the weights' rate falls; step: a tenth from half, a hundredth from 3/4."),
};

export const bip = z.strictObject({
  ...pruningOptions,
  maskLearningRate: above0(0.1, 'Rate of the scores.'),
  implicitCoefficient: atLeast0(1e-4, "1/gamma in the mask's gradient."),
  firstOrderOnly: z.boolean().default(false).describe('Leave the implicit part out.'),
  implicitTerm: z
    .enum(['derived', 'released'])
    .default('derived')
    .describe("The paper's implicit part, or that of the published code."),
  sharedScores: z.boolean().default(false).describe('Scores are the weights, as in the published code.'),
  maskSchedule: falling('step', "How the scores' rate falls."),
  maskMilestones: z
    .array(z.number().min(0).max(1))
    .default([0.75, 0.9])
    .describe('Shares of the steps from which it is a tenth of what it was, ascending.'),
});

export const magnitudePruning = z.strictObject({
  ...pruningOptions,
  rounds: count(1, 'Rounds of pruning and training; steps must be a multiple.'),
  rewind: z.boolean().default(false).describe('Each round trains from early weights again.'),
});

export const pruning = z.strictObject({
  dataset: component('dataset').describe('Classes to be told apart, with the splits train and test.'),
  model: component('model').describe('The network.'),
  loss: component('loss').describe('What it is trained by.'),
  denseEpochs: count(15, 'Passes over the data that make the dense network.'),
  finetuneEpochs: count(20, 'Passes that each solution is trained on for, under its mask.'),
  learningRate: above0(0.05, 'Rate of both; it falls along half a cosine.'),
  batchSize: count(128, 'Examples of a batch.'),
  randomKeep: z.number().positive().max(1).default(0.05).describe('Fraction that the random mask keeps.'),
});
