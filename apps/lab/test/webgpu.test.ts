import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '@core/tensor';
import { deviceIsMissing } from '@tooling/swiftshader';
import { describe, expect, test } from 'vitest';
import { lab, project } from './support/harness.js';

/** The demo's network on real digits: fifty steps. */
const recipe = `
dataset: { use: basics/digits, train: 400, test: 100 }
model: { use: basics/cnn, channels: [4, 8], norm: batch }
loss: { use: basics/cross-entropy }
metrics: [{ use: basics/top-k-accuracy, k: 3 }]
optimizers:
  - { name: sgd, use: optim/sgd, learningRate: 0.03, momentum: 0.9, nesterov: true }
epochs: 1
batchSize: 8
seed: 1
`;

async function curve(cwd: string, backend: string): Promise<readonly Record<string, number>[]> {
  const said = await lab(['run', 'digits.yaml', '--out', backend, '--backend', backend, '--quiet'], { cwd });
  expect(said).toEqual({ code: 0, stdout: '', stderr: '' });
  const lines = readFileSync(join(cwd, backend, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, number>);
}

const start = async (): Promise<void> => {
  await useBackend('webgpu');
  await useBackend('cpu');
};

describe.skipIf(await deviceIsMissing(start))('the digits network on WebGPU', () => {
  test('learns along the curve of the CPU', async () => {
    const cwd = project({ 'digits.yaml': recipe });
    const [cpu, webgpu] = [await curve(cwd, 'cpu'), await curve(cwd, 'webgpu')];
    expect(webgpu.length).toBe(cpu.length);
    cpu.forEach(({ loss, step }, i) =>
      expect(Math.abs(webgpu[i]!['loss']! - loss!), `step ${step}`).toBeLessThan(1e-3),
    );
    const first = cpu[0]!['loss']!;
    expect(webgpu.at(-1)!['loss']!).toBeLessThan(0.7 * first);
  }, 300_000);
});
