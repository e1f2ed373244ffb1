import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendInfo } from '@core/tensor';
import { beforeAll, afterAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { lab, project } from '../support/harness.js';
import { toyRecipe } from '../support/toyPlugin.js';

// tfjs says which operations it leaves to the host.
beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
afterAll(() => void vi.restoreAllMocks());

interface RunFile {
  readonly set: readonly string[];
  readonly results: readonly { readonly final: { readonly loss: number } }[];
  readonly environment: {
    readonly backend: string;
    readonly backendDescription: string;
    readonly backendsPassedOver?: readonly { readonly name: string }[];
  };
}

async function run(cwd: string, out: string, ...flags: string[]): Promise<RunFile> {
  const said = await lab(['run', 'stripes.yaml', '--out', out, '--quiet', ...flags], { cwd });
  expect(said).toEqual({ code: 0, stdout: '', stderr: '' });
  return JSON.parse(readFileSync(join(cwd, out, 'run.json'), 'utf8')) as RunFile;
}

test('--backend says what computes, which the run keeps, and other commands have the one before', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const cpu = await run(cwd, 'cpu', '--backend', 'cpu');
  const tfjs = await run(cwd, 'tfjs', '--backend', 'tfjs');
  expect(backendInfo().name).toBe('cpu');
  expect(cpu.environment.backend).toBe('cpu');
  expect(tfjs).toMatchObject({ set: ['backend=tfjs'], environment: { backend: 'tfjs' } });
  expect(tfjs.environment.backendDescription).toMatch(/^tfjs 4\./);
  tfjs.results.forEach(({ final }, i) => expect(final.loss).toBeCloseTo(cpu.results[i]!.final.loss, 3));

  const resolved = parse(readFileSync(join(cwd, 'tfjs/recipe.resolved.yaml'), 'utf8')) as object;
  expect(resolved).toMatchObject({ backend: 'tfjs' });
  expect(readFileSync(join(cwd, 'tfjs/report.html'), 'utf8')).toMatch(/tfjs: tfjs 4\.[\d.]+, its \w+ engine/);
});

test('a recipe may say it, and auto takes the best that is there', async () => {
  const cwd = project({ 'stripes.yaml': `${toyRecipe}backend: auto\n` });
  const { environment } = await run(cwd, 'run');
  const order = ['webgpu', 'tfjs', 'cpu'];
  const at = order.indexOf(environment.backend);
  expect(at).toBeGreaterThanOrEqual(0);
  expect(environment.backendsPassedOver!.map(({ name }) => name)).toEqual(order.slice(0, at));
  expect((await run(cwd, 'other', '--backend', 'cpu')).environment.backend).toBe('cpu');
});

test('one that is not there is refused in a line, before a run folder is made', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const { code, stdout, stderr } = await lab(['run', 'stripes.yaml', '--backend', 'cuda'], { cwd });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: backend: there is no backend 'cuda'; available: cpu, .*auto\n$/);
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
});
