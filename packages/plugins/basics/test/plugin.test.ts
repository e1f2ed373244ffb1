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
  configs: { digits: { train: 60, test: 30 } },
  laws: {
    cnn: { inputShape: [1, 20, 20] },
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
