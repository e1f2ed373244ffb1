import { definePlugin, lazySchema, type Entries } from '@core/registry';
import { version } from '../package.json';
import type { configs as Configs } from './configs.js';

/** Schemas are most of a manifest, so they stay out of it until a config is checked. */
const config = <K extends keyof typeof Configs>(name: K) =>
  lazySchema(async () => (await import('./configs.js')).configs[name]);

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
      config: config('mlp'),
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
      config: config('cnn'),
      load: async () => ({ create: (await import('./models/cnn.js')).cnn }),
    },
    transformer: {
      kind: 'model',
      title: 'Transformer',
      summary: 'Decoder-only: at each position the logits of the next token, from those up to it.',
      paper: {
        title: 'Attention Is All You Need',
        year: 2017,
        url: 'https://arxiv.org/abs/1706.03762',
      },
      config: config('transformer'),
      load: async () => ({ create: (await import('./models/transformer.js')).transformer }),
    },
    factorization: {
      kind: 'model',
      title: 'Matrix factorisation',
      summary: 'A rating from vectors and biases of user and item.',
      paper: {
        title: 'Matrix Factorization Techniques for Recommender Systems',
        year: 2009,
        url: 'https://doi.org/10.1109/MC.2009.263',
      },
      config: config('factorization'),
      load: async () => ({ create: (await import('./models/factorization.js')).factorization }),
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
      config: config('digits'),
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
      config: config('mnist'),
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
      config: config('fashionMnist'),
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
      config: config('cifar10'),
      load: async () => ({ create: (await import('./datasets/public.js')).cifar10 }),
    },
    blobs: {
      kind: 'dataset',
      title: 'Blobs',
      summary: 'Clouds of points on the plane, one for each class: easy, made on the spot.',
      config: config('blobs'),
      load: async () => ({ create: (await import('./datasets/toys.js')).blobs }),
    },
    spirals: {
      kind: 'dataset',
      title: 'Spirals',
      summary:
        'Interleaved spirals on the plane, one for each class: not linearly separable, made on the spot.',
      config: config('spirals'),
      load: async () => ({ create: (await import('./datasets/toys.js')).spirals }),
    },
    'least-squares': {
      kind: 'dataset',
      title: 'Least squares',
      summary: 'Linear regression with an ill-conditioned, rotated covariance, made on the spot.',
      config: config('leastSquares'),
      load: async () => ({ create: (await import('./datasets/linear.js')).leastSquares }),
    },
    separable: {
      kind: 'dataset',
      title: 'Separable',
      summary: 'Two classes with a plane between them, and features of very different scales.',
      config: config('separable'),
      load: async () => ({ create: (await import('./datasets/linear.js')).separable }),
    },
    text: {
      kind: 'dataset',
      title: 'Text',
      summary: "The next character of English text: 150,000 characters of this project's own documentation.",
      config: config('text'),
      load: async () => ({ create: (await import('./datasets/text.js')).text }),
    },
    ratings: {
      kind: 'dataset',
      title: 'Ratings',
      summary:
        "Entries of a matrix of users' ratings of items: low rank, biases and noise, made on the spot.",
      config: config('ratings'),
      load: async () => ({ create: (await import('./datasets/ratings.js')).ratings }),
    },
    reconstruction: {
      kind: 'dataset',
      title: 'Reconstruction',
      summary: "Another dataset's inputs, to be given back: what autoencoders learn.",
      config: config('reconstruction'),
      load: () => import('./components/reconstruction.js'),
    },
    'cross-entropy': {
      kind: 'loss',
      title: 'Cross-entropy',
      summary: '-log softmax of the labelled class, averaged; for class numbers or probabilities.',
      config: config('crossEntropy'),
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
      config: config('focal'),
      load: async () => ({ create: (await import('./losses.js')).focal }),
    },
    mse: {
      kind: 'loss',
      title: 'Mean squared error',
      summary: '(output - target)², averaged.',
      config: config('mse'),
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
      config: config('huber'),
      load: async () => ({ create: (await import('./losses.js')).huber }),
    },
    'binary-cross-entropy': {
      kind: 'loss',
      title: 'Binary cross-entropy',
      summary: 'Of yes/no answers or values in [0, 1], each by itself, from logits.',
      config: config('binaryCrossEntropy'),
      load: async () => ({ create: (await import('./losses.js')).binaryCrossEntropy }),
    },
    accuracy: {
      kind: 'metric',
      title: 'Accuracy',
      summary: 'Share of labels at which the largest output is.',
      config: config('accuracy'),
      load: async () => ({ create: (await import('./metrics.js')).accuracy }),
    },
    'top-k-accuracy': {
      kind: 'metric',
      title: 'Top-k accuracy',
      summary: 'Share of labels that are among the k largest outputs.',
      config: config('topKAccuracy'),
      load: async () => ({ create: (await import('./metrics.js')).topKAccuracy }),
    },
    'error-rate': {
      kind: 'metric',
      title: 'Error rate',
      summary: '1 - accuracy.',
      config: config('errorRate'),
      load: async () => ({ create: (await import('./metrics.js')).errorRate }),
    },
    rmse: {
      kind: 'metric',
      title: 'Root mean squared error',
      summary: "Root of the mean of (output - target)², in the targets' unit.",
      config: config('rmse'),
      load: async () => ({ create: (await import('./metrics.js')).rmse }),
    },
    perplexity: {
      kind: 'metric',
      title: 'Perplexity',
      summary: 'e to the mean cross-entropy: among how many answers the model is undecided.',
      config: config('perplexity'),
      load: async () => ({ create: (await import('./metrics.js')).perplexity }),
    },
    'bits-per-character': {
      kind: 'metric',
      title: 'Bits per character',
      summary: 'Mean cross-entropy in bits.',
      config: config('bitsPerCharacter'),
      load: async () => ({ create: (await import('./metrics.js')).bitsPerCharacter }),
    },
  },
});

declare module '@core/registry' {
  // The ids and config types of this plugin, for `registry.create`.
  interface Components extends Entries<typeof plugin> {}
}

export default plugin;
