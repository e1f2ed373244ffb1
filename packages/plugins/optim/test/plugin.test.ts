import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describePlugin } from '@core/registry/testing';
import type { Tensor } from '@core/tensor';
import { adamwProgram, affineSum, blockProblems, programText } from '../src/index.js';
import plugin from '../src/plugin.js';
import { separable, smallSum } from './solvers/problems.js';
import { randomTensor } from './support.js';

const adam = { use: 'optim/adam' };

/** Options that have no default. */
const configs = {
  mfac: { windowSize: 8, damping: 0.1 },
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
  program: { program: programText(adamwProgram()) },
  'program-search': { programs: 8, population: 4, tournament: 2, funnel: false },
  'lora-limits': { length: 32, gammas: [0.5, 2], degrees: [2, 4] },
  paths: { optimizers: [adam], steps: 20 },
};

// Muon's rate is its matrices'; the optimizer of what is no matrix has one of its own.
const muon = {
  learningRate: (rate: number) => ({
    learningRate: rate,
    others: { use: 'optim/adamw', learningRate: rate },
  }),
};

// Its curvature leaves central differences 1.2e-5 off; soap.test.ts compares with a finer one to 1e-6.
const soap = { gradientTolerance: 1e-4 };

/** Small problems for the solvers' laws. */
const sum = affineSum(smallSum(1));
const residual = { problem: sum, decreases: 'residual' };
const sides = { problem: separable(1, 40, 3), decreases: 'loss' };
const laws = {
  muon,
  soap,
  'halpern-cocoercive': residual,
  'halpern-lipschitz': { ...residual, steps: 200 },
  'halpern-deterministic': residual,
  'vr-forb': { ...residual, steps: 200 },
  extragradient: residual,
  'extra-anchored-gradient': residual,
  svrg: { ...residual, steps: 200 },
  saga: { ...residual, steps: 200 },
  lbfgs: {
    problem: {
      ...sum,
      full: (u: Tensor) => u.sub(1),
      value: (u: Tensor) => u.sub(1).square().sum().mul(0.5),
    },
  },
  'logistic-gd': sides,
  'batch-perceptron': { problem: sides.problem },
  perceptron: { problem: sides.problem },
  'block-coordinate-descent': {
    problem: blockProblems.leastSquares(randomTensor(1, [6, 8]), [1, 2, 3, 4, 5, 6]),
    decreases: 'loss',
  },
};

await describePlugin({ describe, it }, plugin, { configs, laws });

describe('the manifest', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(plugin.version).toBe(version);
  });
});
