import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { describePlugin } from '@core/registry/testing';
import basics from '@plugins/basics/plugin';
import optim from '@plugins/optim/plugin';
import { configs } from '../src/configs.js';
import { checkHypergradientOptions, hypergradientMethods } from '../src/hypergradient/options.js';
import {
  bsvrb,
  f2sa,
  lvHba,
  simulateDag,
  simulateLinearSem,
  simulateWeights,
  topoLinear,
  magnitudePruning,
} from '../src/index.js';
import plugin from '../src/plugin.js';
import { teacherProblem } from './pruning/problems.js';
import { ridge } from './ridge.js';

const { problem, penalties } = ridge(1);
const small = { problem: { ...problem, start: { x: penalties, y: penalties.mul(0) } } };
const constrained = {
  problem: {
    ...small.problem,
    constraints: { value: (_x: Tensor, y: Tensor) => y.sum().reshape([1]).sub(1) },
    projections: {
      joint: ({ x, y }: { x: Tensor; y: Tensor }) => ({ x, y: y.sub(y.sum().sub(1).maximum(0).div(y.size)) }),
    },
  },
};
const blocks = {
  problem: {
    blocks: 3,
    upper: (_i: Tensor, x: Tensor, y: Tensor) => y.sub(1).square().sum().add(x.square().sum()),
    lower: (i: Tensor, x: Tensor, y: Tensor) => y.sub(x).square().sum().mul(i.add(1).cast('float64')),
    start: { x: penalties, y: penalties.mul(0).broadcastTo([3, penalties.size]).mul(1) },
  },
};
const dataset = { use: 'basics/blobs', train: 24, validation: 12, test: 12 };
const quick = { dataset, trainingSteps: 20 };
const graph = simulateDag(random.key(1), 5, 5, 'ER', { dtype: 'float64' });
const structure = {
  problem: { samples: simulateLinearSem(random.key(3), simulateWeights(random.key(2), graph), 100) },
};
const sgd = { use: 'optim/sgd', learningRate: 0.1 };
const pruned = { keep: 0.3, steps: 20 };
const toPrune = { problem: teacherProblem(), decreases: 'loss' };

await describePlugin({ describe, it }, plugin, {
  configs: {
    loop: { inner: sgd, outer: sgd, hypergradient: { method: 'cg', iterations: 8 } },
    'hyper-cleaning': quick,
    'weight-decay': quick,
    svm: quick,
    bip: pruned,
    'magnitude-pruning': { ...pruned, rounds: 4 },
    pruning: {
      dataset: { use: 'basics/digits', train: 64, test: 40 },
      model: { use: 'basics/mlp', widths: [8] },
      loss: { use: 'basics/cross-entropy' },
      denseEpochs: 1,
      finetuneEpochs: 1,
      batchSize: 32,
    },
    'power-law': { value: 0.1, exponent: 0.5 },
    'multi-block-auc': {
      dataset: { use: 'basics/digits', train: 80, validation: 80, test: 80 },
      pool: 14,
      batchSize: 8,
    },
  },
  laws: {
    loop: small,
    'stoc-bio': small,
    f2sa: small,
    bome: small,
    'lv-hba': constrained,
    penalty: small,
    bsvrb: blocks,
    'hyper-cleaning': { solver: f2sa() },
    'weight-decay': { solver: f2sa() },
    svm: { solver: lvHba() },
    topo: structure,
    notears: structure,
    'structure-learning': { solver: topoLinear() },
    bip: toPrune,
    'magnitude-pruning': toPrune,
    pruning: { solver: magnitudePruning({ keep: 0.2, steps: 3 }) },
    'multi-block-auc': { solver: bsvrb({ sampled: 3, vRadius: 10 }) },
  },
  with: [optim, basics],
});

describe('recipes', () => {
  const stepping = ['unroll', 'truncated', 'f2sa'];
  for (const method of hypergradientMethods)
    it(`take ${method}, with the defaults of the code`, () => {
      const rate = stepping.includes(method) ? { learningRate: 0.1 } : {};
      const { hypergradient } = configs.loop.parse({
        inner: sgd,
        outer: sgd,
        hypergradient: { method, ...rate },
      });
      expect(() => {
        checkHypergradientOptions('a recipe', hypergradient);
      }).not.toThrow();
    });
});

describe('the manifest', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(plugin.version).toBe(version);
  });
});
