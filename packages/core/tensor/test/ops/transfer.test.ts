import { afterEach, describe, expect, it } from 'vitest';
import { backendInfo, registerBackend, tensor, to, useBackend, vmap, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { createCpuBackend } from '../../src/backends/cpu/index.js';
import { expectError } from '../support/errors.js';

let starts = 0;
registerBackend('small', () => {
  starts++;
  const cpu = createCpuBackend({ threads: 1 });
  return {
    ...cpu,
    name: 'small',
    info: () => ({ ...cpu.info(), name: 'small', dtypes: ['float32', 'bool'] }),
  };
});
registerBackend('broken', () => {
  throw new Error('there is no device');
});
afterEach(() => useBackend('cpu'));

describe('to', () => {
  it('copies elements, shape and dtype, and starts the backend once, without making it the current one', async () => {
    const x = tensor([[1, -0, NaN], [Infinity, 2 ** -149, 3]]); // prettier-ignore
    const there = await to(x, 'small');
    const back = await there.to('cpu');
    expect(backendInfo().name).toBe('cpu');
    expect([there.shape, there.dtype, back.shape]).toEqual([[2, 3], 'float32', [2, 3]]);
    expect(back.toArray()).toEqual(x.toArray());
    expect(there.add(there).toArray()).toEqual(x.add(x).toArray());
    await x.to('small');
    expect(starts).toBe(1);
    for (const t of [there, x]) t.dispose();
    expect([...back.dataSync()].slice(3)).toEqual([Infinity, 2 ** -149, 3]);
    expect((await zeros([0, 3]).to('small')).shape).toEqual([0, 3]);
  });

  it('gives the tensor itself where it is there already', async () => {
    const x = tensor([1, 2]);
    expect(await x.to('cpu')).toBe(x);
  });

  it('says what is wrong', async () => {
    const x = tensor([1, 2]);
    expectError(() => to('x' as unknown as Tensor, 'cpu'), 'ARGUMENT', "to: needs a tensor, got 'x'");
    expectError(() => x.to('gpu'), 'BACKEND', "there is no backend 'gpu'; available: cpu");
    await expect(x.to('broken')).rejects.toThrowError(/'broken' could not start: there is no device/);
    await expect(x.cast('float64').to('small')).rejects.toThrowError(
      'to: small has no float64, which float64[2] is of; it has float32, bool: cast first',
    );
    x.dispose();
    expectError(() => x.to('small'), 'DISPOSED', 'was disposed');
    let inside: Promise<Tensor> | undefined;
    vmap((t: Tensor) => {
      inside = t.to('small');
      inside.catch(() => undefined);
      return t;
    })(tensor([1]));
    await expect(inside).rejects.toMatchObject({ code: 'TRACE' });
  });
});
