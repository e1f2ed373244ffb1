import { readFileSync } from 'node:fs';
import { describePlugin } from '@core/registry/testing';
import basics from '@plugins/basics/plugin';
import { digits } from '@plugins/basics';
import optim from '@plugins/optim/plugin';
import { random, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import plugin from '../src/plugin.js';
import { linearProbing, probe, probing, randomSpd } from '../src/index.js';
import { adamw } from '@plugins/optim';

const inputShape = [4, 4];
const input = (seed: number): Tensor =>
  randomSpd(random.key(seed), 4, { shape: [6], condition: 30, dtype: 'float64' });
const norm = { inputShape, input };

const backbone = { width: 8, heads: 2, layers: 1, patch: 7, epochs: 1 };
const few = { train: 100, test: 40 };
const pretrainClasses = [0, 1, 2, 3, 4];
const { problem } = await probing(digits(few), { ...backbone, pretrainClasses }).load(random.key(1));
const optimizer = adamw({ learningRate: 0.01 });

await describePlugin({ describe, it }, plugin, {
  with: [basics, optim],
  configs: {
    'spd-net': { sizes: [4], norm: 'generalizedBuresWasserstein' },
    'tsm-net': { temporalKernel: 3, spatialFilters: 5, sizes: [3], norm: 'affineInvariant' },
    'moment-probing': { hidden: 32, outputs: 3 },
    'backbone-features': { dataset: { use: 'basics/digits', ...few }, ...backbone, pretrainClasses },
    probing: { dataset: { use: 'basics/digits', ...few }, ...backbone, pretrainClasses },
    probe: {
      head: { use: 'spd-norm/moment-probing', hidden: 32, outputs: 5 },
      psrp: { reduction: 2 },
      optimizer: { use: 'optim/adamw', learningRate: 0.01 },
    },
  },
  laws: {
    'tsm-net': { inputShape: [4, 30] },
    'gbw-batch-norm': norm,
    'lie-batch-norm': norm,
    'moment-probing': { inputShape: [7, 12] },
    'linear-probing': { inputShape: [7, 12] },
    probing: { solver: probe({ head: linearProbing({ outputs: 5 }), optimizer }) },
    probe: { problem },
  },
});

describe('the manifest', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(plugin.version).toBe(version);
  });
});
