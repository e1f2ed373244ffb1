import { nested } from '@core/registry';
import { z } from 'zod';

/* Options of the components, as recipes write them: JSON, so functions and tensors are missing here. */

const optimizer = z.looseObject({ use: z.string() }).meta(nested('optimizer'));

const above0 = (value: number, text: string) => z.number().positive().default(value).describe(text);
const atLeast0 = (value: number, text: string) => z.number().min(0).default(value).describe(text);
const count = (value: number, text: string) => z.int().positive().default(value).describe(text);

const alpha = above0(1, 'Step of the series; below 2/L.');
const steps = {
  steps: count(1, 'Steps of the lower level.'),
  learningRate: z.number().positive().describe('Rate of those steps.'),
  checkpoint: z.boolean().default(false).describe('Keep a root of the iterates, compute the others again.'),
};

const method = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('exact') }),
    z.strictObject({
      method: z.literal('cg'),
      iterations: count(1, 'Products with the Hessian.'),
      tolerance: atLeast0(1e-12, 'Relative residual that is enough.'),
    }),
    z.strictObject({ method: z.literal('neumann'), iterations: z.int().min(0).default(1), alpha }),
    z.strictObject({ method: z.literal('fixedPoint'), iterations: z.int().min(0).default(1), alpha }),
    z.strictObject({ method: z.literal('identity'), alpha }),
    z.strictObject({
      method: z.literal('darts'),
      radius: above0(0.01, 'Length of the difference.'),
      learningRate: above0(1, 'Factor of the second term: the inner rate for an unrolled step.'),
    }),
    z.strictObject({ method: z.literal('sama'), radius: above0(1, 'Length of the difference.') }),
    z.strictObject({ method: z.literal('unroll'), ...steps }),
    z.strictObject({
      method: z.literal('truncated'),
      ...steps,
      window: count(1, 'Steps differentiated through.'),
    }),
  ])
  .default({ method: 'darts', radius: 0.01, learningRate: 1 })
  .describe('How the hypergradient is found.');

const loop = z.strictObject({
  hypergradient: method,
  innerSteps: z.int().min(0).default(1).describe('Steps of the lower level before each hypergradient.'),
  inner: optimizer.describe('The optimizer of the lower level.'),
  outer: optimizer.describe('The optimizer of the upper level.'),
  warmStart: z.boolean().default(true).describe('Go on from the last lower variable.'),
});

const stocBiO = z.strictObject({
  learningRate: above0(0.1, 'Rate of the upper level.'),
  innerSteps: count(10, 'Steps of SGD at the lower level.'),
  innerLearningRate: above0(0.1, 'Rate of those steps.'),
  iterations: z.int().min(0).default(3).describe('Factors of the Neumann series.'),
  eta: above0(0.1, 'Step of the series, below 1/L.'),
});

const f2sa = z.strictObject({
  learningRate: above0(0.01, 'Rate of y.'),
  innerLearningRate: above0(0.1, 'Rate of z, which follows the lower level alone.'),
  ratio: above0(0.1, 'Rate of x, over that of y.'),
  lambda: above0(1, 'Penalty at the start.'),
  growth: atLeast0(0.01, 'What the penalty grows by at each step.'),
});

const bome = z.strictObject({
  learningRate: above0(0.01, 'Rate of both variables.'),
  innerSteps: count(10, 'Steps of the lower level.'),
  innerLearningRate: above0(0.1, 'Rate of those steps.'),
  eta: atLeast0(0.5, 'How fast the lower level must improve.'),
});

const lvHba = z.strictObject({
  gamma1: above0(10, 'Proximal constant of the lower variable.'),
  gamma2: above0(0.1, 'Proximal constant of the multipliers.'),
  alpha: above0(0.008, 'Step of both variables.'),
  beta: above0(0.02, 'Step of the multipliers that are followed.'),
  eta: above0(0.03, 'Step of the saddle point.'),
  penalty: above0(1, 'c of the penalty c (k + 1)^p.'),
  power: z.number().min(0).lt(0.5).default(0.3).describe('p of the penalty.'),
  bound: above0(1000, 'The most that a multiplier may be.'),
});

const share = (value: number, text: string) => z.number().positive().max(1).default(value).describe(text);

const penalty = z
  .strictObject({
    mode: z.enum(['double', 'single']).default('single').describe('How the lower problems are followed.'),
    sigma: above0(0.1, 'Weight of the upper level in the lower problem.'),
    alpha: z.number().positive().nullable().default(null).describe('Step of x; null for 0.02 sigma.'),
    gamma: above0(0.1, 'Step of the lower problems.'),
    beta: share(0.5, 'How far to go towards the proximal points.'),
    rho: z.number().positive().nullable().default(1).describe('Proximal constant; null for none.'),
    innerSteps: count(1, 'Steps of the lower problems, with mode double.'),
    momentum: share(1, 'Share of the new gradient in the estimates, with mode single; 1 for no momentum.'),
  })
  .describe('Descent on the penalised hyper-objective.');

const msvr = (text: string) => z.number().positive().max(0.9).default(0.1).describe(text);

const bsvrb = z.strictObject({
  version: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('1 follows Hessians, 2 products with their inverses.'),
  sampled: z.int().positive().nullable().default(null).describe('Blocks of a step; null for all.'),
  alpha: msvr('Weight of new lower gradients.'),
  alphaBar: msvr('Weight of new Hessians or residuals.'),
  tau: above0(0.1, 'Step of the lower variables.'),
  tauBar: above0(0.1, 'Step of the products with inverse Hessians.'),
  eta: above0(0.02, 'Step of the upper variable.'),
  beta: z.number().min(0).max(1).default(0.1).describe('Weight of new outer gradients.'),
  lambdaMin: above0(0.01, 'Least eigenvalue of Hessians.'),
  vRadius: above0(1000, 'Radius of the ball for products with inverse Hessians.'),
});

const schedule = (value: 'cosine' | 'step', text: string) =>
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
  schedule: schedule('cosine', "How the weights' rate falls; step: a tenth from half, a hundredth from 3/4."),
};

const bip = z.strictObject({
  ...pruningOptions,
  maskLearningRate: above0(0.1, 'Rate of the scores.'),
  implicitCoefficient: atLeast0(1e-4, "1/gamma in the mask's gradient."),
  firstOrderOnly: z.boolean().default(false).describe('Leave the implicit part out.'),
  implicitTerm: z
    .enum(['derived', 'released'])
    .default('derived')
    .describe("The paper's implicit part, or that of the published code."),
  sharedScores: z.boolean().default(false).describe('Scores are the weights, as in the published code.'),
  maskSchedule: schedule('step', "How the scores' rate falls."),
  maskMilestones: z
    .array(z.number().min(0).max(1))
    .default([0.75, 0.9])
    .describe('Shares of the steps from which it is a tenth of what it was, ascending.'),
});

const magnitudePruning = z.strictObject({
  ...pruningOptions,
  rounds: count(1, 'Rounds of pruning and training; steps must be a multiple.'),
  rewind: z.boolean().default(false).describe('Each round trains from early weights again.'),
});

const component = <K extends 'dataset' | 'model' | 'loss'>(kind: K, text: string) =>
  z.looseObject({ use: z.string() }).meta(nested(kind)).describe(text);

const pruning = z.strictObject({
  dataset: component('dataset', 'Classes to be told apart, with the splits train and test.'),
  model: component('model', 'The network.'),
  loss: component('loss', 'What it is trained by.'),
  denseEpochs: count(15, 'Passes over the data that make the dense network.'),
  finetuneEpochs: count(20, 'Passes that each solution is trained on for, under its mask.'),
  learningRate: above0(0.05, 'Rate of both; it falls along half a cosine.'),
  batchSize: count(128, 'Examples of a batch.'),
  randomKeep: z.number().positive().max(1).default(0.05).describe('Fraction that the random mask keeps.'),
});

export const configs = {
  loop,
  stocBiO,
  f2sa,
  bome,
  lvHba,
  penalty,
  bsvrb,
  bip,
  magnitudePruning,
  pruning,
};

/** A component's options, defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
