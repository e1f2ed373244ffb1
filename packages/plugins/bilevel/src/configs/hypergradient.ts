import { z } from 'zod';
import { above0, atLeast0, count } from './fields.js';

const alpha = above0(1, 'Step of the series; below 2/L.');
const steps = {
  steps: count(1, 'Steps of the lower level.'),
  learningRate: z.number().positive().describe('Rate of those steps.'),
};
const through = {
  ...steps,
  checkpoint: z.boolean().default(false).describe('Keep a root of the iterates, compute the others again.'),
  mode: z.enum(['reverse', 'forward']).default('reverse').describe('forward where x is small.'),
};
const nudge = z
  .boolean()
  .default(false)
  .describe('Leave the lower variable moved along the outer direction.');

export const method = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('exact') }),
    z.strictObject({
      method: z.literal('cg'),
      iterations: count(1, 'Products with the Hessian.'),
      tolerance: atLeast0(1e-12, 'Relative residual that is enough.'),
      indefinite: z.enum(['throw', 'stop']).default('throw').describe('At directions without curvature.'),
    }),
    z.strictObject({ method: z.literal('neumann'), iterations: z.int().min(0).default(1), alpha }),
    z.strictObject({ method: z.literal('fixedPoint'), iterations: z.int().min(0).default(1), alpha }),
    z.strictObject({ method: z.literal('identity'), alpha }),
    z.strictObject({
      method: z.literal('darts'),
      radius: above0(0.01, 'Length of the difference.'),
      learningRate: above0(1, 'Factor of the second term: the inner rate for an unrolled step.'),
      nudge,
    }),
    z.strictObject({ method: z.literal('sama'), radius: above0(1, 'Length of the difference.'), nudge }),
    z.strictObject({ method: z.literal('unroll'), ...through }),
    z.strictObject({
      method: z.literal('truncated'),
      ...through,
      window: count(1, 'Steps differentiated through.'),
    }),
    z.strictObject({
      method: z.literal('f2sa'),
      ...steps,
      lambda: above0(100, 'Penalty of the lower level.'),
    }),
    z.strictObject({
      method: z.literal('bome'),
      steps: count(10, 'Steps of the lower level.'),
      learningRate: above0(0.1, 'Rate of those steps.'),
      eta: atLeast0(0.5, 'How fast the lower level must improve.'),
      lowerRate: atLeast0(0, 'Rate of the lower variable along its part of the direction.'),
    }),
  ])
  .default({ method: 'darts', radius: 0.01, learningRate: 1, nudge: false })
  .describe('How the hypergradient is found.');
