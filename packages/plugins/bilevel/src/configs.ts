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

const method = z
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

const loop = z.strictObject({
  hypergradient: method,
  innerSteps: z.int().min(0).default(1).describe('Steps of the lower level before each hypergradient.'),
  inner: optimizer.describe('The optimizer of the lower level.'),
  outer: optimizer.describe('The optimizer of the upper level.'),
  warmStart: z.boolean().default(true).describe('Go on from the last lower variable.'),
  precondition: z
    .enum(['method', 'innerStep'])
    .default('method')
    .describe('With sama: innerStep for the derivative of the last inner step.'),
});

const schedule = z.looseObject({ use: z.string() }).meta(nested('schedule'));
/** A rate is a number or a schedule. */
const rate = (value: number, text: string) =>
  z.union([z.number().positive(), schedule]).default(value).describe(text);

const stocBiO = z.strictObject({
  learningRate: above0(0.1, 'Rate of the upper level.'),
  innerSteps: count(10, 'Steps of SGD at the lower level.'),
  innerLearningRate: above0(0.1, 'Rate of those steps.'),
  iterations: z.int().min(0).default(3).describe('Factors of the Neumann series.'),
  eta: above0(0.1, 'Step of the series, below 1/L.'),
});

const f2sa = z.strictObject({
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

const penalty = z
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

const bsvrb = z.strictObject({
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

const widths = (value: number[]) =>
  z.array(z.int().positive()).min(1).default(value).describe('Widths of hidden layers.');
const acyclicity = z
  .enum(['logdet', 'poly', 'expAbs', 'expSquare'])
  .default('logdet')
  .describe('The function whose slopes choose pairs.');
const size = (text: string) => z.int().positive().nullable().default(null).describe(text);

const topo = z.strictObject({
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
  start: z
    .looseObject({ use: z.string() })
    .meta(nested('solver'))
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
      optimizer: z
        .looseObject({ use: z.string() })
        .meta(nested('optimizer'))
        .nullable()
        .default(null)
        .describe('What trains; null for L-BFGS.'),
      iterations: count(1000, 'The most iterations of a training.'),
      checkEvery: size('Iterations between checks; null for 160 with L-BFGS, 50 with an optimizer.'),
      tolerance: above0(0.01, 'Relative change between checks that ends a training.'),
      leastGain: atLeast0(0, 'What a trial must gain, as a share of the loss.'),
    })
    .prefault({})
    .describe('The networks of model mlp, and their training.'),
});

const notears = z.strictObject({
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

const structureLearning = z.strictObject({
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
  maskSchedule: falling('step', "How the scores' rate falls."),
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

const powerLaw = z.strictObject({
  value: z.number().describe('Value at step 0.'),
  exponent: z.number().describe('Power of the step that it falls by; negative ones grow.'),
  offset: above0(1, 'Steps before it begins to fall.'),
});

const multiBlockAuc = z.strictObject({
  dataset: z
    .looseObject({ use: z.string() })
    .meta(nested('dataset'))
    .describe('Pictures in classes, with the splits train, validation and test.'),
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

export const configs = {
  loop,
  stocBiO,
  f2sa,
  bome,
  lvHba,
  penalty,
  bsvrb,
  topo,
  notears,
  structureLearning,
  bip,
  magnitudePruning,
  pruning,
  powerLaw,
  multiBlockAuc,
  hyperCleaning,
  weightDecay,
  svm,
};

/** A component's options, defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
