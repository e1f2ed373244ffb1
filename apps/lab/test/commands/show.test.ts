import { backendInfo } from '@core/tensor';
import { describe, expect, test } from 'vitest';
import { lab, project } from '../support/harness.js';

describe('list', () => {
  test('shows components by plugin, and what the backend lacks', async () => {
    const { code, stdout } = await lab(['list', '--plugin', 'toy'], { cwd: project() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^toy 1\.0\.0\n/);
    expect(stdout).toMatch(/toy\/sgd +optimizer +Steepest descent\./);
    expect(stdout).toMatch(/toy\/exact +solver +Needs what no backend has\. +lacks oracle/);
    expect(stdout).toContain('lab describe <component>');
  });

  test('--kind and --json', async () => {
    const cwd = project();
    const text = await lab(['list', '--plugin', 'toy', '--kind', 'model'], { cwd });
    expect(text.stdout).toContain('toy/linear');
    expect(text.stdout).not.toContain('toy/sgd');
    const json = JSON.parse(
      (await lab(['list', '--kind', 'model', '--plugin', 'toy', '--json'], { cwd })).stdout,
    ) as object;
    expect(json).toMatchObject({ components: [{ id: 'toy/linear', kind: 'model', plugin: 'toy@1.0.0' }] });
    expect((await lab(['list', '--plugin', 'toy', '--kind', 'agent'], { cwd })).stdout).toContain(
      'No components of kind agent',
    );
  });
});

describe('describe', () => {
  test('says what a component is and how a recipe names it', async () => {
    const { code, stdout } = await lab(['describe', 'toy/sgd'], { cwd: project() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^toy\/sgd {2}SGD\nSteepest descent\.\n/);
    expect(stdout).toContain('A Stochastic Approximation Method (1951)');
    expect(stdout).toMatch(/learningRate +number >= 0 \| schedule component +0\.5 +Size of a step/);
    expect(stdout).toMatch(/state +4 B in all, nothing for each parameter/);
    expect(stdout).toContain('  optimizers:\n    - use: toy/sgd\n      learningRate: 0.5\n');
  });

  test('needs that are not met, schedules and components without options', async () => {
    const cwd = project();
    expect((await lab(['describe', 'toy/exact'], { cwd })).stdout).toContain(
      'oracle  (the backend lacks oracle)',
    );
    expect((await lab(['describe', 'toy/halving'], { cwd })).stdout).toMatch(
      /learningRate:\n +use: toy\/halving\n +start: 0\.5/,
    );
    expect((await lab(['describe', 'toy/misses'], { cwd })).stdout).toContain('It has no options.');
  });

  test('--json has the JSON schema', async () => {
    const { stdout } = await lab(['describe', 'toy/stripes', '--json'], { cwd: project() });
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'toy/stripes',
      jsonSchema: { properties: { noise: { default: 0.2 } } },
    });
  });
});

describe('doctor', () => {
  test('says what the machine has, with measured speed', async () => {
    const { code, stdout } = await lab(['doctor'], { cwd: project() });
    expect(code).toBe(0);
    expect(stdout).toContain(process.version);
    expect(stdout).toMatch(/matmul \d+ x \d+: \d+\.\d GFLOP\/s in float32, \d+\.\d in float64/);
    expect(stdout).toMatch(/add of 2 million float32: \d+\.\d GB\/s/);
    expect(stdout).toMatch(/toy 1\.0\.0, 12 components/);
    // Each backend with its speed, or with what it needs.
    expect(stdout).toMatch(/\n {2}backend +GFLOP\/s +GB\/s +what/);
    expect(stdout).toMatch(/\n {2}cpu +\d+\.\d +\d+\.\d {2}WebAssembly SIMD/);
    expect(stdout).toMatch(/\n {2}webgpu +(\d+\.\d|-) +(\d+\.\d|-) {2}\w/);
    expect(stdout).toMatch(/\n {2}tfjs wasm +\d+\.\d +\d+\.\d {2}tfjs 4/);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /tfjs tensorflow (- - no engine is there; @tensorflow\/tfjs-node-gpu is not installed; run: npm install|\d)/,
    );
    expect(backendInfo().name).toBe('cpu');
    expect(stdout).toContain('How to get more');
    const { blas } = backendInfo();
    expect(stdout).toContain(`BLAS      ${'name' in blas! ? blas.name : `none: ${blas!.missing}`}`);
    // The command is given where something is missing, and only there.
    if ('missing' in blas!) expect(stdout).toContain(blas.install);
    else expect(stdout).not.toContain('libopenblas0');
  }, 30_000);

  test('--json', async () => {
    const { stdout } = await lab(['doctor', '--json'], { cwd: project() });
    const facts = JSON.parse(stdout) as {
      speed: { matmul: { float32: number } };
      devices: { name: string; missing?: string; speed?: { matmul: { gigaflops: number } } }[];
    };
    expect(facts).toMatchObject({ node: process.version, backend: { name: 'cpu' } });
    expect(facts.speed.matmul.float32).toBeGreaterThan(0);
    expect(facts.devices.slice(0, 3).map(({ name }) => name)).toEqual(['cpu', 'webgpu', 'tfjs tensorflow']);
    for (const { missing, speed } of facts.devices)
      if (missing === undefined) expect(speed!.matmul.gigaflops).toBeGreaterThan(0);
      else expect(missing).toMatch(/\w{3}/);
  }, 30_000);
});
