import { beforeAll, describe, expect, it } from 'vitest';
import { random, type Tree } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import { mlp } from '@plugins/basics';
import { bip, magnitudePruning, pruningExperiment, solve, type LabelledBatch } from '../../src/index.js';
import { smallDigits } from './digits.js';

const seeds = [0, 1, 2];
const epochs = 20;

/** Mean accuracy over seeds, by method and what is kept. */
const means: Record<string, number> = {};

beforeAll(async () => {
  const add = (name: string, value: number): void => {
    means[name] = (means[name] ?? 0) + value / seeds.length;
  };
  for (const seed of seeds) {
    const experiment = pruningExperiment({
      dataset: smallDigits(1300, 1000, seed),
      model: mlp({ widths: [128, 128] }),
      loss: crossEntropy,
      batchSize: 32,
      randomKeep: 0.05,
    });
    const { problem, evaluate, references } = await experiment.load(random.key(seed));
    for (const [name, scores] of Object.entries(references)) add(name, scores['accuracy'] ?? 0);
    const steps = epochs * Math.ceil(1300 / 32);
    for (const keep of [0.02, 0.01]) {
      const bilevel = bip<Tree, LabelledBatch>({
        keep,
        steps,
        learningRate: 0.05,
        implicitCoefficient: 1e-2,
      });
      const once = magnitudePruning<Tree, LabelledBatch>({ keep, steps: 1 });
      const found = solve(bilevel, problem, { steps, every: steps, key: random.key(seed) }).solution;
      add(`bip ${keep}`, (await evaluate(found))['accuracy'] ?? 0);
      const smallest = once.solution(problem, once.init(problem, random.key(seed)));
      add(`magnitude ${keep}`, (await evaluate(smallest))['accuracy'] ?? 0);
    }
  }
}, 60_000);

describe('on digits of 8 x 8 pixels, 64-128-128-10, mean of three seeds', () => {
  it('BiP is above magnitude pruning by 0.005 with 2 % kept, and by 0.2 with 1 %', () => {
    const gap = (keep: number): number => (means[`bip ${keep}`] ?? 0) - (means[`magnitude ${keep}`] ?? 0);
    expect(gap(0.02)).toBeGreaterThan(0.005);
    expect(gap(0.01)).toBeGreaterThan(0.2);
  });

  it('the dense network is ahead of all, and random masks are far behind', () => {
    expect(means['dense']).toBeGreaterThan(means['bip 0.02'] ?? 1);
    expect(means['random mask, 5 % kept']).toBeLessThan((means['bip 0.02'] ?? 0) - 0.1);
  });
});
