import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jit, memory, random, scan, tensor, tree, useBackend, valueAndGrad } from '../../src/index.js';
import type { Backend, Tensor } from '../../src/index.js';
import { trainingCurve } from '../support/trainingCurve.js';
import { startTfjs } from './support.js';

describe.each(['cpu', 'wasm'] as const)('training on the %s engine', (engine) => {
  let backend: Backend;
  beforeEach(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    backend ??= await startTfjs(engine);
    await useBackend(`tfjs-${engine}`);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await useBackend('cpu');
  });

  it('follows the curve of the CPU backend', async () => {
    await useBackend('cpu');
    const expected = await trainingCurve(40);
    expect(expected.at(-1)!).toBeLessThan(0.9 * expected[0]!);
    await useBackend(`tfjs-${engine}`);
    const found = await trainingCurve(40);
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!), `step ${i}`).toBeLessThan(1e-3));
  });

  it('keeps memory flat over 500 steps', () => {
    const compiled = jit((p: { w: Tensor; s: Tensor }, x: Tensor) => {
      const [value, g] = valueAndGrad((q: typeof p) => x.matmul(q.w).tanh().square().mean())(p);
      const s = scan((c: Tensor, e: Tensor) => [c.mul(0.9).add(e), c] as const, p.s, x)[0];
      return { value, params: { w: p.w.sub(g.w.mul(0.1)), s } };
    });
    const x = random.normal(random.key(0), [6, 4]);
    let params = { w: random.normal(random.key(1), [4, 4]), s: tensor([0, 0, 0, 0]) };
    const advance = (): void => {
      const next = compiled(params, x);
      tree.leaves(params).forEach((leaf) => leaf.dispose());
      next.value.dispose();
      params = next.params;
    };
    advance();
    const before = [memory(), backend.memory()];
    for (let i = 0; i < 500; i++) advance();
    expect([memory(), backend.memory()]).toEqual(before);
  });
});
