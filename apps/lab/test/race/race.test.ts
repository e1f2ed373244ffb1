import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import type { RaceResults } from '../../src/race/results.js';
import type { TrialRecord } from '../../src/race/trial.js';
import { lab, project } from '../support/harness.js';
import { toyRace } from './sample.js';

const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');
const trialsOf = (cwd: string, folder: string): TrialRecord[] =>
  read(cwd, `${folder}/trials.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TrialRecord);

describe('lab run with a race', () => {
  test('runs every trial, scores them and leaves a folder', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    const { code, stdout, stderr } = await lab(['run', 'race.yaml', '--out', 'race'], { cwd });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Racing 2 submissions on 1 workload and 1 held-out variant: 1 study of 2 trials each, 6 trials in all\. Steps to the target on the test split are scored\.\n/,
    );
    expect(stdout).toMatch(/stripes {2}misses <= 2 after steps: tuned \d+, slow -\n/);
    expect(stdout).toMatch(/1\.000 +tuned +\d+\n0\.000 +slow +-\n/);
    expect(stdout).toContain(`Report: ${join(cwd, 'race/report.html')}\n`);
    expect(readdirSync(join(cwd, 'race')).sort()).toEqual([
      'curves.csv',
      'recipe.resolved.yaml',
      'report.html',
      'run.json',
      'scores.json',
      'trials.jsonl',
    ]);
    const trials = trialsOf(cwd, 'race');
    expect(trials.map(({ workload, submission, trial }) => [workload, submission, trial])).toEqual([
      ['stripes', 'tuned', 0],
      ['stripes', 'tuned', 1],
      ['stripes', 'slow', 0],
      ['noisy', 'tuned', 0],
      ['noisy', 'tuned', 1],
      ['noisy', 'slow', 0],
    ]);
    // Every submission starts a trial from the same parameters with the same batches.
    expect(trials[0]?.seed).toBe(trials[2]?.seed);
    expect(trials[0]?.evaluations[0]).toMatchObject({ step: 4, misses: expect.any(Number) as number });
    expect(trials[2]).toMatchObject({ end: 'complete', steps: 40, hyperparameters: {} });

    const scores = JSON.parse(read(cwd, 'race/scores.json')) as RaceResults;
    expect(scores.ranking).toEqual(['tuned', 'slow']);
    expect(scores.scores).toEqual({ tuned: 1, slow: 0 });
    expect(Object.keys(scores.ratios['tuned'] ?? {})).toEqual(['stripes']);
    const run = JSON.parse(read(cwd, 'race/run.json')) as Record<string, unknown>;
    expect(run).toMatchObject({ kind: 'race', status: 'finished', trials: { done: 6, all: 6 } });
    expect(run['provenance']).toMatchObject({
      'workloads[0].variant.dataset': { use: 'toy/stripes', config: { noise: 0.8, train: 96 } },
      'submissions[0].optimizer': { use: 'toy/sgd', plugin: 'toy@1.0.0' },
    });
    expect(read(cwd, 'race/curves.csv').split('\n')[0]).toBe(
      'workload,submission,study,trial,step,seconds,loss,misses',
    );
    expect(read(cwd, 'race/report.html')).toMatch(/<b>tuned<\/b> scores <b>1<\/b> of 1/);
    expect(parse(read(cwd, 'race/recipe.resolved.yaml'))).toMatchObject({
      clock: 'steps',
      rMax: 4,
      studies: 1,
    });
  });

  test('is the same race again from its resolved recipe: the same bytes', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    await lab(['run', 'race.yaml', '--out', 'a', '--quiet'], { cwd });
    const again = await lab(['run', 'a/recipe.resolved.yaml', '--out', 'b', '--quiet'], { cwd });
    expect(again).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(read(cwd, 'b/scores.json')).toBe(read(cwd, 'a/scores.json'));
    await lab(['run', 'race.yaml', '--out', 'c', '--quiet', '--set', 'seed=4'], { cwd });
    expect(read(cwd, 'c/scores.json')).not.toBe(read(cwd, 'a/scores.json'));
  });

  test('stops at Ctrl-C with a folder that can be read, and goes on from it to the same scores', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    await lab(['run', 'race.yaml', '--out', 'whole', '--quiet'], { cwd });
    const stop = new AbortController();
    const stopped = lab(['run', 'race.yaml', '--out', 'part', '--quiet'], {
      cwd,
      signal: stop.signal,
      // As soon as a trial is on disk.
      stopsItself: () => {
        const look = setInterval(() => {
          if (!existsSync(join(cwd, 'part/trials.jsonl'))) return;
          clearInterval(look);
          stop.abort();
        }, 1);
      },
    });
    const { code, stderr } = await stopped;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^Stopped early\. .*\nGo on: lab run .*race\.yaml --resume .*part\n$/);
    expect(JSON.parse(read(cwd, 'part/run.json'))).toMatchObject({ status: 'interrupted' });
    expect(read(cwd, 'part/report.html')).toContain('interrupted');
    const before = trialsOf(cwd, 'part');
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(6);

    // A process that was killed may leave half a line.
    appendFileSync(join(cwd, 'part/trials.jsonl'), '{"workload":"stri');
    const resumed = await lab(['run', 'race.yaml', '--resume', 'part'], { cwd });
    expect(resumed.stderr).toBe('');
    expect(resumed.stdout).toMatch(/trials? of 6 done before\.\n/);
    expect(trialsOf(cwd, 'part').slice(0, before.length)).toEqual(before);
    expect(trialsOf(cwd, 'part')).toHaveLength(6);
    expect(read(cwd, 'part/scores.json')).toBe(read(cwd, 'whole/scores.json'));
  });

  test('a submission that diverges or fails gets nothing, and the others go on', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    const { code } = await lab(
      ['run', 'race.yaml', '--out', 'race', '--quiet', '--set', 'submissions.slow.optimizer=toy/runaway'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(trialsOf(cwd, 'race')[2]).toMatchObject({ submission: 'slow', end: 'diverged', steps: 2 });
    expect(JSON.parse(read(cwd, 'race/scores.json'))).toMatchObject({ scores: { tuned: 1, slow: 0 } });
  });

  test('the ruleset self searches nothing and allows half as many steps more', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    const self = [
      'ruleset=self',
      'studies=2',
      'submissions=[{ name: slow, optimizer: { use: toy/sgd, learningRate: 0.0001 } }]',
    ];
    const refused = await lab(['run', 'race.yaml', '--set', 'ruleset=self'], { cwd });
    expect(refused.stderr).toMatch(/race\.yaml:\d+:\d+: submissions\[0\]\.search: under the ruleset self/);
    const { code } = await lab(
      ['run', 'race.yaml', '--out', 'self', '--quiet', ...self.flatMap((one) => ['--set', one])],
      { cwd },
    );
    expect(code).toBe(0);
    expect(trialsOf(cwd, 'self').map(({ study, steps }) => [study, steps])).toEqual([
      [0, 60],
      [1, 60],
      [0, 60],
      [1, 60],
    ]);
  });

  test('on the clock of seconds what came too late does not count', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    const limits = ['--set', 'clock=seconds', '--set', 'workloads.stripes.maxSeconds=1e-6'];
    const { code, stdout } = await lab(['run', 'race.yaml', '--out', 'race', ...limits], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('Seconds to the target on the test split are scored.');
    expect(trialsOf(cwd, 'race')[0]).toMatchObject({ end: 'timeout', steps: 1, evaluations: [] });
    expect(JSON.parse(read(cwd, 'race/scores.json'))).toMatchObject({
      clock: 'seconds',
      scores: { tuned: 0 },
    });
  });
});

describe('refusals', () => {
  const refused = async (recipe: string, ...flags: string[]): Promise<string> => {
    const cwd = project({ 'race.yaml': recipe });
    const { code, stdout, stderr } = await lab(['run', 'race.yaml', ...flags], { cwd });
    expect([code, stdout]).toEqual([1, '']);
    expect(existsSync(join(cwd, 'runs'))).toBe(false);
    return stderr;
  };

  test('half a race and half a training run', async () => {
    expect(await refused(`${toyRace}model: toy/linear\nepochs: 3\n`)).toMatch(
      /^error: race\.yaml: a recipe with workloads and submissions is a race, and model, epochs belong to a training run; in a race each workload/,
    );
  });

  test('typos at every depth, with their lines', async () => {
    expect(await refused(toyRace.replace('toy/linear', 'toy/liner'))).toMatch(
      /^error: race\.yaml:8:5: workloads\[0\]\.model(\.use)?: unknown model toy\/liner; did you mean toy\/linear\?/,
    );
    expect(await refused(toyRace.replace('maxSteps', 'maxStep'))).toMatch(
      /workloads\[0\]\.maxStep: .*did you mean maxSteps\?/,
    );
    expect(await refused(toyRace.replace('noise:', 'noize:'))).toMatch(
      /workloads\[0\]\.variant\.dataset\.noize: no such option of toy\/stripes; did you mean noise\?/,
    );
    expect(await refused(toyRace.replace('learningRate: 0.0001', 'learningRat: 0.0001'))).toMatch(
      /race\.yaml:25:\d+: submissions\[1\]\.optimizer\.learningRat: no such option of toy\/sgd/,
    );
    expect(await refused(toyRace.replace('learningRate: { min', 'rate: { min'))).toMatch(
      /submissions\[0\]\.optimizer\.rate: no such option of toy\/sgd/,
    );
  });

  test('searches that are none, names that are taken, references to nobody', async () => {
    expect(await refused(toyRace.replace('min: 0.05', 'min: 0'))).toMatch(
      /submissions\[0\]\.search: learningRate must have min > 0 for the scale 'log', got 0/,
    );
    expect(await refused(toyRace.replace('name: slow', 'name: tuned'))).toMatch(
      /submissions\[1\].*: the name tuned is taken by submissions\[0\]/,
    );
    expect(await refused(toyRace.replace('name: noisy', 'name: stripes'))).toMatch(
      /the name stripes is taken/,
    );
    expect(await refused(toyRace, '--set', 'reference=nobody')).toMatch(
      /reference: no submission is called nobody/,
    );
  });

  test('data and models that do not fit, by the name of the workload', async () => {
    expect(await refused(toyRace, '--set', 'evaluateOn=validation')).toMatch(
      /^error: workload stripes: Stripes has no split validation; it has train, test\n$/,
    );
  });

  test('going on with another race, with nothing, or with a training run', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    await lab(['run', 'race.yaml', '--out', 'race', '--quiet'], { cwd });
    const other = await lab(['run', 'race.yaml', '--resume', 'race', '--set', 'seed=9'], { cwd });
    expect(other.stderr).toMatch(
      /race holds a run of another recipe: there it says "seed: 3", here "seed: 9"/,
    );
    const nothing = await lab(['run', 'race.yaml', '--resume', 'nowhere'], { cwd });
    expect(nothing.stderr).toMatch(/nowhere holds no run to go on with/);
    const both = await lab(['run', 'race.yaml', '--resume', 'race', '--out', 'new'], { cwd });
    expect(both.stderr).toMatch(/--resume goes on in its own folder/);
  });
});

describe('lab targets', () => {
  test('gives the median of the best point’s reruns, and how to race for it', async () => {
    const cwd = project({ 'race.yaml': toyRace });
    const small = ['--points', '3', '--reruns', '3'];
    const { code, stdout } = await lab(['targets', 'race.yaml', ...small], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Measuring 2 targets with tuned: 3 points of each search, 3 runs/);
    expect(stdout).toMatch(
      / {2}--set workloads\.stripes\.target=\S+\n {2}--set workloads\.stripes\.variant\.target=\S+\n$/,
    );
    const json = await lab(['targets', 'race.yaml', '--json', ...small], { cwd });
    const [first] = JSON.parse(json.stdout) as { target: number; reruns: number[]; submission: string }[];
    expect(first).toMatchObject({ workload: 'stripes', metric: 'misses', submission: 'tuned' });
    expect(first?.target).toBe(first?.reruns[1]);
    const slow = await lab(['targets', 'race.yaml', '--with', 'slow', ...small], { cwd });
    expect(slow.stderr).toMatch(/slow is no submission with a search, which targets need; there are tuned/);
  });
});
