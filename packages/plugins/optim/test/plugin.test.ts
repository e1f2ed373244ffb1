import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describePlugin } from '@core/registry/testing';
import plugin from '../src/plugin.js';

const adam = { use: 'optim/adam' };

/** Options that have no default. */
const configs = {
  lookahead: { inner: adam },
  accumulate: { inner: adam },
  'clip-by-global-norm': { inner: adam },
  'clip-by-value': { inner: adam },
  'skip-non-finite': { inner: adam },
  'parameter-groups': {
    groups: [{ match: '*s*', optimizer: { use: 'optim/sgd', momentum: 0.9 } }],
    rest: { use: 'optim/lion', learningRate: { use: 'optim/cosine', from: 1e-3, steps: 1000 } },
  },
  warmup: { schedule: { use: 'optim/cosine', from: 1, steps: 50 }, steps: 5 },
  linear: { from: 1, steps: 50 },
  polynomial: { from: 1, steps: 50, power: 2 },
  cosine: { from: 1, steps: 50 },
  exponential: { from: 1, rate: 0.9 },
  piecewise: { boundaries: [5, 50], values: [1, 0.5, 0.1] },
  join: { boundaries: [5], schedules: [1, { use: 'optim/cosine', from: 1, steps: 50 }] },
  'warmup-cosine': { peak: 1, warmupSteps: 5, steps: 50 },
  'one-cycle': { peak: 1, steps: 50 },
};

describePlugin({ describe, it }, plugin, { configs });

describe('the manifest', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(plugin.version).toBe(version);
  });
});
