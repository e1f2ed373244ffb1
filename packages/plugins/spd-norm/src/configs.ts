import { nested } from '@core/registry';
import { z } from 'zod';

/* Options of the components, as recipes write them. */

const size = z.int().positive();
const atLeast0 = z.number().min(0);
const above0 = z.number().positive();
const share = z.number().min(0).max(1);
const spec = z.looseObject({ use: z.string() });

const theta = z
  .number()
  .refine((value) => value !== 0, 'must not be 0')
  .default(1)
  .describe('Power deformation, not 0.');
const momentum = share.default(0.1).describe('Weight of the newest batch in the running statistics.');
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
  norm: z
    .enum(['none', 'generalizedBuresWasserstein', ...lieMetric.options])
    .default('none')
    .describe('Metric of the batch normalisation after each BiMap.'),
  theta,
  momentum,
  karcherSteps,
  learnMetric,
  varianceAbout,
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
  momentum,
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
  momentum,
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
    .enum(['official', 'buresWasserstein', 'affineInvariant'])
    .default('official')
    .describe('Gradient and exponential of SPD parameters.'),
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

export const configs = {
  spdNet,
  tsmNet,
  gbwBatchNorm,
  lieBatchNorm,
  riemannianSgd,
  spdClasses,
  spdGeodesics,
};
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
