import { readFileSync } from 'node:fs';
import { describePlugin } from '@core/registry/testing';
import { random, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import plugin from '../src/plugin.js';
import { randomSpd } from '../src/index.js';

const inputShape = [4, 4];
const input = (seed: number): Tensor =>
  randomSpd(random.key(seed), 4, { shape: [6], condition: 30, dtype: 'float64' });
const norm = { inputShape, input };

await describePlugin({ describe, it }, plugin, {
  configs: {
    'spd-net': { sizes: [4], norm: 'generalizedBuresWasserstein' },
    'tsm-net': { temporalKernel: 3, spatialFilters: 5, sizes: [3], norm: 'affineInvariant' },
  },
  laws: {
    'tsm-net': { inputShape: [4, 30] },
    'gbw-batch-norm': norm,
    'lie-batch-norm': norm,
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
