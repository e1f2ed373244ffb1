import { z } from 'zod';
import { above0, atLeast0, component, count, rate, schedule } from './fields.js';
import { method } from './hypergradient.js';

export const loop = z.strictObject({
  hypergradient: method,
  innerSteps: z.int().min(0).default(1).describe('Steps of the lower level before each hypergradient.'),
  inner: component('optimizer').describe('The optimizer of the lower level.'),
  outer: component('optimizer').describe('The optimizer of the upper level.'),
  warmStart: z.boolean().default(true).describe('Go on from the last lower variable.'),
  precondition: z
    .enum(['method', 'innerStep'])
    .default('method')
    .describe('With sama: innerStep for the derivative of the last inner step.'),
});

export const stocBiO = z.strictObject({
  learningRate: above0(0.1, 'Rate of the upper level.'),
  innerSteps: count(10, 'Steps of SGD at the lower level.'),
  innerLearningRate: above0(0.1, 'Rate of those steps.'),
  iterations: z.int().min(0).default(3).describe('Factors of the Neumann series.'),
  eta: above0(0.1, 'Step of the series, below 1/L.'),
});

export const f2sa = z.strictObject({
  learningRate: rate(0.01, 'Rate of y.'),
  innerLearningRate: rate(0.1, 'Rate of z, which follows the lower level alone.'),
  ratio: above0(0.1, 'Rate of x, over that of y.'),
  lambda: rate(1, 'Penalty at the start, or a schedule of it.'),
  growth: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('What the penalty grows by at each step; null for 0.01, or 0 with a schedule.'),
});

export const bome = z.strictObject({
  learningRate: above0(0.01, 'Rate of both variables.'),
  ratio: above0(1, 'Rate of x, over that of y.'),
  innerSteps: count(10, 'Steps of the lower level.'),
  innerLearningRate: above0(0.1, 'Rate of those steps.'),
  eta: atLeast0(0.5, 'How fast the lower level must improve.'),
});

export const lvHba = z.strictObject({
  gamma1: above0(10, 'Proximal constant of the lower variable.'),
  gamma2: above0(0.1, 'Proximal constant of the multipliers.'),
  alpha: above0(0.008, 'Step of both variables.'),
  beta: above0(0.02, 'Step of the multipliers that are followed.'),
  eta: above0(0.03, 'Step of the saddle point.'),
  penalty: above0(1, 'c of the penalty c (k + 1)^p.'),
  power: z.number().min(0).max(0.5).default(0.3).describe('p of the penalty.'),
  bound: above0(1000, 'The most that a multiplier may be.'),
  lambda0: z.number().default(0).describe('Multipliers at the start.'),
  z0: z.number().default(0).describe('The multipliers that are followed, at the start.'),
});

const share = (value: number, text: string) =>
  z
    .union([z.number().positive().max(1), schedule])
    .default(value)
    .describe(text);

export const penalty = z
  .strictObject({
    mode: z.enum(['double', 'single']).default('single').describe('How the lower problems are followed.'),
    sigma: rate(0.1, 'Weight of the upper level in the lower problem.'),
    alpha: z
      .union([z.number().positive(), schedule, z.null()])
      .default(null)
      .describe('Step of x; null for 0.02 sigma.'),
    gamma: rate(0.1, 'Step of the lower problems.'),
    beta: share(0.5, 'How far to go towards the proximal points.'),
    rho: z.number().positive().nullable().default(1).describe('Proximal constant; null for none.'),
    innerSteps: count(1, 'Steps of the lower problems, with mode double.'),
    momentum: share(1, 'Share of the new gradient in the estimates, with mode single; 1 for no momentum.'),
  })
  .describe('Descent on the penalised hyper-objective.');

const msvr = (text: string) =>
  z
    .union([z.number().positive().max(0.9), schedule])
    .default(0.1)
    .describe(text);

export const bsvrb = z.strictObject({
  version: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('1 follows Hessians, 2 products with their inverses.'),
  sampled: z.int().positive().nullable().default(null).describe('Blocks of a step; null for all.'),
  alpha: msvr('Weight of new lower gradients.'),
  alphaBar: msvr('Weight of new Hessians or residuals.'),
  tau: rate(0.1, 'Step of the lower variables.'),
  tauBar: rate(0.1, 'Step of the products with inverse Hessians.'),
  eta: rate(0.02, 'Step of the upper variable.'),
  beta: z
    .union([z.number().min(0).max(1), schedule])
    .default(0.1)
    .describe('Weight of new outer gradients.'),
  gamma: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('Weight of changes in the estimates; null for the unbiased one.'),
  lambdaMin: above0(0.01, 'Least eigenvalue of Hessians.'),
  vRadius: above0(1000, 'Radius of the ball for products with inverse Hessians.'),
});

export const powerLaw = z.strictObject({
  value: z.number().describe('Value at step 0.'),
  exponent: z.number().describe('Power of the step that it falls by; negative ones grow.'),
  offset: above0(1, 'Steps before it begins to fall.'),
});
