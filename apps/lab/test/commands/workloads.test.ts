import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { main } from '../../src/main.js';
import { project, testTerminal } from '../support/harness.js';

interface Workload {
  readonly recipe: string;
  /** Measures of the test rows. */
  readonly measures: readonly string[];
  /** Headings that the report has, and those that it has not. */
  readonly shown?: readonly string[];
  readonly hidden?: readonly string[];
}

const confusions = 'What was taken for what';
const mistakes = 'What it got wrong';

const workloads: Readonly<Record<string, Workload>> = {
  text: {
    recipe: `
dataset: { use: basics/text, length: 12, vocabulary: 30, train: 40, validation: 9, test: 10 }
model: { use: basics/transformer, vocabulary: 30, width: 8, layers: 1, dropout: 0.1 }
loss: basics/cross-entropy
metrics: [basics/bits-per-character, basics/perplexity, { use: basics/top-k-accuracy, k: 3 }]`,
    measures: ['loss', 'accuracy', 'bits per character', 'perplexity', 'top-3 accuracy'],
    shown: [confusions, 'taken for <b>space</b>'],
    hidden: [mistakes],
  },
  reconstruction: {
    recipe: `
dataset: { use: basics/reconstruction, dataset: { use: basics/digits, train: 40, validation: 9, test: 10 } }
model: { use: basics/mlp, widths: [8], outputs: 784 }
loss: basics/binary-cross-entropy
metrics: [basics/rmse]`,
    measures: ['loss', 'RMSE'],
    hidden: [confusions, mistakes],
  },
  separable: {
    recipe: `
dataset: { use: basics/separable, train: 40, validation: 9, test: 10 }
model: { use: basics/mlp, widths: [], outputs: 2 }
loss: basics/cross-entropy
metrics: [basics/error-rate]`,
    measures: ['loss', 'accuracy', 'error rate'],
    shown: [confusions],
    hidden: [mistakes],
  },
  'least-squares': {
    recipe: `
dataset: { use: basics/least-squares, train: 40, validation: 9, test: 10 }
model: { use: basics/mlp, widths: [], outputs: 1 }
loss: basics/mse`,
    measures: ['loss'],
    hidden: [confusions, mistakes],
  },
  ratings: {
    recipe: `
dataset: { use: basics/ratings, users: 8, items: 8, train: 40, validation: 9, test: 10 }
model: { use: basics/factorization, users: 8, items: 8 }
loss: basics/huber
metrics: [basics/rmse]`,
    measures: ['loss', 'RMSE'],
    hidden: [confusions, mistakes],
  },
};

async function lab(cwd: string, ...argv: string[]): Promise<{ code: number; stderr: string }> {
  const terminal = testTerminal();
  const code = await main(argv, { terminal, cwd });
  return { code, stderr: terminal.stderr() };
}

describe.each(Object.entries(workloads))('%s', (_, { recipe, measures, shown = [], hidden = [] }) => {
  it.each(['test', 'validation'])('trains, is measured on %s, and has a report', async (split) => {
    const cwd = project({ 'recipe.yaml': `${recipe}\noptimizer: optim/adamw\nepochs: 2\nbatchSize: 16\n` });
    const result = await lab(cwd, 'run', 'recipe.yaml', '--out', 'run', '--set', `evaluateOn=${split}`);
    expect(result).toEqual({ code: 0, stderr: '' });
    const rows = readFileSync(join(cwd, 'run/metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const measured = rows.filter((row) => row['split'] === split);
    expect(measured).toHaveLength(2);
    for (const row of measured)
      for (const measure of measures) expect(Number.isFinite(row[measure]), measure).toBe(true);
    for (const { accuracy = 0 } of rows as { accuracy?: number }[]) {
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
    const page = readFileSync(join(cwd, 'run/report.html'), 'utf8');
    expect(page).toContain('Learning curves');
    for (const heading of shown) expect(page).toContain(heading);
    for (const heading of hidden) expect(page).not.toContain(heading);
  });
});

test('measures of sequences agree with each other, in any batches', async () => {
  const recipe = workloads['text']!.recipe;
  const cwd = project({
    'recipe.yaml': `${recipe}\noptimizer: optim/adamw\nepochs: 1\nevaluationBatchSize: 4\n`,
  });
  await lab(cwd, 'run', 'recipe.yaml', '--out', 'run');
  const { results } = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as {
    results: { final: Record<string, number> }[];
  };
  const { loss, accuracy, perplexity, 'bits per character': bits } = results[0]!.final;
  expect(accuracy! * 120).toBeCloseTo(Math.round(accuracy! * 120), 6);
  expect(Math.exp(loss!)).toBeCloseTo(perplexity!, 3);
  expect(loss! / Math.LN2).toBeCloseTo(bits!, 4);
});

test('a model of another vocabulary is refused before anything runs', async () => {
  const recipe = workloads['text']!.recipe.replace(
    'transformer, vocabulary: 30',
    'transformer, vocabulary: 40',
  );
  const cwd = project({ 'recipe.yaml': `${recipe}\noptimizer: optim/adamw\n` });
  const { code, stderr } = await lab(cwd, 'run', 'recipe.yaml');
  expect(code).toBe(1);
  expect(stderr).toContain(
    'model basics/transformer gives [2, 12, 40] for two examples, and basics/text has 30 classes, which needs [2, 12, 30]',
  );
});
