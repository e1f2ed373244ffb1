import { definePlugin, type Entries } from '@core/registry';
import { z } from 'zod';
import { version } from '../package.json';

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

const publicSet = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that has the files already, packed or unpacked; nothing is downloaded then'),
  offline: z.boolean().default(false).describe('Fail rather than download what is not in the cache folder'),
  train: size.optional().describe('Use only the first so many training examples'),
  test: size.optional().describe('Use only the first so many test examples'),
});

const toy = (noise: number) =>
  z.strictObject({
    classes: size.default(3).describe('Number of classes'),
    train: size.default(300).describe('Training points'),
    test: size.default(150).describe('Test points'),
    noise: z
      .number()
      .nonnegative()
      .default(noise)
      .describe('Standard deviation of the points around their places'),
    seed: z.int().nonnegative().default(0).describe('Seed of the points'),
  });

const plugin = definePlugin({
  contract: 1,
  name: 'basics',
  version,
  requires: { '@core/tensor': '^0.1.0', '@core/registry': '^0.1.0' },
  components: {
    mlp: {
      kind: 'model',
      title: 'Multi-layer perceptron',
      summary: 'Fully connected layers on flattened examples.',
      config: z.strictObject({
        widths: z.array(size).default([128]).describe('Widths of the hidden layers'),
        outputs,
        activation: activation.describe('After each hidden layer'),
        batchNorm: z.boolean().default(false).describe('Batch normalisation before each activation'),
        dropout: rate.default(0).describe('Rate of dropout after each hidden layer'),
      }),
      load: async () => ({ create: (await import('./models/mlp.js')).mlp }),
    },
    cnn: {
      kind: 'model',
      title: 'Convolutional network',
      summary: 'Convolutions with pooling, then fully connected layers, for pictures.',
      paper: {
        title: 'Gradient-based learning applied to document recognition',
        year: 1998,
        url: 'https://doi.org/10.1109/5.726791',
      },
      config: z.strictObject({
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
        norm: z
          .enum(['none', 'batch', 'group'])
          .default('none')
          .describe('Normalisation after each convolution'),
        widths: z
          .array(size)
          .default([])
          .describe('Widths of the hidden layers between the convolutions and the output'),
        outputs,
        dropout: rate.default(0).describe('Rate of dropout before the output and after each hidden layer'),
      }),
      load: async () => ({ create: (await import('./models/cnn.js')).cnn }),
    },
    digits: {
      kind: 'dataset',
      title: 'Handwritten digits',
      summary: "10,000 of MNIST's digits, 28 x 28 grey; needs no download.",
      paper: {
        title: 'Gradient-based learning applied to document recognition',
        year: 1998,
        url: 'https://doi.org/10.1109/5.726791',
      },
      config: z.strictObject({
        train: z.int().positive().max(10_000).default(8000).describe('Training digits'),
        test: z
          .int()
          .positive()
          .max(10_000)
          .default(2000)
          .describe('Test digits, none of them among the training digits'),
        seed: z.int().nonnegative().default(0).describe('Decides which digits go where, and their order'),
      }),
      load: async () => ({ create: (await import('./datasets/digits.js')).digits }),
    },
    mnist: {
      kind: 'dataset',
      title: 'MNIST',
      summary: '60,000 + 10,000 handwritten digits, 28 x 28 grey; 12 MB, downloaded once.',
      paper: {
        title: 'Gradient-based learning applied to document recognition',
        year: 1998,
        url: 'https://doi.org/10.1109/5.726791',
      },
      config: publicSet,
      load: async () => ({ create: (await import('./datasets/public.js')).mnist }),
    },
    'fashion-mnist': {
      kind: 'dataset',
      title: 'Fashion-MNIST',
      summary: '60,000 + 10,000 pictures of clothes, 28 x 28 grey; 31 MB, downloaded once.',
      paper: {
        title: 'Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms',
        year: 2017,
        url: 'https://arxiv.org/abs/1708.07747',
      },
      config: publicSet,
      load: async () => ({ create: (await import('./datasets/public.js')).fashionMnist }),
    },
    cifar10: {
      kind: 'dataset',
      title: 'CIFAR-10',
      summary: '50,000 + 10,000 colour pictures of ten things, 32 x 32; 170 MB, downloaded once.',
      paper: {
        title: 'Learning Multiple Layers of Features from Tiny Images',
        year: 2009,
        url: 'https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf',
      },
      config: publicSet,
      load: async () => ({ create: (await import('./datasets/public.js')).cifar10 }),
    },
    blobs: {
      kind: 'dataset',
      title: 'Blobs',
      summary: 'Clouds of points on the plane, one for each class: easy, made on the spot.',
      config: toy(0.15),
      load: async () => ({ create: (await import('./datasets/toys.js')).blobs }),
    },
    spirals: {
      kind: 'dataset',
      title: 'Spirals',
      summary:
        'Interleaved spirals on the plane, one for each class: not linearly separable, made on the spot.',
      config: toy(0.03),
      load: async () => ({ create: (await import('./datasets/toys.js')).spirals }),
    },
    'cross-entropy': {
      kind: 'loss',
      title: 'Cross-entropy',
      summary: '-log softmax of the labelled class, averaged; for class numbers or probabilities.',
      config: z.strictObject({
        labelSmoothing: rate.default(0).describe('Share of the target that is spread over all classes'),
      }),
      load: async () => ({ create: (await import('./losses.js')).crossEntropy }),
    },
    focal: {
      kind: 'loss',
      title: 'Focal loss',
      summary: 'Cross-entropy that plays down what is already answered well.',
      paper: {
        title: 'Focal Loss for Dense Object Detection',
        year: 2017,
        url: 'https://arxiv.org/abs/1708.02002',
      },
      config: z.strictObject({
        gamma: z
          .number()
          .nonnegative()
          .default(2)
          .describe('How much easy examples are played down; 0 is cross-entropy'),
      }),
      load: async () => ({ create: (await import('./losses.js')).focal }),
    },
    mse: {
      kind: 'loss',
      title: 'Mean squared error',
      summary: '(output - target)², averaged.',
      config: z.strictObject({}),
      load: async () => ({ create: (await import('./losses.js')).mse }),
    },
    huber: {
      kind: 'loss',
      title: 'Huber loss',
      summary: 'Squared near the target, linear far from it.',
      paper: {
        title: 'Robust Estimation of a Location Parameter',
        year: 1964,
        url: 'https://doi.org/10.1214/aoms/1177703732',
      },
      config: z.strictObject({
        delta: z.number().positive().default(1).describe('Distance at which it turns linear'),
      }),
      load: async () => ({ create: (await import('./losses.js')).huber }),
    },
    accuracy: {
      kind: 'metric',
      title: 'Accuracy',
      summary: 'Share of examples whose largest output is at their label.',
      config: z.strictObject({}),
      load: async () => ({ create: (await import('./metrics.js')).accuracy }),
    },
    'top-k-accuracy': {
      kind: 'metric',
      title: 'Top-k accuracy',
      summary: 'Share of examples whose label is among the k largest outputs.',
      config: z.strictObject({
        k: size.default(5).describe('How many of the largest outputs count'),
      }),
      load: async () => ({ create: (await import('./metrics.js')).topKAccuracy }),
    },
  },
});

declare module '@core/registry' {
  // The ids and config types of this plugin, for `registry.create`.
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
