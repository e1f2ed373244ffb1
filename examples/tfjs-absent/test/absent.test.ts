import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';

const told = new Map<string, readonly string[]>();

beforeAll(() => {
  const output = execFileSync(process.execPath, ['absent.mjs'], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
  });
  for (const part of output.trimEnd().split('\n\n')) {
    const [title = '', ...lines] = part.split('\n');
    told.set(
      title,
      lines.map((line) => line.trim()),
    );
  }
}, 120_000);

const cuda =
  '@tensorflow/tfjs-node-gpu found no CUDA; it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1: install them, put their ' +
  'folder into LD_LIBRARY_PATH and see that "ldconfig -p | grep libcudart.so.11" finds it; or compute on the processor: ' +
  'npm install @tensorflow/tfjs-node@4.22.0';
const absent =
  '@tensorflow/tfjs-node-gpu is not installed; run: npm install @tensorflow/tfjs-node-gpu@4.22.0';
const withoutBinary =
  '@tensorflow/tfjs-node-gpu is installed without its binary, which is fetched when it is installed; run: npm rebuild ' +
  '@tensorflow/tfjs-node-gpu (with pnpm: pnpm approve-builds, then pnpm rebuild @tensorflow/tfjs-node-gpu)';

it.each([
  ['The package is not installed', absent],
  ['It is installed without its binary, which its install script would have fetched', withoutBinary],
  ['Its binary is there, and cannot be loaded without CUDA', cuda],
  ['Its binary is loaded, finds no CUDA, and computes on the processor', cuda],
])('%s: the error says what to run, and auto goes on without it', (title, reason) => {
  const [error = '', auto = ''] = told.get(title) ?? [];
  expect(error).toMatch(/^BACKEND: useBackend: 'tfjs' could not start: tfjs: /);
  expect(error).toContain(reason);
  // Where a GPU is reached in another way, tfjs is not even looked at.
  if (auto.startsWith('auto: cpu')) expect(auto).toBe(`auto: cpu, because of tfjs: ${reason}`);
  else expect(auto).toBe('auto: webgpu, because of tfjs: undefined');
});

it('names the package without a GPU, too, where that may help', () => {
  const [error = ''] = told.get('The package is not installed') ?? [];
  expect(error).toContain(
    '@tensorflow/tfjs-node is not installed; run: npm install @tensorflow/tfjs-node@4.22.0',
  );
});
