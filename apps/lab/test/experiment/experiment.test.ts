import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, test } from 'vitest';
import type { SolverRecord } from '../../src/experiment/solverRun.js';
import { lab, project } from '../support/harness.js';

const recipe = `title: Down
experiment: toy/valley
solvers:
  - { name: quick, use: toy/descent, rate: 0.2 }
  - { name: slow, use: toy/descent, rate: 0.001 }
  - { use: toy/stairs }
steps: { quick: 40, slow: 40, stairs: 100 }
every: 10
seed: 2
`;
const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');
const records = (cwd: string, folder: string): SolverRecord[] =>
  JSON.parse(read(cwd, `${folder}/solvers.json`)) as SolverRecord[];
const withoutTimes = (all: readonly SolverRecord[]): unknown =>
  all.map(({ seconds: _, history, ...rest }) => ({
    ...rest,
    history: history.map(({ seconds: _s, ...entry }) => entry),
  }));

describe('lab run with an experiment', () => {
  test('runs every solver, judges what it found and leaves a folder', async () => {
    const cwd = project({ 'down.yaml': recipe });
    const { code, stdout, stderr } = await lab(['run', 'down.yaml', '--out', 'run'], { cwd });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Solving toy\/valley with quick \(toy\/descent\), slow \(toy\/descent\) and stairs: up to 100 steps each\.\n/,
    );
    expect(stdout).toMatch(/quick {2}40 steps in .* {2}height 1 {2}share of the way 1\n/);
    expect(stdout).toMatch(/ staying there +1[0-2]\d\.\d/);
    expect(stdout).toContain(`Report: ${join(cwd, 'run/report.html')}\n`);
    expect(readdirSync(join(cwd, 'run')).sort()).toEqual([
      'history.csv',
      'recipe.resolved.yaml',
      'report.html',
      'run.json',
      'solvers.json',
      'states',
    ]);
    const [quick, slow, stairs] = records(cwd, 'run');
    expect(quick).toMatchObject({ use: 'toy/descent', status: 'finished', steps: 40 });
    // A traced solver is measured at its start too; a search after its steps, until it is finished.
    expect(quick?.history.map(({ step, oracleCalls }) => [step, oracleCalls])).toEqual([
      [0, 0],
      [10, 20],
      [20, 40],
      [30, 60],
      [40, 80],
    ]);
    expect(stairs?.history.map(({ step, level }) => [step, level])).toEqual([[10, 1]]);
    expect(stairs?.scores).toEqual({ height: 1, 'share of the way': 1 });
    expect(slow?.scores['height']).toBeGreaterThan(80);
    expect(JSON.parse(read(cwd, 'run/run.json'))).toMatchObject({
      kind: 'experiment',
      status: 'finished',
      solvers: { done: 3, all: 3 },
      scores: { stairs: { height: 1 } },
    });
    expect(read(cwd, 'run/history.csv').split('\n')[0]).toBe('solver,step,slope,oracleCalls,seconds,level');
    const report = read(cwd, 'run/report.html');
    expect(report).toMatch(/has the best height,\s+<b>1<\/b>/);
    expect(report).toContain('<text>quick,slow,stairs</text>');
    expect(report).toContain('Places: how often x occurs');
    expect(report).toContain('Way: x over step');
    expect(report).toContain('slope: slope over oracle calls');
  });

  test('is the same again from its resolved recipe, and another with another seed', async () => {
    const cwd = project({ 'down.yaml': recipe });
    await lab(['run', 'down.yaml', '--out', 'a', '--quiet'], { cwd });
    const again = await lab(['run', 'a/recipe.resolved.yaml', '--out', 'b', '--quiet'], { cwd });
    expect(again).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(withoutTimes(records(cwd, 'b'))).toEqual(withoutTimes(records(cwd, 'a')));
    await lab(['run', 'down.yaml', '--out', 'c', '--quiet', '--set', 'seed=4'], { cwd });
    expect(withoutTimes(records(cwd, 'c'))).not.toEqual(withoutTimes(records(cwd, 'a')));
  });

  test('stops at Ctrl-C with a folder that can be read, and goes on from it to the same bits', async () => {
    const cwd = project({ 'down.yaml': recipe });
    await lab(['run', 'down.yaml', '--out', 'whole', '--quiet', '--set', 'steps.slow=2000'], { cwd });
    const stop = new AbortController();
    const set = ['--set', 'steps.slow=2000'];
    const { code, stderr } = await lab(['run', 'down.yaml', '--out', 'part', '--quiet', ...set], {
      cwd,
      signal: stop.signal,
      // As soon as the first solver is on disk.
      stopsItself: () => {
        const look = setInterval(() => {
          if (!existsSync(join(cwd, 'part/solvers.json'))) return;
          clearInterval(look);
          stop.abort();
        }, 1);
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/^Stopped early\. .*\nGo on: lab run .*down\.yaml --resume .*part\n$/);
    expect(JSON.parse(read(cwd, 'part/run.json'))).toMatchObject({ status: 'interrupted' });
    expect(read(cwd, 'part/report.html')).toContain('interrupted');
    const before = records(cwd, 'part');
    expect(before[0]?.status).toBe('finished');
    expect(before.length).toBeLessThan(3);

    const resumed = await lab(['run', 'down.yaml', '--resume', 'part', '--quiet', ...set], { cwd });
    expect(resumed.stderr).toBe('');
    expect(withoutTimes(records(cwd, 'part'))).toEqual(withoutTimes(records(cwd, 'whole')));
    // Solvers that were finished before are in the pictures too.
    expect(read(cwd, 'part/report.html')).toContain('<text>quick,slow,stairs</text>');
  });

  test('a solver that diverges gets no scores, and the others go on', async () => {
    const cwd = project({ 'down.yaml': recipe });
    const { code, stdout } = await lab(
      ['run', 'down.yaml', '--out', 'run', '--set', 'solvers.slow.rate=1e9'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /slow {2}10 steps in .* {2}diverged: slope became (NaN|Infinity) after 10 steps\n/,
    );
    const [, slow, stairs] = records(cwd, 'run');
    expect(slow).toMatchObject({ status: 'diverged', scores: {} });
    expect(stairs?.status).toBe('finished');
    const all = await lab(['run', 'down.yaml', '--quiet', '--set', 'solvers=[{"use":"toy/descent","rate":1e9}]', '--set', 'steps=20'], { cwd }); // prettier-ignore
    expect(all.code).toBe(1);
    expect(all.stderr).toMatch(/no solver found anything: descent: slope became/);
  });

  test('mistakes are said before anything is loaded', async () => {
    const cwd = project({ 'down.yaml': recipe });
    const said = async (...set: string[]): Promise<string> => {
      const { code, stderr } = await lab(['run', 'down.yaml', '--out', 'run', ...set.flatMap((one) => ['--set', one])], { cwd }); // prettier-ignore
      expect(code).not.toBe(0);
      expect(existsSync(join(cwd, 'run'))).toBe(false);
      return stderr;
    };
    expect(await said('steps={"quick":3,"stears":4}')).toContain(
      'steps names stears; the solvers are quick, slow, stairs',
    );
    expect(await said('steps={"quick":3}')).toContain('steps has no number for slow, stairs');
    expect(await said('solvers.quick.use=toy/desent')).toMatch(/did you mean toy\/descent\?/);
    expect(await said('experiment=toy/stripes')).toMatch(/experiment/);
    expect(await said('epochs=3')).toMatch(/epochs/);
  });
});
