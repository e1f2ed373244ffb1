import { afterEach, describe, expect, it } from 'vitest';
import { backendInfo, tensor, useBackend } from '../src/index.js';
import { startBest } from '../src/backends/auto.js';
import type { Candidate, Start } from '../src/backends/auto.js';
import type { Backend } from '../src/backends/backend.js';
import { unfitEngine } from '../src/backends/tfjs/gpuEngine.js';
import { isSoftwareAdapter, unfitAdapter } from '../src/backends/webgpu/adapters.js';
import { BackendError } from '../src/errors.js';

afterEach(async () => {
  await useBackend('cpu');
});

/** Starts nothing; those whose name is in `broken` throw as `useBackend` does. */
function fakeStart(broken: Readonly<Record<string, string>> = {}): { start: Start; asked: unknown[] } {
  const asked: unknown[] = [];
  const start: Start = async (name, options) => {
    asked.push([name, options]);
    const reason = broken[name];
    if (reason === undefined) return { name } as Backend;
    throw new BackendError(`useBackend: '${name}' could not start: ${reason}`, { cause: new Error(reason) });
  };
  return { start, asked };
}

const list = (unfit: Readonly<Record<string, () => Promise<string | undefined>>>): readonly Candidate[] => [
  { name: 'fast', options: { a: 1 }, unfit: unfit['fast'] ?? (async () => undefined) },
  { name: 'middle', unfit: unfit['middle'] ?? (async () => undefined) },
  { name: 'sure' },
];

describe('the best backend', () => {
  it('is the first that is fit, and no other is started', async () => {
    const { start, asked } = fakeStart();
    const { backend, passedOver } = await startBest(start, list({}));
    expect([backend.name, passedOver, asked]).toEqual(['fast', [], [['fast', { a: 1 }]]]);
  });

  it('is the next one where one is unfit or does not start, with each reason', async () => {
    const { start, asked } = fakeStart({ middle: 'middle: its device was lost' });
    const { backend, passedOver } = await startBest(
      start,
      list({ fast: async () => Promise.reject(new BackendError('fast: the driver is missing')) }),
    );
    expect(backend.name).toBe('sure');
    expect(passedOver).toEqual([
      { name: 'fast', reason: 'the driver is missing' },
      { name: 'middle', reason: 'its device was lost' },
    ]);
    expect(asked).toEqual([
      ['middle', {}],
      ['sure', {}],
    ]);
    const second = await startBest(start, list({ fast: async () => 'it is slow' }));
    expect(second.passedOver[0]).toEqual({ name: 'fast', reason: 'it is slow' });
  });

  it('is none where nothing starts', async () => {
    const broken = { fast: 'one', middle: 'two', sure: 'three' };
    await expect(startBest(fakeStart(broken).start, list({}))).rejects.toThrow(
      'fast: one; middle: two; sure: three',
    );
  });
});

describe('an adapter', () => {
  const info = { vendor: '', architecture: '', device: '', description: '' };

  it.each([
    { ...info, vendor: 'google', architecture: 'swiftshader' },
    { ...info, vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { ...info, description: 'Microsoft Basic Render Driver' },
    { ...info, vendor: 'nvidia', isFallbackAdapter: true },
  ])('of software is no GPU: %j', async (names) => {
    expect(isSoftwareAdapter(names)).toBe(true);
    expect(await unfitAdapter(async () => ({ info: names as GPUAdapterInfo }))).toMatch(
      /^its adapter \(.+\) is no GPU but a program on the processor$/,
    );
  });

  it.each([
    { ...info, vendor: 'nvidia', architecture: 'ampere', description: 'NVIDIA A100-SXM4-40GB' },
    { ...info, vendor: 'apple', architecture: 'metal-3', isFallbackAdapter: false },
    // Browsers may hide all names.
    info,
  ])('of a card is one: %j', async (names) => {
    expect(isSoftwareAdapter(names)).toBe(false);
    expect(await unfitAdapter(async () => ({ info: names as GPUAdapterInfo }))).toBeUndefined();
  });
});

describe("TensorFlow's engine", () => {
  it('must be the one for GPUs, and find one; the other is not even looked for', async () => {
    const asked: string[] = [];
    const reason = await unfitEngine(async (name) => {
      asked.push(name);
      throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    expect(reason).toBe(
      '@tensorflow/tfjs-node-gpu is not installed; run: npm install @tensorflow/tfjs-node-gpu@4.22.0',
    );
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu']);
    const loaded = (isUsingGpuDevice: boolean) => async () => ({
      findBackendFactory: () => ({}),
      setBackend: async () => true,
      engine: () => ({ backend: { isUsingGpuDevice } }),
    });
    expect(await unfitEngine(loaded(false))).toMatch(/found no CUDA/);
    expect(await unfitEngine(loaded(true))).toBeUndefined();
  });
});

describe("useBackend('auto')", () => {
  it('takes one that computes, says why others were passed over, and has no options', async () => {
    const info = await useBackend('auto');
    expect(backendInfo().name).toBe(info.name);
    expect(info.passedOver!.map(({ name }) => name)).toEqual(
      ['webgpu', 'tfjs', 'cpu'].slice(0, ['webgpu', 'tfjs', 'cpu'].indexOf(info.name)),
    );
    for (const { reason } of info.passedOver!) expect(reason).toMatch(/\w{3}/);
    const [sum] = await tensor([1, 2]).add(1).sum().data();
    expect(sum).toBe(5);
    await expect(useBackend('auto', { threads: 2 })).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: "useBackend: 'auto' has no options, got 'threads'; name a backend to give it some",
    });
  });
});
