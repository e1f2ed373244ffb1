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
  ratio: above0(1, 'Rate of x, over that of y.'),
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

const classes = z
  .looseObject({ use: z.string() })
  .meta(nested('dataset'))
  .describe('With classes, and the splits train, validation and test');
const model = z
  .looseObject({ use: z.string() })
  .meta(nested('model'))
  .exactOptional()
  .describe('What is trained; softmax regression where it is left out');
const batchSize = z
  .int()
  .positive()
  .exactOptional()
  .describe('Examples in a batch; all where it is left out.');
const trainingSteps = (value: number) => count(value, 'Steps in which models are trained to be judged.');

const hyperCleaning = z.strictObject({
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

const weightDecay = z.strictObject({
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

const svm = z.strictObject({
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

export const configs = { loop, stocBiO, f2sa, bome, lvHba, penalty, bsvrb, hyperCleaning, weightDecay, svm };

/** A component's options, defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
