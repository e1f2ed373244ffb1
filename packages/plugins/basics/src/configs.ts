import { nested } from '@core/registry';
import { z } from 'zod';

/* Options of the components, as recipes write them. */

const rate = z.number().min(0).max(1);
const size = z.int().positive();

const activation = z
  .enum([
    'identity',
    'relu',
    'relu6',
    'leakyRelu',
    'elu',
    'selu',
    'gelu',
    'silu',
    'mish',
    'tanh',
    'sigmoid',
    'logSigmoid',
    'softplus',
    'hardSigmoid',
    'hardSwish',
  ])
  .default('relu');

const outputs = size.default(10).describe('Numbers that come out; for classification the number of classes');

const seed = (of: string) => z.int().nonnegative().default(0).describe(`Seed of ${of}`);
const validation = z
  .int()
  .nonnegative()
  .default(0)
  .describe('Examples for validation, none of them among the others; with 0 there is no such split');

const publicSet = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that has the files already, packed or unpacked; nothing is downloaded then'),
  offline: z.boolean().default(false).describe('Fail rather than download what is not in the cache folder'),
  train: size.optional().describe('Use only the first so many training examples'),
  validation: validation.describe('So many of the last training examples are for validation'),
  test: size.optional().describe('Use only the first so many test examples'),
});

const toy = (noise: number) =>
  z.strictObject({
    classes: size.default(3).describe('Number of classes'),
    train: size.default(300).describe('Training points'),
    validation: size.default(150).describe('Validation points'),
    test: size.default(150).describe('Test points'),
    noise: z
      .number()
      .nonnegative()
      .default(noise)
      .describe('Standard deviation of the points around their places'),
    seed: seed('the points'),
  });

const noise = (value: number) =>
  z
    .number()
    .nonnegative()
    .default(value)
    .describe('Standard deviation of what no model can explain; what can be explained has 1');

const linear = (of: string) => ({
  features: size.default(20).describe('Numbers of an example'),
  conditionNumber: z
    .number()
    .min(1)
    .default(100)
    .describe("Largest over smallest eigenvalue of the inputs' covariance"),
  train: size.default(1000).describe('Training examples'),
  validation: size.default(500).describe('Validation examples'),
  test: size.default(500).describe('Test examples'),
  seed: seed(of),
});
const leastSquares = z.strictObject({
  ...linear('rotation, weights and points'),
  noise: noise(0.1),
});
const separable = z.strictObject({
  ...linear('plane and points'),
  margin: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('Least distance of a point from the plane between the classes, before features are scaled'),
});

const users = size.default(200).describe('Number of users');
const items = size.default(150).describe('Number of items');
const ratings = z.strictObject({
  users,
  items,
  rank: size.default(4).describe('Rank of the part of the ratings that is neither bias nor noise'),
  noise: noise(0.3),
  train: size.default(9000).describe('Known ratings to learn from'),
  validation: size.default(1500).describe('Ratings for validation'),
  test: size.default(1500).describe('Test ratings'),
  seed: seed('pairs and ratings'),
});
const text = z.strictObject({
  length: size.default(64).describe('Characters that a model sees at once'),
  vocabulary: size
    .default(64)
    .describe('Numbers that stand for characters; the last one is shared by all rare ones'),
  train: size.default(1800).describe('Training windows'),
  validation: size.default(230).describe('Validation windows'),
  test: size.default(230).describe('Test windows'),
  seed: seed('where training windows begin'),
});
const reconstruction = z.strictObject({
  dataset: z
    .looseObject({ use: z.string() })
    .meta(nested('dataset'))
    .describe('Whose inputs are to be given back'),
});

const mlp = z.strictObject({
  widths: z.array(size).default([128]).describe('Widths of the hidden layers'),
  outputs,
  activation: activation.describe('After each hidden layer'),
  batchNorm: z.boolean().default(false).describe('Batch normalisation before each activation'),
  dropout: rate.default(0).describe('Rate of dropout after each hidden layer'),
});
const cnn = z.strictObject({
  channels: z
    .array(size)
    .min(1)
    .default([8, 16])
    .describe('Maps of each convolution; after each comes pooling'),
  kernel: size.default(5).describe("Side of the convolutions' kernels"),
  padding: z
    .enum(['same', 'valid'])
    .default('valid')
    .describe('same keeps height and width, valid shrinks them by kernel - 1'),
  pool: z.enum(['max', 'average', 'none']).default('max').describe('Pooling after each convolution'),
  window: size.default(2).describe('Side and stride of the pooling windows'),
  activation: activation.describe('After each convolution and hidden layer'),
  norm: z.enum(['none', 'batch', 'group']).default('none').describe('Normalisation after each convolution'),
  widths: z
    .array(size)
    .default([])
    .describe('Widths of the hidden layers between the convolutions and the output'),
  outputs,
  dropout: rate.default(0).describe('Rate of dropout before the output and after each hidden layer'),
});
const digits = z.strictObject({
  train: z.int().positive().max(10_000).default(8000).describe('Training digits'),
  validation,
  test: z
    .int()
    .positive()
    .max(10_000)
    .default(2000)
    .describe('Test digits, none of them among the training digits'),
  seed: z.int().nonnegative().default(0).describe('Decides which digits go where, and their order'),
});
const blobs = toy(0.15);
const spirals = toy(0.03);
const transformer = z.strictObject({
  vocabulary: size
    .default(64)
    .describe('Number of tokens there are; so many logits come out at each position'),
  width: size.default(64).describe('Numbers that stand for a position between the layers'),
  heads: size.default(2).describe('Heads of attention; the width must be a multiple'),
  layers: size.default(2).describe('Number of layers'),
  hidden: size
    .optional()
    .describe('Width of the feed-forward parts; four times the width where it is left out'),
  activation: activation.default('gelu').describe('Of the feed-forward parts'),
  dropout: rate.default(0).describe("Rate of dropout on embeddings, attention and each part's result"),
  positions: z
    .enum(['learned', 'sinusoidal'])
    .default('learned')
    .describe('Where a token stands: vectors that are learned, or fixed sines'),
  tied: z.boolean().default(false).describe("The output layer's weights are the embedding's"),
});
const factorization = z.strictObject({
  users,
  items,
  rank: size.default(4).describe('Length of the vectors'),
  mean: z.number().default(3.5).describe('Rating to start from; it is learned'),
});
const crossEntropy = z.strictObject({
  labelSmoothing: rate.default(0).describe('Share of the target that is spread over all classes'),
});
const focal = z.strictObject({
  gamma: z
    .number()
    .nonnegative()
    .default(2)
    .describe('How much easy examples are played down; 0 is cross-entropy'),
});
const huber = z.strictObject({
  delta: z.number().positive().default(1).describe('Distance at which it turns linear'),
});
const topKAccuracy = z.strictObject({
  k: size.default(5).describe('How many of the largest outputs count'),
});

const empty = z.strictObject({});

export const configs = {
  mlp,
  cnn,
  transformer,
  factorization,
  digits,
  mnist: publicSet,
  fashionMnist: publicSet,
  cifar10: publicSet,
  blobs,
  spirals,
  leastSquares,
  separable,
  text,
  ratings,
  reconstruction,
  crossEntropy,
  focal,
  mse: empty,
  binaryCrossEntropy: empty,
  huber,
  accuracy: empty,
  errorRate: empty,
  rmse: empty,
  perplexity: empty,
  bitsPerCharacter: empty,
  topKAccuracy,
};

/** A component's options with defaults filled in. */
export type Config<K extends keyof typeof configs> = z.output<(typeof configs)[K]>;
