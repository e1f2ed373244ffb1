import { nested } from '@core/registry';
import { z } from 'zod';

/* Options of the components, as recipes write them. */

const size = z.int().positive();
const atLeast0 = z.number().min(0);
const above0 = z.number().positive();
const share = z.number().min(0).max(1);
const belowOne = z.number().min(0).lt(1);
const spec = z.looseObject({ use: z.string() });

const theta = z
  .number()
  .refine((value) => value !== 0, 'must not be 0')
  .default(1)
  .describe('Power deformation, not 0.');
const momentum = share.default(0.1).describe('Weight of the newest batch in the running statistics.');
const scheduledMomentum = z
  .union([share, spec.meta(nested('schedule'))])
  .default(0.1)
  .describe('Weight of the newest batch in the running statistics.');
const learnTheta = z.boolean().default(false).describe('Learn theta, from the given one on.');
const karcherSteps = size.default(1).describe("Steps to the batch's mean.");
const learnMetric = z.boolean().default(true).describe('Learn the metric matrix; otherwise it is I.');
const varianceAbout = z
  .enum(['mean', 'identity'])
  .default('mean')
  .describe('What the dispersion is measured about; identity is the official code.');
const parametrization = z
  .enum(['free', 'riemannian'])
  .default('free')
  .describe('Free parameters suit every optimizer; riemannian ones spd-norm/riemannian-sgd.');
const dtype = z.enum(['float64', 'float32']).default('float64').describe('Of parameters and computation.');
const epsilon = atLeast0.default(1e-5).describe('Added to the variance.');
const detachStatistics = z.boolean().default(true).describe('Mean and variance are constants for gradients.');
const lieMetric = z.enum(['affineInvariant', 'logEuclidean', 'logCholesky']);

const net = {
  outputs: size.default(10).describe('Numbers that come out; for classification the number of classes.'),
  channels: size.default(1).describe('Matrices of each example after each BiMap.'),
  norm: z
    .enum(['none', 'generalizedBuresWasserstein', ...lieMetric.options])
    .default('none')
    .describe('Metric of the batch normalisation after each BiMap.'),
  theta,
  momentum,
  karcherSteps,
  learnMetric,
  varianceAbout,
  learnTheta,
  vectorize: z
    .boolean()
    .default(true)
    .describe('The linear layer sees triangles of logarithms rather than all entries.'),
  reEigEpsilon: above0.default(1e-5).describe('Smallest eigenvalue after each BiMap.'),
  covariance: z
    .strictObject({
      epsilon: atLeast0.default(1e-5).describe('Added to the diagonal.'),
      shrinkage: share.default(0).describe('Share of a multiple of I.'),
    })
    .prefault({})
    .describe('Covariances of signals.'),
  parametrization,
  dtype,
};

const spdNet = z.strictObject({
  sizes: z.array(size).min(1).default([6]).describe('Size after each BiMap.'),
  input: z.enum(['signals', 'matrices']).default('signals').describe('What examples are.'),
  ...net,
});
const tsmNet = z.strictObject({
  temporalFilters: size.default(4).describe('Maps of the convolution in time.'),
  temporalKernel: size.default(25).describe('Its length.'),
  spatialFilters: size.default(40).describe('Channels of which covariances are made.'),
  sizes: z.array(size).min(1).default([20]).describe('Size after each BiMap.'),
  ...net,
});
const gbwBatchNorm = z.strictObject({
  theta,
  learnTheta,
  momentum: scheduledMomentum,
  epsilon,
  karcherSteps,
  learnMetric,
  varianceAbout,
  detachStatistics,
  parametrization,
  dtype,
});
const lieBatchNorm = z.strictObject({
  metric: lieMetric.default('affineInvariant').describe('Metric of the group.'),
  theta,
  momentum: scheduledMomentum,
  epsilon,
  karcherSteps,
  detachStatistics,
  parametrization,
  dtype,
});
const riemannianSgd = z.strictObject({
  learningRate: z
    .union([atLeast0, spec.meta(nested('schedule'))])
    .default(0.01)
    .describe('Size of a step.'),
  spdStep: z
    .enum(['official', 'buresWasserstein', 'affineInvariant', 'exponential'])
    .default('official')
    .describe('Gradient and exponential of SPD parameters.'),
  momentum: belowOne.default(0).describe('Of plain parameters; official 0.9.'),
  weightDecay: atLeast0.default(0).describe('Of plain parameters; official 0.05.'),
  manifoldMomentum: belowOne.default(0).describe('Of SPD and orthonormal parameters.'),
  manifoldWeightDecay: atLeast0.default(0).describe('Of SPD parameters.'),
  stiefelGradient: z
    .enum(['euclidean', 'canonical'])
    .default('euclidean')
    .describe('Gradient of orthonormal parameters; canonical is the official one.'),
  rest: spec
    .meta(nested('optimizer'))
    .optional()
    .describe('Optimizer of all other parameters; else gradient descent.'),
});
const spdClasses = z.strictObject({
  classes: size.default(3).describe('Number of classes.'),
  size: size.default(10).describe('Size of the matrices; at least twice the classes.'),
  samples: size.min(2).default(40).describe('Vectors that each covariance is estimated from.'),
  condition: z.number().min(1).default(1e6).describe('Largest over smallest eigenvalue.'),
  boost: above0.default(2).describe('Factor of the two eigenvalues that mark a class.'),
  train: size.default(300).describe('Training matrices.'),
  test: size.default(300).describe('Test matrices.'),
  testGain: above0.default(1).describe('Factor of the test matrices.'),
  seed: z.int().nonnegative().default(0).describe('Decides everything random.'),
});
const matrix = z.array(z.array(z.number()).length(2)).length(2);
const spdGeodesics = z.strictObject({
  from: matrix.default([[4, 0], [0, 0.25]]).describe('Start, SPD.'), // prettier-ignore
  to: matrix.default([[1, 0.9], [0.9, 1]]).describe('End, SPD.'), // prettier-ignore
  metricMatrix: matrix.default([[1, 0], [0, 9]]).describe('Of the generalised Bures-Wasserstein metric.'), // prettier-ignore
  steps: size.min(2).default(9).describe('Ellipses of each geodesic.'),
});

const outputs = size.default(10).describe('Number of classes.');
const poolingOptions = {
  pooling: z
    .enum(['classToken', 'average'])
    .default('classToken')
    .describe('The first moment: the first token, or the mean.'),
  poolingNorm: z
    .enum(['none', 'before', 'after'])
    .default('none')
    .describe('Layer normalisation before (Swin) or after (ConvNeXt) pooling.'),
};
const weights = z
  .enum(['normal', 'uniform'])
  .default('normal')
  .describe("How linear layers start: the official ViT's, or PyTorch's default.");
const momentProbing = z.strictObject({
  outputs,
  hidden: size.default(512).describe('Channels after the projection, over all heads.'),
  heads: size.min(2).default(4).describe('Heads; they divide the channels.'),
  crossType: z.enum(['near', 'n/2', 'one', 'cn2']).default('near').describe('Which heads meet.'),
  layout: z
    .enum(['contiguous', 'interleaved'])
    .default('contiguous')
    .describe('Which channels a head has: as the official ViT, or ConvNeXt.'),
  center: z
    .enum(['global', 'token', 'none'])
    .default('global')
    .describe('What is subtracted: one number a sample (official), or the mean of each channel.'),
  normalize: z
    .boolean()
    .optional()
    .describe('Columns of covariances have length 1; by default unless crossType is cn2.'),
  convBlocks: z.int().min(0).default(1).describe('Pairs of convolutions with stride 2.'),
  skipFirst: z
    .boolean()
    .optional()
    .describe('Leave the first token out of second moments; by default a class token.'),
  ...poolingOptions,
  weights,
});
const linearProbing = z.strictObject({
  outputs,
  ...poolingOptions,
  skipFirst: z.boolean().default(false).describe('Leave the first token out of a mean.'),
  weights,
});
const classList = z.array(z.int().nonnegative()).min(2).optional();
const pretraining = {
  dataset: spec.meta(nested('dataset')).describe('Pictures with classes.'),
  pretrainClasses: classList.describe('Class numbers that the backbone is trained on; else all.'),
  classes: classList.describe(
    'Class numbers that are probed; else those that the backbone has not seen, or all.',
  ),
  patch: size.default(4).describe('Side of the patches.'),
  width: size.default(32).describe('Channels of a token.'),
  heads: size.default(4).describe('Heads of attention.'),
  layers: size.default(2).describe('Blocks.'),
  epochs: size.default(6).describe("Epochs of the backbone's training."),
  batchSize: size.default(50).describe('Pictures in its steps.'),
  learningRate: above0.default(0.003).describe('Of its training, at the start.'),
};
const backboneFeatures = z.strictObject({
  ...pretraining,
  seed: z.int().nonnegative().default(0).describe("Of the backbone's training."),
});
const probing = z.strictObject(pretraining);
const probe = z.strictObject({
  head: spec.meta(nested('model')).describe('What is put on the tokens; a model that gives logits.'),
  optimizer: spec.meta(nested('optimizer')).describe('What trains it.'),
  psrp: z
    .strictObject({
      reduction: size.default(16).describe('Numbers between down and up.'),
      zeroInit: z.boolean().default(false).describe('Start as the backbone is; officially it is disturbed.'),
      weights,
    })
    .optional()
    .describe('Also learn a scale and a shift in each block of the backbone (MP+).'),
  batchSize: size.default(64).describe('Examples in a step.'),
});
const ssvepNet = z.strictObject({
  spatialFilters: size.default(125).describe('Maps of the convolution over electrodes.'),
  temporalFilters: size.default(15).describe('Channels of which covariances are made.'),
  temporalKernel: size.default(36).describe('Length of the convolution in time.'),
  temporalPadding: z.int().nonnegative().default(18).describe('Zeros at either end of the time axis.'),
  sizes: z.array(size).min(1).default([12]).describe('Size after each BiMap.'),
  ...net,
  outputs: net.outputs.default(5),
  norm: net.norm.default('generalizedBuresWasserstein'),
  vectorize: net.vectorize.default(false),
});
const { reEigEpsilon: _reEigEpsilon, ...netWithoutReEig } = net;
const rResNet = z.strictObject({
  size: size.default(30).describe('Size after BiMap.'),
  blocks: z.int().nonnegative().default(1).describe('Residual blocks.'),
  input: z.enum(['signals', 'matrices']).default('matrices').describe('What examples are.'),
  ...netWithoutReEig,
  outputs: net.outputs.default(117),
  norm: net.norm.default('generalizedBuresWasserstein'),
  theta: theta.default(0.5),
  vectorize: net.vectorize.default(false),
});
const batchNormMomentum = z.strictObject({
  epochs: size.describe('Epochs of the training.'),
  stepsPerEpoch: size.describe('Batches of an epoch.'),
  batchSize: above0.default(10).describe('Size of the batches, of one domain.'),
  referenceBatchSize: above0.default(50).describe('Size at which decay is right.'),
  decay: above0.lt(1).default(0.85).describe('Share of the old statistics in the first epoch.'),
  official: z.boolean().default(false).describe('The share itself as the weight, as the published code.'),
});
const noiseFloors = z.strictObject({
  classes: size.default(3).describe('Number of classes.'),
  size: size.default(12).describe('Size of the matrices.'),
  sources: size.default(3).describe('Strong directions.'),
  samples: size.min(2).default(40).describe('Vectors that each covariance is estimated from.'),
  condition: z.number().min(1).default(1e6).describe('Largest over smallest eigenvalue.'),
  boost: above0.default(1.7).describe('Factor of the sources that mark a class.'),
  train: size.default(300).describe('Training matrices.'),
  test: size.default(300).describe('Test matrices.'),
  seed: z.int().nonnegative().default(0).describe('Decides everything random.'),
});
const localCovariances = z.strictObject({
  dataset: spec.meta(nested('dataset')).describe('Pictures.'),
  features: z
    .array(z.enum(['position', 'intensity', 'gradients', 'secondDerivatives']))
    .min(1)
    .default(['position', 'intensity', 'gradients', 'secondDerivatives'])
    .describe('What is measured at every pixel.'),
  absolute: z.boolean().default(true).describe('Derivatives by their sizes.'),
  windows: size.default(1).describe('Windows along each side.'),
  windowSize: size.min(2).optional().describe('Side of a window; else windows share the picture.'),
  epsilon: atLeast0.default(1e-5).describe('Added to the diagonal.'),
  shrinkage: share.default(0).describe('Share of a multiple of I.'),
});
const seriesCovariances = z.strictObject({
  folder: z.string().min(1).describe('Folder with .ts or .arff files, plain or .gz.'),
  set: z.string().optional().describe("Beginning of the files' names."),
  shrinkage: share.default(0.01).describe('Share of a multiple of I.'),
  epsilon: atLeast0.default(0).describe('Added to the diagonal.'),
  window: size.min(2).default(64).describe('Times of a window of a recording.'),
  testShare: share.default(0.3).describe("Share of a recording's windows that is for the test."),
  outliers: above0.default(50).describe('Median absolute deviations beyond which a row is left out.'),
});

export const configs = {
  spdNet,
  tsmNet,
  gbwBatchNorm,
  lieBatchNorm,
  riemannianSgd,
  spdClasses,
  spdGeodesics,
  momentProbing,
  linearProbing,
  backboneFeatures,
  probing,
  probe,
  ssvepNet,
  rResNet,
  batchNormMomentum,
  noiseFloors,
  localCovariances,
  seriesCovariances,
};
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
