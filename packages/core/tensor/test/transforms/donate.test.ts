import { describe, expect, it } from 'vitest';
import { grad, jit, memory, tensor, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const step = (p: Tensor, g: Tensor): Tensor => p.sub(g.mul(0.5));

describe('jit with donate', () => {
  it('puts results into the buffers given away, and disposes of the arguments', () => {
    const update = jit(step, { donate: [0] });
    const gradient = zeros([1000]).add(2);
    let parameters = zeros([1000]).add(1);
    parameters = update(parameters, gradient);
    const { bytes, tensors } = memory();
    const peak = memory().peakBytes;
    for (let i = 0; i < 10; i++) {
      const before = parameters;
      parameters = update(parameters, gradient);
      expect(before.isDisposed).toBe(true);
    }
    expect(parameters.dataSync()).toEqual(new Float32Array(1000).fill(-10));
    expect(gradient.isDisposed).toBe(false);
    expect(memory()).toMatchObject({ bytes, tensors, peakBytes: peak });
    parameters.dispose();
    gradient.dispose();
  });

  it('gives the bits that it gives without', () => {
    const x = tensor([0.1, -2, 3, 1e20, NaN]);
    const y = tensor([3, 2, 1, 0, -1]);
    const expected = jit(step)(x, y).dataSync();
    expect(jit(step, { donate: [0, 1] })(x, y).dataSync()).toEqual(expected);
    expect(x.isDisposed && y.isDisposed).toBe(true);
  });

  it('leaves buffers alone that something else still reads', () => {
    const x = tensor([1, 2]);
    const same = x.reshape([2, 1]);
    const y = tensor([1, 1]);
    expect(jit(step, { donate: [0] })(x, y).toArray()).toEqual([0.5, 1.5]);
    expect(x.isDisposed).toBe(true);
    expect(same.toArray()).toEqual([[1], [2]]);
    const twice = tensor([4, 6]);
    expect(jit(step, { donate: [0] })(twice, twice).toArray()).toEqual([2, 3]);
    const z = tensor([5, 7]);
    const [kept, more] = jit((t: Tensor) => [t, t.add(1)] as const, { donate: [0] })(z);
    expect([kept.toArray(), more.toArray()]).toEqual([
      [5, 7],
      [6, 8],
    ]);
  });

  it('hands on what comes out as it went in, without another buffer', () => {
    const count = 50_000;
    const update = jit(([p, h]: readonly Tensor[]) => [p!.sub(h!), h!.mul(1)], { donate: [0] });
    let state: readonly Tensor[] = [zeros([count]), zeros([count]).add(2)];
    state = update(state);
    const { bytes, tensors } = memory();
    const peak = memory().peakBytes;
    for (let i = 0; i < 4; i++) state = update(state);
    expect(memory()).toMatchObject({ bytes, tensors, peakBytes: peak });
    expect(state.map((x) => x.dataSync()[count - 1])).toEqual([-10, 2]);
    // Twice the same output: one of them gets a copy.
    const [one, other] = jit((x: Tensor) => [x.mul(1), x.mul(1)] as const, { donate: [0] })(tensor([1, 2]));
    one.dispose();
    expect(other.toArray()).toEqual([1, 2]);
    state.forEach((x) => x.dispose());
  });

  it('takes trees, and leaves numbers in them alone', () => {
    const f = jit((state: { a: Tensor; rate: number }) => ({ a: state.a.mul(state.rate) }), { donate: [0] });
    const a = tensor([1, 2]);
    expect(f({ a, rate: 3 }).a.toArray()).toEqual([3, 6]);
    expect(a.isDisposed).toBe(true);
  });

  it('gives nothing away under a transform, which needs its inputs later', () => {
    const f = jit((t: Tensor) => t.square().sum(), { donate: [0] });
    const x = tensor([1, 2]);
    expect(grad(f)(x).toArray()).toEqual([2, 4]);
    expect(x.isDisposed).toBe(false);
  });

  it('refuses what is no position', () => {
    for (const donate of [0, [-1], [0.5], 'x', ['a']])
      expect(() => jit(step, { donate: donate as number[] })).toThrowError(/donate takes the positions/);
  });
});
