import { z } from 'zod';
import { above0, atLeast0, component, count } from './fields.js';

const widths = (value: number[]) =>
  z.array(z.int().positive()).min(1).default(value).describe('Widths of hidden layers.');
const acyclicity = z
  .enum(['logdet', 'poly', 'expAbs', 'expSquare'])
  .default('logdet')
  .describe('The function whose slopes choose pairs.');
const size = (text: string) => z.int().positive().nullable().default(null).describe(text);

export const topo = z.strictObject({
  model: z.enum(['linear', 'mlp']).default('linear').describe('What a node is of the nodes before it.'),
  score: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('leastSquares') }),
      z.strictObject({ type: z.literal('ridge'), lambda: above0(0.01, 'Weight of half the squares.') }),
      z.strictObject({ type: z.literal('lasso'), alpha: above0(0.01, 'Weight of the absolute values.') }),
      z.strictObject({
        type: z.literal('logisticL1'),
        c: above0(0.1, 'Weight of the samples in a regression.'),
        penalty: z.enum(['official', 'fitted']).default('official').describe('1/C in the score, or 1/(Cn).'),
      }),
    ])
    .default({ type: 'leastSquares' })
    .describe('The score of a linear model.'),
  sizeSmall: size('Pairs tried at first; null for 100, or all.'),
  sizeLarge: size('Pairs of a large search; null for 400, or all.'),
  largeSearches: z.int().min(0).default(1).describe('Large searches that may succeed.'),
  acyclicity,
  scale: above0(1, 's of logdet.'),
  start: component('solver')
    .nullable()
    .default(null)
    .describe(
      'A solver whose order the search starts from; null for the start of the problem, or a random order.',
    ),
  startSteps: count(1000, 'The most steps of that solver.'),
  network: z
    .strictObject({
      hidden: widths([40]),
      lambda1: atLeast0(0.01, 'Weight of the absolute values of first-layer weights.'),
      lambda2: atLeast0(0.01, 'Weight of half the squares of all weights.'),
      lossType: z.enum(['l2', 'logl2']).default('l2').describe('Squared errors, or their logarithm.'),
      optimizer: component('optimizer').nullable().default(null).describe('What trains; null for L-BFGS.'),
      iterations: count(1000, 'The most iterations of a training.'),
      checkEvery: size('Iterations between checks; null for 160 with L-BFGS, 50 with an optimizer.'),
      tolerance: above0(0.01, 'Relative change between checks that ends a training.'),
      leastGain: atLeast0(0, 'What a trial must gain, as a share of the loss.'),
    })
    .prefault({})
    .describe('The networks of model mlp, and their training.'),
});

export const notears = z.strictObject({
  model: z.enum(['linear', 'mlp']).default('linear').describe('What a node is of the other nodes.'),
  lossType: z.enum(['l2', 'logistic']).default('l2').describe('The loss of a linear model.'),
  lambda1: z.number().min(0).nullable().default(null).describe('Weight of the absolute values; null for 0.1, or 0.01 with mlp.'), // prettier-ignore
  lambda2: atLeast0(0.01, 'Weight of half the squares, with mlp.'),
  hidden: widths([10]),
  acyclicityTolerance: above0(1e-8, 'The h at which it ends.'),
  largestPenalty: above0(1e16, 'The penalty at which it ends.'),
  tolerance: above0(2.2e-9, 'Relative decrease of a step that ends a minimisation.'),
  threshold: atLeast0(0.3, 'Weights below it are 0 in the solution.'),
});

export const structureLearning = z.strictObject({
  graph: z.enum(['ER', 'SF']).default('ER').describe('Edges anywhere (Erdős and Rényi), or scale-free.'),
  nodes: z.int().min(2).default(20).describe('Nodes.'),
  edges: size('Edges, for SF about; null for two a node.'),
  samples: z.int().min(2).default(1000).describe('Samples.'),
  mechanism: z
    .enum(['linear', 'mlp', 'mim'])
    .default('linear')
    .describe('How nodes depend on their parents.'),
  noise: z
    .enum(['gauss', 'exponential', 'gumbel', 'uniform', 'logistic'])
    .default('gauss')
    .describe('Noise of a linear mechanism; logistic makes nodes 0 or 1.'),
  noiseScale: above0(1, 'Its scale.'),
  threshold: atLeast0(0.3, 'Strength below which an edge does not count.'),
});
