import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BackendError, jit, registerBackend, tensor, useBackend, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { createTfjsBackend } from '../../src/backends/tfjs/create.js';
import { loadEngine } from '../../src/backends/tfjs/load.js';
import { bind } from '../../src/trace.js';

beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
afterAll(async () => {
  vi.restoreAllMocks();
  await useBackend('cpu');
});

/** An `import()` to which packages give what they would where something is missing. */
const installed =
  (packages: Readonly<Record<string, unknown>>) =>
  async (name: string): Promise<unknown> => {
    const found = packages[name];
    if (found instanceof Error) throw found;
    if (found === undefined)
      throw Object.assign(new Error(`Cannot find package '${name}' imported from /somewhere/load.js`), {
        code: 'ERR_MODULE_NOT_FOUND',
      });
    return found;
  };

const reasonOf = async (options: Parameters<typeof loadEngine>[0], packages = {}): Promise<string> => {
  const error: unknown = await loadEngine(options, installed(packages)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BackendError);
  return (error as BackendError).message;
};

/** A tfjs whose engine starts or not. */
const core = (registered: boolean, starts: boolean, isUsingGpuDevice?: boolean) => ({
  findBackendFactory: () => (registered ? {} : null),
  setBackend: async () => starts,
  engine: () => ({ backend: { isUsingGpuDevice } }),
});

describe('a missing engine', () => {
  it('says which package to install', async () => {
    expect(await reasonOf({ package: 'wasm' })).toBe(
      'tfjs: @tensorflow/tfjs-backend-wasm is not installed; run: npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0',
    );
    expect(await reasonOf({ package: 'cpu' }, { '@tensorflow/tfjs-backend-cpu': {} })).toBe(
      'tfjs: @tensorflow/tfjs-core is not installed; run: npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0',
    );
    const all = await reasonOf({});
    for (const name of [
      'tfjs-node-gpu',
      'tfjs-node',
      'tfjs-backend-webgpu',
      'tfjs-backend-wasm',
      'tfjs-backend-cpu',
    ])
      expect(all).toContain(`@tensorflow/${name} is not installed; run: npm install `);
  });

  it('says how to get a binary that was not fetched', async () => {
    const binding = new Error(
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node.',
    );
    const message = await reasonOf({ package: 'tensorflow' }, { '@tensorflow/tfjs-node-gpu': binding });
    expect(message).toContain(
      '@tensorflow/tfjs-node-gpu is installed without its binary, which is fetched when it is installed; run: npm rebuild @tensorflow/tfjs-node-gpu',
    );
    expect(message).toContain(
      '@tensorflow/tfjs-node is not installed; run: npm install @tensorflow/tfjs-node@4.22.0',
    );
  });

  it('says what CUDA is needed, whether loading fails or no GPU is found', async () => {
    for (const gpu of [
      Object.assign(
        new Error('libcudart.so.11.0: cannot open shared object file: No such file or directory'),
        {
          code: 'ERR_DLOPEN_FAILED',
        },
      ),
      core(true, true, false),
    ])
      expect(await reasonOf({ package: 'tensorflow' }, { '@tensorflow/tfjs-node-gpu': gpu })).toMatch(
        /@tensorflow\/tfjs-node-gpu found no CUDA; it needs an NVIDIA driver, CUDA 11\.2 and cuDNN 8\.1/,
      );
  });

  it('falls back from the GPU package to the one without', async () => {
    const found = await loadEngine(
      { package: 'tensorflow' },
      installed({ '@tensorflow/tfjs-node': { default: core(true, true) } }),
    );
    expect(found).toMatchObject({ engine: 'tensorflow', module: '@tensorflow/tfjs-node' });
  });

  it('says where WebGPU is missing, and where two copies of tfjs-core are', async () => {
    const packages = { '@tensorflow/tfjs-core': core(false, false), '@tensorflow/tfjs-backend-webgpu': {} };
    expect(await reasonOf({ package: 'webgpu' }, packages)).toMatch(
      /there is no WebGPU here \(navigator\.gpu/,
    );
    const twice = { '@tensorflow/tfjs-core': core(false, false), '@tensorflow/tfjs-backend-cpu': {} };
    expect(await reasonOf({ package: 'cpu' }, twice)).toMatch(/there are two copies; run: npm install/);
  });

  it('takes the best that is there, and a tfjs that is loaded already', async () => {
    const packages = {
      '@tensorflow/tfjs-core': core(true, true),
      '@tensorflow/tfjs-backend-wasm': {},
      '@tensorflow/tfjs-backend-cpu': {},
    };
    expect((await loadEngine({}, installed(packages))).engine).toBe('wasm');
    const tf = { ...core(true, true), getKernel: () => undefined, getBackend: () => 'webgpu' };
    expect((await loadEngine({ tf }, installed({}))).engine).toBe('webgpu');
  });

  it('refuses options that mean nothing', async () => {
    await expect(createTfjsBackend({ package: 'cuda' as never })).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: "tfjs: package must be one of tensorflow, webgpu, wasm, cpu, got 'cuda'",
    });
    await expect(createTfjsBackend({ packages: 'cpu' } as never)).rejects.toMatchObject({ code: 'ARGUMENT' });
    await expect(createTfjsBackend({ tf: {} })).rejects.toMatchObject({ code: 'ARGUMENT' });
  });
});

describe('the backend by its name', () => {
  it('starts from the main entry', async () => {
    const here = tensor([1, 2]);
    const wide = tensor(new Float64Array([1, 2]));
    const info = await useBackend('tfjs', { package: 'cpu' });
    expect(info).toMatchObject({ name: 'tfjs', dtypes: ['float32', 'int32', 'bool'] });
    const there = tensor([3, 4]);
    expect(there.add(1).toArray()).toEqual([4, 5]);

    expect(() => here.add(there)).toThrowError(
      "add: one tensor lives on cpu, another on tfjs; copy one over: await x.to('cpu')",
    );
    expect(here.add(await there.to('cpu')).toArray()).toEqual([4, 6]);
    expect(there.add(await here.to('tfjs')).toArray()).toEqual([4, 6]);
    await expect(wide.to('tfjs')).rejects.toMatchObject({ code: 'DTYPE' });
    const refused =
      "tfjs: this backend has no float64, only float32, int32 and bool; use float32, or the CPU backend: await useBackend('cpu')";
    for (const attempt of [
      () => tensor(new Float64Array([1])),
      () => there.cast('float64'),
      () => zeros([2], { dtype: 'float64' }).dataSync(),
      () => jit((x: Tensor) => x.cast('float64').sum())(there),
    ])
      expect(attempt).toThrowError(refused);
    expect(wide.add(1).dtype).toBe('float64');

    there.dispose();
    expect(() => there.add(1)).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
    expect(() => there.dataSync()).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
    await expect((async () => there.data())()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('explains an engine that cannot be read at once', async () => {
    const memory = {
      readSync: () => {
        throw new Error('not supported');
      },
      read: async () => new Float32Array([5]),
      refCount: () => 0,
    };
    const info = { dataId: {}, shape: [1], dtype: 'float32' };
    const tf = {
      getBackend: () => 'webgpu',
      getKernel: () => undefined,
      keep: <T>(x: T) => x,
      engine: () => ({ backend: memory, makeTensor: () => ({ ...info, isDisposed: false }) }),
    };
    const backend = await createTfjsBackend({ tf });
    const handle = backend.upload(new Float32Array([5]));
    const aval = { shape: [1], dtype: 'float32' } as const;
    expect(() => backend.readSync(handle, aval)).toThrowError(
      /^tfjs: the webgpu engine cannot be read at once: use await t\.data\(\) instead of t\.dataSync\(\)/,
    );
    expect([...(await backend.read(handle, aval))]).toEqual([5]);
  });

  it('refuses what the wasm heap has no room for, and goes on', async () => {
    registerBackend('tfjs-wasm', () => createTfjsBackend({ package: 'wasm' }));
    await useBackend('tfjs-wasm');
    expect(() => zeros([2 ** 30])).toThrowError(
      expect.objectContaining({
        code: 'BACKEND',
        message: expect.stringMatching(
          /^tfjs: 4294967296 bytes were asked for, and tensors hold \d+ of the 4294967296 that the wasm engine's heap can have/,
        ) as string,
      }),
    );
    expect(tensor([1, 2]).add(1).toArray()).toEqual([2, 3]);
  });

  it('frees everything when an operation fails', async () => {
    const backend = await createTfjsBackend({ package: 'cpu' });
    registerBackend('tfjs-failing', () => backend);
    await useBackend('tfjs-failing');
    const table = tensor([1, 2, 3]).reshape([1, 3, 1]);
    const last = tensor([[2]], { dtype: 'int32' });
    const wrong = tensor([[9]], { dtype: 'int32' });
    const rows = (indices: Tensor) => bind('gather', [table, indices], {});
    const compiled = jit((indices: Tensor) => table.add(1).mul(rows(indices)[0]!).sum());
    rows(last)[0]!.dispose();
    compiled(last).dispose();
    const before = backend.memory().bytes;
    for (const attempt of [rows, compiled])
      expect(() => attempt(wrong)).toThrowError(
        expect.objectContaining({
          code: 'INDEX',
          message:
            'gather: index 9 (number 0 of the indices) is out of range for an axis of size 3; use -3..2',
        }),
      );
    expect(backend.memory().bytes).toBe(before);
  });
});
