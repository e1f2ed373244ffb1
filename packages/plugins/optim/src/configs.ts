import { nested } from '@core/registry';
import { z } from 'zod';
import { partitions, selections, updates } from './blocks/names.js';

/*
 * Options of the components, as recipes write them. They are JSON, so tensors and functions are missing here: in place of a
 * mask there is `weightDecayOn`, in place of a schedule the spec of a schedule component.
 */

const spec = z.looseObject({ use: z.string() });
const schedule = spec.meta(nested('schedule'));
const optimizer = spec.meta(nested('optimizer'));

/** Every hyperparameter may be a number or a schedule. */
const scheduled = (range: z.ZodNumber | z.ZodInt, value: number, text: string) =>
  z.union([range, schedule]).default(value).describe(text);

const share = z.number().min(0).lt(1);
const atLeast0 = z.number().min(0);
const above0 = z.number().positive();
const count = z.int().positive();

const learningRate = (value: number) => scheduled(atLeast0, value, 'Size of a step.');
const weightDecay = (value: number) =>
  scheduled(atLeast0, value, 'Share of the weights taken off, times the rate.');
const beta1 = scheduled(share, 0.9, 'Decay of the mean of gradients.');
const beta2 = (value = 0.999) => scheduled(share, value, 'Decay of the second moment.');
const epsilon = (value = 1e-8) => scheduled(atLeast0, value, 'Keeps the denominator from 0.');
const momentum = scheduled(share, 0, 'Share of the last step that is kept.');
const dampening = scheduled(
  z.number().min(0).max(1),
  0,
  'Share of the gradient that stays out of the buffer.',
);
const delta = scheduled(atLeast0, 0.1, 'Cosine threshold of the projection.');
const weightDecayRatio = scheduled(atLeast0, 0.1, 'Factor of weight decay where the projection acts.');
const flag = (value: boolean, text: string) => z.boolean().default(value).describe(text);
const nesterov = flag(false, 'Look one step ahead.');
const l2 = scheduled(atLeast0, 0, 'L2: this times the weights is added to the gradient.');
const weightDecayOn = z
  .enum(['all', 'matrices'])
  .default('all')
  .describe('What decays: all, or only what has two axes or more (no biases, no norms).');
const inner = optimizer.describe('The optimizer inside.');

const moments = { learningRate: learningRate(1e-3), beta1, beta2: beta2(), epsilon: epsilon() };

const sgd = z.strictObject({
  learningRate: learningRate(0.01),
  momentum,
  dampening,
  nesterov,
  weightDecay: l2,
  weightDecayOn,
});
const epsilonRoot = atLeast0
  .default(0)
  .describe('Added inside the root, so that steps can be differentiated where gradients are 0.');
const amsgrad = z.strictObject({ ...moments, epsilonRoot, weightDecay: l2, weightDecayOn });
const largest = flag(false, 'Divide by the largest second moment so far.');
const adam = z.strictObject({ ...moments, epsilonRoot, weightDecay: l2, weightDecayOn, amsgrad: largest });
const adamw = z.strictObject({
  ...moments,
  epsilonRoot,
  weightDecay: weightDecay(0.01),
  weightDecayOn,
  amsgrad: largest,
});
const rmsprop = z.strictObject({
  learningRate: learningRate(0.01),
  alpha: scheduled(share, 0.99, 'Decay of the mean of squared gradients.'),
  epsilon: epsilon(),
  centered: flag(false, 'Divide by the standard deviation.'),
  momentum,
  weightDecay: l2,
  weightDecayOn,
});
const adamp = z.strictObject({
  ...moments,
  weightDecay: weightDecay(0),
  weightDecayOn,
  delta,
  weightDecayRatio,
  nesterov,
});
const sgdp = z.strictObject({
  learningRate: learningRate(0.01),
  momentum,
  dampening,
  weightDecay: weightDecay(0),
  weightDecayOn,
  nesterov,
  epsilon: epsilon(),
  delta,
  weightDecayRatio,
  projectMomentum: flag(true, 'Keep the projection in the buffer, as the official code does.'),
});
const lion = z.strictObject({
  learningRate: learningRate(1e-4),
  beta1,
  beta2: beta2(0.99),
  weightDecay: weightDecay(0),
  weightDecayOn,
});
const adabelief = z.strictObject({
  ...moments,
  epsilon: epsilon(1e-16),
  weightDecay: weightDecay(0),
  weightDecayOn,
  weightDecouple: flag(true, 'Decay apart from the gradient.'),
  fixedDecay: flag(false, 'Decay that does not depend on the learning rate.'),
  amsgrad: largest,
  rectify: flag(true, 'Rectify the first steps, as RAdam does.'),
  degeneratedToSgd: flag(true, 'Plain steps while rectification cannot act; else none.'),
});
const kappa = z
  .discriminatedUnion('name', [
    z.strictObject({ name: z.enum(['l1', 'l2', 'quadratic', 'spectral', 'rows', 'columns']) }),
    z.strictObject({ name: z.literal('lp'), power: z.number().gt(1) }),
    z.strictObject({ name: z.enum(['huber', 'entropy']), width: above0 }),
    z.strictObject({ name: z.literal('soft-l1'), threshold: above0 }),
    z.strictObject({ name: z.literal('top-k'), count }),
  ])
  .default({ name: 'l1' })
  .describe('The convex function whose slope is the direction; l1 is Lion.');
const lionK = lion.extend({
  kappa,
  scope: z.enum(['leaf', 'tree']).default('leaf').describe('One function for each leaf, or one for all.'),
});
const mfac = z.strictObject({
  learningRate: learningRate(1e-3),
  windowSize: count.default(1024).describe('Gradients that the Fisher matrix is made of.'),
  damping: scheduled(above0, 1e-5, 'Multiple of the identity in the Fisher matrix.'),
  momentum: scheduled(share, 0, 'Decay of the mean of preconditioned gradients.'),
  weightDecay: l2,
  weightDecayOn,
  sparse: flag(false, 'Weights that start at exactly 0 stay there.'),
});
const frequency = (value: number) =>
  scheduled(count, value, 'Updates from one refresh of the matrices to the next.');
const axes = {
  maxPreconditionDimension: count.default(10000).describe('Longer axes have no matrix.'),
  mergeDimensions: flag(false, 'Take neighbouring axes together while they are short enough.'),
  precondition1d: flag(false, 'Matrices for vectors, too.'),
  dataFormat: z
    .enum(['channelsFirst', 'channelsLast'])
    .default('channelsFirst')
    .describe('Order of the axes of convolution kernels, where axes are merged.'),
};
const soap = z.strictObject({
  learningRate: learningRate(3e-3),
  beta1: scheduled(share, 0.95, 'Decay of the mean of gradients.'),
  beta2: beta2(0.95),
  shampooBeta: z
    .union([share, schedule])
    .nullable()
    .default(null)
    .describe('Decay of the matrices; null: that of the second moment.'),
  epsilon: epsilon(),
  weightDecay: weightDecay(0.01),
  weightDecayOn,
  preconditionFrequency: frequency(10),
  ...axes,
  normalizeGrads: flag(false, 'Scale each direction to a mean square of 1.'),
  correctBias: flag(true, 'Correct the moments’ bias towards 0.'),
  factorised: flag(false, 'Row and column means in place of the second moment.'),
});
const shampoo = z.strictObject({
  learningRate: learningRate(0.01),
  beta2: beta2(0.95),
  epsilon: scheduled(above0, 1e-8, 'The ridge of each matrix.'),
  exponent: z
    .union([z.literal(-0.25), z.literal(-0.5)])
    .default(-0.25)
    .describe('Power of the two matrices of a leaf.'),
  accumulate: z.enum(['mean', 'sum']).default('mean').describe('Running means of products, or sums.'),
  preconditionFrequency: frequency(1),
  momentum,
  weightDecay: weightDecay(0),
  weightDecayOn,
  ...axes,
});
const muon = z.strictObject({
  learningRate: learningRate(0.02),
  momentum: scheduled(share, 0.95, 'Decay of the mean of gradients.'),
  nesterov: flag(true, 'Look one step ahead.'),
  newtonSchulzSteps: count.default(5).describe('Steps of the Newton-Schulz iteration.'),
  scaleByShape: flag(true, 'Longer steps for matrices with more rows than columns.'),
  weightDecay: weightDecay(0),
  others: optimizer
    .default({
      use: 'optim/adamw',
      ...adamw.parse({ learningRate: 3e-4, beta2: 0.95, epsilon: 1e-10, weightDecay: 0 }),
    })
    .describe('Moves what has less than two axes.'),
});
const weightDecouple = flag(false, 'Decay apart from the gradient.');
const exadam = z.strictObject({
  ...moments,
  epsilon: scheduled(above0, 1e-8, 'Keeps the denominators from 0.'),
  dynamicStep: flag(
    true,
    'Steps that grow with the logarithm of time, as in the first version of the paper.',
  ),
  weightDecay: weightDecay(0),
  weightDecayOn,
});
const nadam = z.strictObject({
  ...moments,
  learningRate: learningRate(2e-3),
  momentumDecay: scheduled(atLeast0, 4e-3, 'How fast the momentum rises to beta1.'),
  weightDecay: l2,
  weightDecayOn,
  weightDecouple,
});
const radam = z.strictObject({
  ...moments,
  degeneratedToSgd: flag(true, 'Plain steps while rectification cannot act; else none.'),
  weightDecay: l2,
  weightDecayOn,
  weightDecouple,
});
const adamax = z.strictObject({
  ...moments,
  learningRate: learningRate(2e-3),
  weightDecay: l2,
  weightDecayOn,
});
const adagrad = z.strictObject({
  learningRate: learningRate(0.01),
  epsilon: epsilon(1e-10),
  initialAccumulator: atLeast0.default(0).describe('What the sum of squares starts at.'),
  rateDecay: scheduled(atLeast0, 0, 'Step t is divided by 1 + (t - 1) times this.'),
  weightDecay: l2,
  weightDecayOn,
});
const adadelta = z.strictObject({
  learningRate: learningRate(1),
  rho: scheduled(share, 0.9, 'Decay of the means of squares.'),
  epsilon: epsilon(1e-6),
  weightDecay: l2,
  weightDecayOn,
});
const lamb = z.strictObject({
  ...moments,
  epsilon: epsilon(1e-6),
  weightDecay: weightDecay(0),
  weightDecayOn,
  adaptationOn: weightDecayOn.describe(
    'What gets steps of its own length: all, or what has two axes or more.',
  ),
  biasCorrection: flag(true, 'Correct the moments for their start at 0.'),
});
const adafactor = z.strictObject({
  learningRate: z
    .union([atLeast0, schedule, z.null()])
    .default(null)
    .describe('Size of a step; null: min(0.01, 1 / √t).'),
  warmupInit: flag(false, 'Without a rate: rise from 1e-6.'),
  scaleParameter: flag(true, 'Steps relative to the size of the parameters.'),
  minimumScale: scheduled(atLeast0, 1e-3, 'Smallest size that steps are relative to.'),
  clipThreshold: scheduled(above0, 1, 'Largest root mean square of a direction.'),
  decayRate: scheduled(atLeast0, 0.8, 'The second moment forgets t to minus this at step t.'),
  epsilon: scheduled(above0, 1e-30, 'Added to squared gradients.'),
  minimumFactoredSize: count.default(1).describe('Shortest axis of a matrix that is factored.'),
  beta1: scheduled(share, 0, 'Decay of an average of steps; 0: none.'),
  weightDecay: weightDecay(0),
  weightDecayOn,
});
const sophia = z.strictObject({
  learningRate: learningRate(1e-4),
  beta1: scheduled(share, 0.965, 'Decay of the mean of gradients.'),
  beta2: scheduled(share, 0.99, 'Decay of the mean of curvatures.'),
  gamma: scheduled(atLeast0, 0.04, 'How much curvature it takes to be no longer cut off.'),
  epsilon: scheduled(above0, 1e-15, 'Keeps the denominator from 0.'),
  biasCorrection: flag(false, 'Divide by 1 - beta1^t after cutting off.'),
  every: count.default(10).describe('Steps from one estimate of the curvature, B g², to the next.'),
  batchSize: above0.default(1).describe('B, what gradients are the mean over.'),
  weightDecay: weightDecay(0.1),
  weightDecayOn,
});
const inside = z.number().gt(0).lt(1);
const averaging = {
  warmupSteps: z.int().min(0).default(0).describe('Steps over which the rate rises.'),
  averagePower: scheduled(atLeast0, 0, 'The average weighs the t-th iterate with t to this.'),
  ratePower: scheduled(atLeast0, 2, 'The average weighs iterates with the largest rate to this.'),
};
const scheduleFreeSgd = z.strictObject({
  learningRate: learningRate(1),
  momentum: scheduled(inside, 0.9, 'Where between the iterate and the average gradients are taken.'),
  ...averaging,
  weightDecay: l2,
  weightDecayOn,
});
const scheduleFreeAdamw = z.strictObject({
  learningRate: learningRate(2.5e-3),
  beta1: scheduled(inside, 0.9, 'Where between the iterate and the average gradients are taken.'),
  beta2: beta2(),
  epsilon: epsilon(),
  ...averaging,
  weightDecay: weightDecay(0),
  weightDecayOn,
});
const skipNonFinite = z.strictObject({
  inner,
  onNonFinite: z
    .enum(['skip', 'error'])
    .default('skip')
    .describe('What NaN or infinite gradients are: passed over and counted, or the end of the run.'),
  throwAfter: count.nullable().default(null).describe('How many in a row are the error. Null: one.'),
});
const lookahead = z.strictObject({
  inner,
  period: count.default(5).describe('Inner steps for each slow step.'),
  stepSize: scheduled(z.number().min(0).max(1), 0.5, 'How far the slow weights follow.'),
});
const accumulate = z.strictObject({ inner, every: count.default(2).describe('Gradients for each step.') });
const clipByGlobalNorm = z.strictObject({
  inner,
  maxNorm: scheduled(above0, 1, 'Largest norm of all gradients together.'),
});
const clipByValue = z.strictObject({ inner, maxValue: scheduled(above0, 1, 'Largest size of an element.') });
const parameterGroups = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        match: z.string().describe('Paths of parameters, * for any characters: *.bias'),
        optimizer: optimizer.describe('Moves them.'),
      }),
    )
    .default([])
    .describe('Optimizers by path; the first match counts.'),
  rest: optimizer.describe('Moves all other parameters.'),
});

const from = z.number().describe('First value.');
const steps = count.describe('Steps to the last value.');
const delay = z.int().min(0).default(0).describe('Steps to wait at the first value.');
const boundaries = z.array(count).describe('Steps at which the next one takes over, ascending.');
const value = z.union([z.number(), schedule]);
const exponent = above0.default(1).describe('Exponent of the cosine part.');

const constant = z.strictObject({ value: z.number().default(1e-3).describe('The value.') });
const linear = z.strictObject({ from, to: z.number().default(0).describe('Last value.'), steps, delay });
const polynomial = linear.extend({ power: above0.default(1).describe('Exponent; 1 is a straight line.') });
const cosine = z.strictObject({
  from,
  steps,
  alpha: z.number().min(0).max(1).default(0).describe('Last value as a share of the first.'),
  exponent,
});
const exponential = z.strictObject({
  from,
  rate: above0.describe('Factor over the given steps.'),
  steps: above0.default(1).describe('Steps for one factor.'),
  staircase: flag(false, 'Only whole factors.'),
  delay,
  bound: z.number().nullable().default(null).describe('A value that is not passed.'),
});
const piecewise = z.strictObject({
  boundaries,
  values: z.array(z.number()).describe('One more than boundaries.'),
  interpolate: z
    .enum(['none', 'linear', 'cosine'])
    .default('none')
    .describe('How to get from one to the next.'),
});
const join = z.strictObject({ schedules: z.array(value).describe('One more than boundaries.'), boundaries });
const warmup = z.strictObject({
  schedule: value.default(1e-3).describe('What follows, counting from 0.'),
  steps: count.default(100).describe('Steps of the warm-up.'),
  from: z.number().default(0).describe('Value at step 0.'),
});
const relativeStep = z.strictObject({ warmupInit: flag(false, 'Rise from 1e-6 first.') });
const warmupCosine = z.strictObject({
  peak: z.number().describe('Value after the warm-up.'),
  warmupSteps: z.int().min(0).describe('Steps of the warm-up.'),
  steps: count.describe('Steps in all.'),
  from: z.number().default(0).describe('Value at step 0.'),
  to: z.number().default(0).describe('Last value.'),
  exponent,
});
const oneCycle = z.strictObject({
  peak: z.number().describe('Largest value.'),
  steps: count.describe('Steps of the cycle.'),
  pctStart: z.number().min(0).max(1).default(0.3).describe('Share of the cycle spent rising.'),
  divFactor: above0.default(25).describe('The peak over the first value.'),
  finalDivFactor: above0.default(1e4).describe('The first value over the last.'),
  anneal: z.enum(['cosine', 'linear']).default('cosine').describe('Shape of the ways.'),
  threePhase: flag(false, 'First back down to the first value, then on to the last.'),
});

/** A number whose default the solver takes from the problem. */
const ofProblem = (range: z.ZodNumber, text: string) =>
  z.union([range, schedule]).nullable().default(null).describe(`${text} Null: from the problem's constants.`);
const chance = z.number().min(0).max(1);
const solverRate = ofProblem(atLeast0, 'Size of a step.');
const anchoring = ofProblem(chance, 'Pull towards the start.');
const refreshProbability = ofProblem(chance, 'Probability of a full evaluation.');
const mixing = ofProblem(chance, 'Share of the point, not the snapshot, in the next one.');

const halpernCocoercive = z.strictObject({
  learningRate: solverRate,
  batch: count
    .nullable()
    .default(null)
    .describe('Components of a correction. Null: the root of their number.'),
  refreshProbability,
  anchoring,
});
const halpernDeterministic = z.strictObject({ learningRate: solverRate, anchoring });
const vrForb = z.strictObject({ learningRate: solverRate, refreshProbability, averaging: mixing });
const halpernLipschitz = z.strictObject({
  learningRate: ofProblem(atLeast0, 'How far a resolvent goes.'),
  anchoring,
  innerEffort: scheduled(above0, 5, 'Inner steps over (n + √n) ln(k + 3).'),
  innerLearningRate: ofProblem(atLeast0, 'Size of an inner step.'),
  refreshProbability,
  averaging: mixing,
});
const extragradient = z.strictObject({ learningRate: solverRate });
const extraAnchoredGradient = z.strictObject({ learningRate: solverRate, anchoring });
const svrg = z.strictObject({
  learningRate: solverRate,
  batch: count.default(1).describe('Components of a step.'),
  period: count.nullable().default(null).describe('Steps between snapshots. Null: twice the components.'),
});
const saga = z.strictObject({ learningRate: solverRate });
const lbfgs = z.strictObject({
  memory: count.default(10).describe('Pairs of differences that are kept.'),
  lineSearch: z.enum(['wolfe', 'armijo']).default('wolfe').describe('Conditions of the line search.'),
  sufficientDecrease: scheduled(share, 1e-4, 'Armijo’s constant.'),
  curvature: scheduled(share, 0.9, 'Wolfe’s constant.'),
  maxEvaluations: count.default(20).describe('The most evaluations of one line search.'),
});
const logisticGD = z.strictObject({
  learningRate: scheduled(atLeast0, 100, 'Size of a step.'),
  normalized: flag(false, 'Divide by the mean of the sigmoids.'),
});
const batchPerceptron = z.strictObject({
  normalized: flag(false, 'Divide by the number of wrong examples in place of all.'),
});
const perceptron = z.strictObject({
  order: z.enum(['cyclic', 'random']).default('cyclic').describe('Which wrong example comes next.'),
});
const blockCoordinateDescent = z.strictObject({
  partition: z.enum(partitions).default('VB').describe('How blocks are formed; VB: anew at every step.'),
  blockSize: count.default(5).describe('Coordinates of a block; rules on trees find their own number.'),
  selection: z.enum(selections).default('GSD').describe('Which block moves.'),
  update: z.enum(updates).default('Lb').describe('The step that it takes.'),
  norm: z.literal([1, 2]).default(2).describe('Norm in scores of fixed blocks; the official code has 1.'),
  activeThreshold: atLeast0.default(1e-4).describe('TMP-NN: below it coordinates can be active.'),
});
const program = z.strictObject({
  program: z
    .union([
      z.string(),
      z.strictObject({
        state: z.array(z.string()),
        statements: z.array(
          z.strictObject({
            target: z.string(),
            operation: z.string(),
            operands: z.array(z.union([z.string(), z.number()])),
          }),
        ),
      }),
    ])
    .describe('The program: its listing, or the same as data.'),
  learningRate: learningRate(1e-3),
});
const programSearch = z.strictObject({
  seed: z.int().min(0).default(1).describe('Another seed is another search.'),
  programs: count.default(2000).describe('Programs that each round makes.'),
  rounds: z
    .array(z.enum(['initial', 'best']))
    .min(1)
    .default(['initial', 'best'])
    .describe('What each round starts from: AdamW, or the best so far.'),
  population: count.default(100).describe('Programs that are alive at a time.'),
  tournament: count.default(5).describe('Programs of which the best is a parent.'),
  stateCost: atLeast0.default(0.1).describe('What a state variable costs in fitness.'),
  funnel: flag(true, 'Whether the best go through larger tasks.'),
  threads: count.default(1).describe('Worker threads; the result does not depend on them.'),
});
const loraLimits = z.strictObject({
  length: z
    .int()
    .min(2)
    .default(256)
    .describe('Length of the sequences whose errors and ranks are measured.'),
  gammas: z
    .array(above0)
    .min(1)
    .default([0.25, 0.5, 1, 2, 4])
    .describe('Norms of the two factors of the scores.'),
  degrees: z
    .array(z.int().min(0).max(14))
    .min(1)
    .default([2, 4, 6, 8])
    .describe('Degrees of the polynomial in place of exp.'),
  kind: z.enum(['taylor', 'chebyshev']).default('taylor').describe('Which polynomial.'),
  features: count.default(4).describe('Width of the head.'),
  rank: count.default(2).describe('Rank of the adapters.'),
  alpha: z.number().default(4).describe('Adapters count alpha / rank.'),
  seed: z.int().min(0).default(0).describe('Seed of the random problem.'),
  timedLengths: z
    .array(z.int().min(2))
    .default([])
    .describe('Lengths whose time is measured as well; times differ from run to run.'),
});
const paths = z.strictObject({
  optimizers: z.array(optimizer).default([]).describe('Whose paths; none: those of the recipe.'),
  objectives: z
    .array(z.enum(['rosenbrock', 'quadratic']))
    .min(1)
    .default(['rosenbrock', 'quadratic'])
    .describe('What they walk down.'),
  steps: count.default(300).describe('Steps of each path.'),
  tune: flag(true, 'Take the best of some rates, and not the rate that an optimizer is configured with.'),
});

export const configs = {
  sgd,
  adam,
  amsgrad,
  adamw,
  rmsprop,
  adamp,
  sgdp,
  lion,
  lionK,
  adabelief,
  mfac,
  soap,
  shampoo,
  muon,
  exadam,
  nadam,
  radam,
  adamax,
  adagrad,
  adadelta,
  lamb,
  adafactor,
  sophia,
  scheduleFreeSgd,
  scheduleFreeAdamw,
  skipNonFinite,
  lookahead,
  accumulate,
  clipByGlobalNorm,
  clipByValue,
  parameterGroups,
  constant,
  linear,
  polynomial,
  cosine,
  exponential,
  piecewise,
  join,
  warmup,
  relativeStep,
  warmupCosine,
  oneCycle,
  halpernCocoercive,
  halpernDeterministic,
  halpernLipschitz,
  vrForb,
  extragradient,
  extraAnchoredGradient,
  svrg,
  saga,
  lbfgs,
  logisticGD,
  batchPerceptron,
  perceptron,
  blockCoordinateDescent,
  program,
  programSearch,
  loraLimits,
  paths,
};

/** A component's options with defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
