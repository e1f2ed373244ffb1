import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry } from '@core/registry';
import { describePlugin } from '@core/registry/testing';
import basics from '@plugins/basics/plugin';
import { digits } from '@plugins/basics';
import optim from '@plugins/optim/plugin';
import { random, type Tensor } from '@core/tensor';
import { afterAll, describe, expect, it } from 'vitest';
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
const folder = mkdtempSync(join(tmpdir(), 'series-'));
for (const [split, offset] of Object.entries({ TRAIN: 0, TEST: 1 })) {
  const rows = [1, 2, 3].map(
    (k) => `${k},${k * k},${offset}:${k + offset},${-k},1:${k % 2 === 0 ? 'even' : 'odd'}`,
  );
  writeFileSync(join(folder, `Tiny_${split}.ts`), `@classLabel true even odd\n@data\n${rows.join('\n')}\n`);
}

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
    'ssvep-net': { spatialFilters: 6, temporalFilters: 4, temporalKernel: 5, temporalPadding: 2, sizes: [3] },
    'r-res-net': { size: 4, outputs: 3, input: 'signals' },
    'batch-norm-momentum': { epochs: 4, stepsPerEpoch: 5 },
    'noise-floors': { train: 12, test: 9 },
    'local-covariances': { dataset: { use: 'basics/digits', train: 20, test: 10 }, windows: 2 },
    'series-covariances': { folder },
  },
  laws: {
    'tsm-net': { inputShape: [4, 30] },
    'ssvep-net': { inputShape: [4, 30] },
    'r-res-net': { inputShape: [6, 20] },
    'gbw-batch-norm': norm,
    'lie-batch-norm': norm,
    'moment-probing': { inputShape: [7, 12] },
    'linear-probing': { inputShape: [7, 12] },
    probing: { solver: probe({ head: linearProbing({ outputs: 5 }), optimizer }) },
    probe: { problem },
  },
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('momentum by a schedule', () => {
  it('is a component in a component', async () => {
    const registry = createRegistry([plugin]);
    const momentum = { use: 'spd-norm/batch-norm-momentum', epochs: 3, stepsPerEpoch: 2 } as const;
    for (const name of ['gbw', 'lie'] as const) {
      const layer = await registry.create(`spd-norm/${name}-batch-norm`, { momentum });
      const { state } = layer.init(inputShape);
      expect(Object.keys(state as object)).toContain('count');
    }
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
