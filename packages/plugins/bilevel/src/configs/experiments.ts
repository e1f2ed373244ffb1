import { z } from 'zod';
import { above0, atLeast0, component, count } from './fields.js';

export const multiBlockAuc = z.strictObject({
  dataset: component('dataset').describe('Pictures in classes, with the splits train, validation and test.'),
  corrupted: z
    .number()
    .min(0)
    .lt(1)
    .default(0.4)
    .describe('Share of the training labels that are made the next class.'),
  pool: count(4, 'Side of the squares of pixels that become one feature.'),
  ridge: above0(0.01, 'Weight of the squares in the classifiers.'),
  batchSize: count(64, 'Training examples of a class and step, and validation examples of each sign.'),
});

const classes = component('dataset').describe('With classes, and the splits train, validation and test');
const model = component('model')
  .exactOptional()
  .describe('What is trained; softmax regression where it is left out');
const batchSize = z
  .int()
  .positive()
  .exactOptional()
  .describe('Examples in a batch; all where it is left out.');
const trainingSteps = (value: number) => count(value, 'Steps in which models are trained to be judged.');

export const hyperCleaning = z.strictObject({
  dataset: classes,
  model,
  corrupted: z.number().min(0).max(1).default(0.5).describe('Share of training labels that are wrong.'),
  groups: z
    .int()
    .positive()
    .exactOptional()
    .describe('Sources of labels, each with one weight; else one an example.'),
  ridge: atLeast0(0.001, 'Factor of the squared parameters at the lower level.'),
  batchSize,
  trainingSteps: trainingSteps(300),
});

export const weightDecay = z.strictObject({
  dataset: classes,
  model,
  per: z.enum(['parameter', 'tensor']).default('parameter').describe('What has a decay of its own.'),
  start: z.number().default(-7).describe('Logarithm of every decay at the start.'),
  range: z
    .tuple([z.number(), z.number()])
    .default([-14, 2])
    .describe('What logarithms of decays are kept between.'),
  grid: z
    .array(z.number().positive())
    .min(1)
    .exactOptional()
    .describe('Single decays that are tried for reference.'),
  batchSize,
  trainingSteps: trainingSteps(300),
});

export const svm = z.strictObject({
  dataset: classes,
  classes: z
    .tuple([z.int().min(0), z.int().min(0)])
    .default([0, 1])
    .describe('Numbers of the two classes.'),
  corrupted: z.number().min(0).max(1).default(0).describe('Share of training labels that are flipped.'),
  start: z.number().default(0).describe('Logarithm of every weight at the start.'),
  projectionIterations: count(200, 'Iterations of the projection onto the constraints.'),
  grid: z
    .array(z.number())
    .min(1)
    .exactOptional()
    .describe('Single logarithms that are tried for reference.'),
  trainingSteps: trainingSteps(500),
});
