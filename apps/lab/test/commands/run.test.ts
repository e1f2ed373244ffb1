import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint } from '@core/data/node';
import { tree, type Tensor, type Tree } from '@core/tensor';
import { evaluationParams } from '@plugins/optim';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { lab, project } from '../support/harness.js';
import { toyRecipe } from '../support/toyPlugin.js';

function onlyRun(cwd: string): string {
  const [name, ...others] = readdirSync(join(cwd, 'runs'));
  expect(others).toEqual([]);
  return join(cwd, 'runs', name ?? '');
}

test('a recipe is trained, and everything is left in a new run folder', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const { code, stdout, stderr } = await lab(['run', 'stripes.yaml'], { cwd });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const folder = onlyRun(cwd);
  expect(folder).toMatch(/runs\/\d{4}-\d\d-\d\d-stripes-[2-9a-z]{4}$/);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe(
    'Training toy/linear on toy/stripes with steep (toy/sgd) and slow (toy/sgd): 2 epochs each in batches of 16, measured on the test split after every epoch.',
  );
  expect(lines.at(-1)).toBe(`Report: ${folder}/report.html`);
  expect(stdout).toMatch(/★ +steep +100\.00 %/);
  expect(readdirSync(folder).sort()).toEqual([
    'checkpoints',
    'metrics.csv',
    'metrics.jsonl',
    'recipe.resolved.yaml',
    'report.html',
    'run.json',
  ]);

  const record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Record<string, unknown>;
  expect(record).toMatchObject({ status: 'finished', seed: 3, title: 'Stripes', plugins: { toy: '1.0.0' } });
  const { pid, startedAt } = record['process'] as { pid: number; startedAt: string };
  expect(pid).toBe(process.pid);
  expect(Math.abs(Date.parse(startedAt) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5000);
  expect(record['provenance']).toMatchObject({
    'optimizers[0]': { use: 'toy/sgd', plugin: 'toy@1.0.0', config: { learningRate: 0.5 } },
  });

  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const measured = rows.filter((row) => row['split'] === 'test');
  expect(measured.map((row) => [row['trial'], row['epoch'], row['step']])).toEqual([
    ['steep', 1, 6],
    ['steep', 2, 12],
    ['slow', 1, 6],
    ['slow', 2, 12],
  ]);
  expect(readFileSync(join(folder, 'metrics.csv'), 'utf8').split('\n')[0]).toBe(
    'trial,split,epoch,step,seconds,loss,accuracy',
  );

  const { params, meta } = await loadCheckpoint(join(folder, 'checkpoints/steep'));
  expect(params).toHaveProperty('weight');
  expect(meta).toMatchObject({ trial: 'steep', epoch: 2, model: { use: 'toy/linear', plugin: 'toy@1.0.0' } });

  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toMatch(/<b>steep<\/b> reached\s+<b>100\.00 %<\/b>/);
});

test('the resolved recipe gives the same numbers again', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  await lab(['run', 'stripes.yaml', '--out', 'a'], { cwd });
  const again = await lab(['run', 'a/recipe.resolved.yaml', '--out', 'b', '--quiet'], { cwd });
  expect(again).toEqual({ code: 0, stdout: '', stderr: '' });
  const numbers = (folder: string): unknown[] =>
    readFileSync(join(cwd, folder, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));
  expect(numbers('b')).toEqual(numbers('a'));
  const resolved = parse(readFileSync(join(cwd, 'a/recipe.resolved.yaml'), 'utf8')) as Record<
    string,
    unknown
  >;
  expect(resolved).toMatchObject({
    logEvery: 10,
    dataset: { use: 'toy/stripes', noise: 0.2 },
    optimizers: [{ name: 'steep', learningRate: 0.5 }, {}],
  });
});

test('trials start alike: the same optimizer twice gives the same curve', async () => {
  const cwd = project({ 'twins.yaml': toyRecipe.replace('learningRate: 0.001', 'learningRate: 0.5') });
  await lab(['run', 'twins.yaml', '--out', 'twins', '--quiet'], { cwd });
  const { results } = JSON.parse(readFileSync(join(cwd, 'twins/run.json'), 'utf8')) as {
    results: { final: object }[];
  };
  expect(results[0]?.final).toEqual(results[1]?.final);
});

test('--set changes values by number and by name; schedules, metrics and reports are components too', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const { code, stdout, stderr } = await lab(
    [
      'run',
      'stripes.yaml',
      '--out',
      'run',
      '--set',
      'epochs=1',
      '-s',
      'optimizers.0.learningRate.use=toy/halving'.replace(
        '.use=toy/halving',
        '={ use: toy/halving, start: 0.4 }',
      ),
      '-s',
      'optimizers.slow.learningRate=0.01',
      '-s',
      'metric=toy/misses',
      '-s',
      'report=toy/summary',
    ],
    { cwd },
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const record = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as Record<string, unknown>;
  expect(record).toMatchObject({
    lead: { name: 'misses', goal: 'min' },
    results: [{ steps: 6, final: { misses: expect.any(Number) as number } }, {}],
  });
  expect(record['provenance']).toMatchObject({ 'optimizers[1]': { config: { learningRate: 0.01 } } });
  expect(stdout).toContain('test misses');
  expect(readFileSync(join(cwd, 'run/reports/summary/summary.txt'), 'utf8')).toBe('Stripes: steep, slow\n');
});

test('training can start from the parameters of a checkpoint', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  await lab(['run', 'stripes.yaml', '--out', 'first', '--quiet'], { cwd });
  const { code } = await lab(
    [
      'run',
      'stripes.yaml',
      '--out',
      'second',
      '-q',
      '-s',
      'startFrom=first/checkpoints/steep',
      '-s',
      'optimizers.steep.learningRate=0',
      '-s',
      'epochs=1',
    ],
    { cwd },
  );
  expect(code).toBe(0);
  const first = await loadCheckpoint(join(cwd, 'first/checkpoints/steep'));
  const second = await loadCheckpoint(join(cwd, 'second/checkpoints/steep'));
  const weights = (params: unknown): unknown =>
    (params as { weight: { toArray(): unknown } }).weight.toArray();
  expect(weights(second.params)).toEqual(weights(first.params));
});

test('a trial that diverges is marked and the others go on; if all diverge the run says so', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const one = await lab(
    ['run', 'stripes.yaml', '--out', 'one', '-s', 'optimizers.0={ name: wild, use: toy/runaway }'],
    { cwd },
  );
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/wild diverged: the training loss became (NaN|Infinity) after 6 steps/);
  expect(one.stdout).toMatch(/★ +slow/);
  const all = await lab(['run', 'stripes.yaml', '--out', 'all', '-s', 'optimizers=[{ use: toy/runaway }]'], {
    cwd,
  });
  expect(all.code).toBe(1);
  expect(all.stderr).toMatch(
    /^error: every optimizer diverged: runaway: .*A lower learning rate may help\n$/,
  );
  expect(existsSync(join(cwd, 'all/report.html'))).toBe(true);
});

test('a run that is stopped leaves a folder that can be read', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 300);
  const { code, stderr } = await lab(['run', 'stripes.yaml', '--out', 'run', '--set', 'epochs=100000'], {
    cwd,
    signal: stop.signal,
  });
  clearTimeout(timer);
  expect(code).toBe(130);
  expect(stderr).toBe(`Stopped early. What there is so far: ${join(cwd, 'run/report.html')}\n`);
  const record = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as Record<string, unknown>;
  expect(record).toMatchObject({ status: 'interrupted', results: [{ status: 'stopped' }] });
  const lines = readFileSync(join(cwd, 'run/metrics.jsonl'), 'utf8').trimEnd().split('\n');
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(readFileSync(join(cwd, 'run/report.html'), 'utf8')).toContain('interrupted');
});

test('averages that an optimizer keeps are what is measured and kept', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const averaging = [
    '-s',
    'optimizers=[{ use: optim/schedule-free-sgd, learningRate: 0.5 }, { use: toy/sgd }]',
  ];
  const { code } = await lab(['run', 'stripes.yaml', '--out', 'run', '--quiet', ...averaging], { cwd });
  expect(code).toBe(0);
  const { params, state } = await loadCheckpoint(join(cwd, 'run/checkpoints/schedule-free-sgd'));
  const trained = state as { params: { weight: Tensor }; optimizer: Tree };
  const averages = evaluationParams(trained.optimizer, trained.params);
  expect(tree.leaves(params).map((leaf) => leaf.toArray())).toEqual(
    tree.leaves(averages).map((leaf) => leaf.toArray()),
  );
  expect((await loadCheckpoint(join(cwd, 'run/checkpoints/sgd'))).state).not.toHaveProperty('params');
});
