import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RaceResults } from '../../src/race/results.js';
import { lab, project } from '../support/harness.js';

// Three small workloads, 5 trials in 1 study, on the clock of steps.
const race = `
clock: steps
trials: 5
seed: 1
workloads:
  - name: digits
    dataset: { use: basics/digits, train: 600, validation: 200, test: 200 }
    model: { use: basics/mlp, widths: [32] }
    loss: basics/cross-entropy
    metric: basics/error-rate
    target: 0.25
    batchSize: 32
    maxSteps: 80
    evaluateEvery: 5
  - name: least-squares
    dataset: { use: basics/least-squares, train: 300, conditionNumber: 50 }
    model: { use: basics/mlp, widths: [], outputs: 1 }
    loss: basics/mse
    target: 0.3
    batchSize: 32
    maxSteps: 120
    evaluateEvery: 5
  - name: ratings
    dataset: { use: basics/ratings, train: 3000 }
    model: basics/factorization
    loss: basics/mse
    metric: basics/rmse
    target: 0.9
    batchSize: 128
    maxSteps: 120
    evaluateEvery: 5
submissions:
  - name: adamw
    optimizer:
      use: optim/adamw
      learningRate: { use: optim/warmup-cosine, peak: 1e-3, warmupSteps: { shareOfSteps: 0.05 }, steps: { shareOfSteps: 1 } }
    search: { learningRate.peak: { min: 1e-3, max: 0.3, scale: log } }
  - name: sgd
    optimizer: { use: optim/sgd, learningRate: 1e-3 }
`;

test('tuned AdamW scores above SGD as it comes, and the same seed gives the same bytes', async () => {
  const cwd = project({ 'race.yaml': race });
  for (const out of ['a', 'b']) {
    const { code, stderr } = await lab(['run', 'race.yaml', '--out', out, '--quiet'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
  }
  const [a, b] = ['a', 'b'].map((folder) => readFileSync(join(cwd, folder, 'scores.json'), 'utf8'));
  expect(b).toBe(a);
  const { scores, ratios } = JSON.parse(a ?? '') as RaceResults;
  expect(scores['adamw']).toBe(1);
  expect(scores['sgd']).toBeLessThan(scores['adamw'] ?? 0);
  expect(Object.keys(ratios['adamw'] ?? {})).toEqual(['digits', 'least-squares', 'ratings']);
}, 60_000);
