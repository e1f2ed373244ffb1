import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '@core/tensor';
import { describePlugin } from '@core/registry/testing';
import basics from '@plugins/basics/plugin';
import optim from '@plugins/optim/plugin';
import plugin from '../src/plugin.js';
import { f2sa, lvHba } from '../src/index.js';
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
const sgd = { use: 'optim/sgd', learningRate: 0.1 };

await describePlugin({ describe, it }, plugin, {
  configs: {
    loop: { inner: sgd, outer: sgd, hypergradient: { method: 'cg', iterations: 8 } },
    'hyper-cleaning': quick,
    'weight-decay': quick,
    svm: quick,
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
  },
  with: [optim, basics],
});

describe('the manifest', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(plugin.version).toBe(version);
  });
});
