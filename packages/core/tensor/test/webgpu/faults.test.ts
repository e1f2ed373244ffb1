import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BackendError, jit, LinalgError, linalg, memory, MemoryError, profile, tensor, useBackend, zeros } from '../../src/index.js'; // prettier-ignore
import type { Tensor } from '../../src/index.js';
import { deviceIsMissing } from './swiftShader.js';

/** Whatever it throws at once or later. */
const settled = async (attempt: () => unknown): Promise<unknown> => attempt();

const ints = (elements: readonly number[]): Tensor => tensor(Int32Array.from(elements));

const numbers = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe.skipIf(await deviceIsMissing())('what WebGPU cannot do', () => {
  beforeAll(() => useBackend('webgpu'));
  afterAll(() => useBackend('cpu'));
  /** Whatever went wrong before, the backend computes. */
  afterEach(async () => {
    expect(await numbers(tensor([1, 2]).add(1))).toEqual([2, 3]);
  });

  it('refuses float64, naming the backend that has it', async () => {
    const x = tensor([1, 2]);
    for (const attempt of [
      () => tensor(new Float64Array([1])),
      () => x.cast('float64'),
      () => zeros([2], { dtype: 'float64' }).data(),
      () => jit((y: Tensor) => y.cast('float64').sum())(x),
    ])
      await expect(settled(attempt)).rejects.toThrowError(
        "webgpu: this backend has no float64, only float32, int32 and bool; use float32, or the CPU backend: await useBackend('cpu')",
      );
    await useBackend('cpu');
    const wide = tensor(new Float64Array([1, 2]));
    await useBackend('webgpu');
    // Its constant is made on the CPU.
    expect(wide.add(1).toArray()).toEqual([2, 3]);
    await expect(wide.to('webgpu')).rejects.toMatchObject({ code: 'DTYPE' });
  });

  it('names await t.data() where a tensor is read at once', () => {
    const x = tensor([5]);
    for (const attempt of [() => x.dataSync(), () => x.item(), () => x.toArray(), () => Number(x)]) {
      expect(attempt).toThrowError(BackendError);
      expect(attempt).toThrowError(/await t\.data\(\)/);
    }
  });

  it('refuses tensors that were disposed, and still answers what was asked before', async () => {
    const x = tensor([1, 2, 3]);
    const asked = x.data();
    x.dispose();
    expect([...(await asked)]).toEqual([1, 2, 3]);
    for (const attempt of [() => x.data(), () => x.dataSync(), () => x.add(1)])
      await expect(settled(attempt)).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('refuses what no buffer of the device can hold', async () => {
    const before = memory();
    // 8 GiB: no WebGPU has buffers above four.
    for (const attempt of [() => zeros([2 ** 31]), () => tensor([1]).broadcastTo([2 ** 31])]) {
      const thrown = settled(() => attempt().data());
      await expect(thrown).rejects.toThrowError(MemoryError);
      await expect(thrown).rejects.toThrowError(
        /^webgpu: 8589934592 bytes were asked for in one tensor, and the largest buffer of this device has \d+; /,
      );
    }
    expect(memory().bytes - before.bytes).toBeLessThan(1000);
  });

  it('rejects the next read after an index out of range', async () => {
    const table = tensor([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
    const rows = (indices: Tensor): Tensor => table.gather(indices);
    const compiled = jit((indices: Tensor) => rows(indices).mul(2).sum([1]));
    for (const f of [rows, compiled])
      for (const wrong of [3, -4]) {
        const found = f(ints([0, wrong]));
        const error: unknown = await found.data().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'INDEX' });
        expect((error as Error).message).toMatch(
          new RegExp(`^gather: index ${wrong}\\b.* is out of range for an axis of size 3; use -3\\.\\.2`),
        );
        expect(await numbers(table)).toEqual([1, 2, 3, 4, 5, 6]);
      }
    expect(await numbers(compiled(ints([0, -1])))).toEqual([6, 22]);
    const added = table.scatterAdd(ints([7]), tensor([[1, 1]]));
    await expect(added.data()).rejects.toMatchObject({ code: 'INDEX' });
  });

  it('rejects the next read after a whole number was divided by zero', async () => {
    const x = ints([7, -7]);
    for (const name of ['floorDivide', 'remainder'] as const) {
      const compiled = jit((a: Tensor, b: Tensor) => a[name](b).add(1));
      for (const attempt of [() => x[name](ints([2, 0])), () => compiled(x, ints([2, 0]))])
        await expect(attempt().data()).rejects.toMatchObject({
          code: 'ARGUMENT',
          message: `${name}: integer division by zero`,
        });
      expect(await numbers(compiled(x, ints([2, 2])))).toEqual(name === 'remainder' ? [2, 2] : [4, -3]);
    }
  });

  it('tells the first of several faults, once', async () => {
    const wrong = [tensor([1, 2, 3]).gather(ints([9])), ints([1]).floorDivide(ints([0]))] as const;
    await expect(wrong[1].data()).rejects.toMatchObject({ code: 'INDEX' });
    expect(await numbers(tensor([1]))).toEqual([1]);
  });
});

describe.skipIf(await deviceIsMissing())('what the host computes for WebGPU', () => {
  const said: string[] = [];
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation((message: string) => void said.push(message));
    await useBackend('webgpu');
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await useBackend('cpu');
  });

  const symmetric = [[4, 1], [1, 3]]; // prettier-ignore

  it('is said once, and counted under a name of its own', () => {
    const decompose = (): unknown => {
      const a = tensor(symmetric);
      return [linalg.svd(a), linalg.eigh(a), linalg.cholesky(a)];
    };
    decompose();
    const { kernels } = profile(decompose);
    for (const name of ['svd', 'eigh', 'cholesky']) {
      const messages = said.filter((message) => message.startsWith(`webgpu: ${name} is computed on the host`)); // prettier-ignore
      expect(messages.length, name).toBe(1);
      expect(kernels.find(({ kernel }) => kernel === `${name} (host)`)?.count, name).toBe(1);
    }
  });

  it('takes its turn among the work of the device', async () => {
    const f = (a: Tensor): Tensor => {
      const [values, vectors] = linalg.eigh(a.mul(2));
      return vectors.mul(values.square()).matmul(vectors.transpose()).add(linalg.cholesky(a));
    };
    // (2a)² and the factor of a.
    const root = Math.sqrt(2.75);
    const expected = [68 + 2, 28, 28 + 0.5, 40 + root];
    for (const g of [f, jit(f)])
      (await numbers(g(tensor(symmetric)))).forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 4));
  });

  it('rejects the read of a factor that does not exist, and goes on', async () => {
    const indefinite = tensor([[1, 2], [2, 1]]); // prettier-ignore
    for (const f of [linalg.cholesky, jit((a: Tensor) => linalg.cholesky(a).sum())]) {
      const thrown = f(indefinite).data();
      await expect(thrown).rejects.toThrowError(LinalgError);
      await expect(thrown).rejects.toThrowError(/^cholesky: the matrix is not positive definite: pivot 1 of 2/); // prettier-ignore
      expect(await numbers(linalg.cholesky(tensor([[4]])))).toEqual([2]);
    }
  });
});
