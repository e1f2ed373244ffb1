import { describe, it } from 'vitest';
import { describePlugin } from '@core/registry/testing';
import plugin from '../src/plugin.js';

const publicSet =
  'its files are downloaded; test/datasets/public.test.ts reads small ones of the same format';
const datasetLaws = [
  'each split has the size and shape that were announced',
  'targets are numbers of the named classes',
  'loading twice gives the same examples',
  'splits differ',
  'pictures have the bytes that their size says',
];

await describePlugin({ describe, it }, plugin, {
  configs: {
    digits: { train: 60, test: 30 },
    reconstruction: { dataset: { use: 'basics/spirals' } },
    transformer: { vocabulary: 11, width: 8, dropout: 0.1 },
    factorization: { users: 9, items: 7 },
  },
  laws: {
    cnn: { inputShape: [1, 20, 20] },
    transformer: { inputShape: [6], inputsBelow: 11 },
    factorization: { inputShape: [2], inputsBelow: 7 },
    mse: { targets: 'values' },
    huber: { targets: 'values' },
    'binary-cross-entropy': { targets: 'values' },
    rmse: { targets: 'values' },
    accuracy: { outputShape: [4, 5, 3] },
    perplexity: { outputShape: [4, 5, 3] },
    'top-k-accuracy': { outputShape: [6, 7] },
  },
  skip: Object.fromEntries(
    ['mnist', 'fashion-mnist', 'cifar10'].flatMap((set) =>
      datasetLaws.map((law) => [`${set}: ${law}`, publicSet] as const),
    ),
  ),
});
