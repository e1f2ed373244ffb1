import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definePlugin } from '@core/registry';
import { where, type Tensor } from '@core/tensor';
import { z } from 'zod';
import { lab, project } from '../support/harness.js';
import { toy, toyRecipe } from '../support/toyPlugin.js';

/** A loss that is NaN, and its gradients with it, for batches that begin with the last class. */
const spoilt = definePlugin({
  contract: 1,
  name: 'spoilt',
  version: '1.0.0',
  components: {
    loss: {
      kind: 'loss',
      title: 'Spoilt',
      summary: 'NaN now and then.',
      config: z.strictObject({}),
      load: async () => ({
        create: () => (outputs: Tensor, targets: Tensor) =>
          outputs
            .square()
            .mean()
            .mul(where(targets.at(0).equal(2), NaN, 1)),
      }),
    },
  },
});

/** What a run with these lines for its optimizers left behind. */
async function run(optimizers: string, loss = 'toy/cross-entropy') {
  const parts = toyRecipe.slice(0, toyRecipe.indexOf('optimizers:')).replace('toy/cross-entropy', loss);
  const recipe = `${parts}optimizers:\n${optimizers}\nepochs: 2\nbatchSize: 16\nlogEvery: 2\n`;
  const cwd = project({ 'run.yaml': recipe });
  const { code, stderr } = await lab(['run', 'run.yaml', '--out', 'run'], {
    cwd,
    plugins: { extra: [toy, spoilt] },
  });
  const read = (name: string): string => readFileSync(join(cwd, 'run', name), 'utf8');
  const rows = read('metrics.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { results } = JSON.parse(read('run.json')) as { results: { status: string; reason?: string }[] };
  return { code, stderr, rows, results, page: read('report.html') };
}

test('an optimizer’s own numbers are curves: Lion’s Lyapunov function', async () => {
  const { code, rows, page } = await run(
    '  - { name: lion, use: optim/lion, learningRate: 0.01, weightDecay: 0.1 }',
  );
  expect(code).toBe(0);
  const train = rows.filter((row) => row['split'] === 'train');
  const energies = train.map((row) => row['lyapunov'] as number);
  expect(energies.every(Number.isFinite)).toBe(true);
  expect(energies.at(-1)).toBeLessThan(energies[0] ?? NaN);
  expect(page).toContain('<h3>Lyapunov</h3>');
});

test('gradients that are not finite end a trial where the recipe says so, and are counted where it does not', async () => {
  const bad = 'inner: { use: toy/sgd, learningRate: 0.1 }';
  const { code, results, rows } = await run(
    [
      `  - { name: strict, use: optim/skip-non-finite, onNonFinite: error, ${bad} }`,
      `  - { name: patient, use: optim/skip-non-finite, ${bad} }`,
      `  - { name: plain, use: toy/sgd, learningRate: 0.1 }`,
    ].join('\n'),
    'spoilt/loss',
  );
  expect([code, ...results.map(({ status }) => status)]).toEqual([0, 'diverged', 'finished', 'diverged']);
  expect(results[0]?.reason).toMatch(
    /^after \d+ steps: skipNonFinite: NaN or infinite gradients; \d updates were skipped, \d in a row up to now$/,
  );
  expect(results[2]?.reason).toMatch(/^the training loss became NaN after \d+ steps$/);
  const patient = rows.filter((row) => row['trial'] === 'patient' && row['split'] === 'train');
  expect(patient.at(-1)?.['skipped']).toBeGreaterThan(0);
  expect(patient.at(-1)?.['skipped']).toBeLessThan(12);
  expect(patient.at(-1)?.['loss']).toBeLessThan(patient[0]?.['loss'] as number);
});
