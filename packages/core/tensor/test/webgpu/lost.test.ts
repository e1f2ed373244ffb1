import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { jit, tensor, tree, useBackend, valueAndGrad } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { loseDevice } from '../../src/backends/webgpu/running.js';
import { deviceIsMissing } from './swiftShader.js';

/** All are asked for before the first is told, so that none is without anybody who waits for it. */
async function expectGone(attempts: readonly (() => unknown)[]): Promise<void> {
  const outcomes = await Promise.allSettled(attempts.map(async (attempt) => attempt()));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: gone });
}

const gone = { code: 'BACKEND', message: expect.stringMatching(/^webgpu: the device was lost /) as string };

describe.skipIf(await deviceIsMissing())('a lost device', () => {
  beforeEach(() => useBackend('webgpu'));
  afterAll(() => useBackend('cpu'));

  it('rejects the reads that wait for it, and all later ones', async () => {
    const x = tensor([1, 2, 3]);
    const waiting = [x.exp().data(), x.sum().data()];
    loseDevice();
    await expectGone(waiting.map((read) => () => read));
    await expectGone([() => x.data(), () => x.add(1).data(), () => tensor([1]).data()]);
  });

  it('is replaced by the next useBackend', async () => {
    const old = tensor([1, 2, 3]);
    await old.data();
    loseDevice();
    // Told when the event loop has turned.
    await expectGone([() => old.data()]);
    await useBackend('webgpu');
    expect([...(await tensor([1, 2]).add(1).data())]).toEqual([2, 3]);
    await expectGone([() => old.data()]);
    old.dispose();
    expect([...(await tensor([3]).mul(2).data())]).toEqual([6]);
  });

  it('stops a compiled step, which runs on the new one', async () => {
    const loss = (w: Tensor, x: Tensor): Tensor => x.matmul(w).tanh().square().mean();
    const step = jit((w: Tensor, x: Tensor) => {
      const [value, g] = valueAndGrad(loss)(w, x);
      return { value, w: w.sub(g.mul(0.1)) };
    });
    const start = (): [Tensor, Tensor] => [tensor([[0.5, 1], [-1, 2]]), tensor([[1, 2], [3, 4]])]; // prettier-ignore
    const [w, x] = start();
    const next = step(w, x);
    const before = next.value.data();
    const again = step(next.w, x);
    loseDevice();
    await expectGone([() => before, () => again.value.data(), () => step(again.w, x).w.data()]);
    tree.leaves([next, again]).forEach((leaf) => leaf.dispose());

    await useBackend('webgpu');
    const { value } = step(...start());
    await useBackend('cpu');
    expect((await value.data())[0]).toBeCloseTo(loss(...start()).item(), 5);
  });

  it('leaves the CPU backend as it was', async () => {
    await useBackend('cpu');
    const x = tensor([1, 2]);
    await useBackend('webgpu');
    loseDevice();
    expect(x.add(1).toArray()).toEqual([2, 3]);
  });
});
