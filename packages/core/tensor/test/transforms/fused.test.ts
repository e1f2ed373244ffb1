import { describe, expect, it } from 'vitest';
import { fused, grad, jit, jvp, memory, profile, random, softmax, tensor, vmap } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const x = random.normal(random.key(0), [7, 5]);
const plain = (t: Tensor, scale: number): Tensor =>
  t
    .mul(scale)
    .exp()
    .div(t.mul(scale).exp().sum(-1, { keepDims: true }));
const bits = (t: Tensor): unknown[] => [...t.dataSync()];

describe('fused', () => {
  it('gives the bits of the plain function at every call', () => {
    const f = fused(plain);
    for (const scale of [1, 2, 1, 2, 1]) expect(bits(f(x, scale))).toEqual(bits(plain(x, scale)));
  });

  it('runs the function once for each form of arguments, whatever the number of calls', () => {
    let runs = 0;
    const f = fused((t: Tensor, scale: number) => {
      runs++;
      return plain(t, scale);
    });
    for (let i = 0; i < 5; i++) f(x, 1);
    expect(runs).toBe(1);
    for (let i = 0; i < 5; i++) f(x.slice([0, 0], [3, 5]), 1);
    expect(runs).toBe(2);
    for (let i = 0; i < 5; i++) f(x, 1);
    expect(runs).toBe(2);
  });

  it('is one kernel, and leaves nothing behind', () => {
    const f = fused(plain);
    const before = memory().tensors;
    const first = f(x, 1);
    expect(memory().tensors - before).toBe(1);
    const kernels = profile(() => void f(x, 1)).kernels.filter(({ kernel }) => kernel !== 'full');
    expect(kernels).toHaveLength(1);
    expect(kernels[0]!.kernel).toMatch(/^rows\(/);
    first.dispose();
  });

  it('is differentiated, batched and compiled as the plain function, in all nestings', () => {
    const weights = random.normal(random.key(1), [7, 5]);
    const loss =
      (f: typeof plain) =>
      (t: Tensor): Tensor =>
        f(t, 1).mul(weights).sum();
    for (let i = 0; i < 3; i++) {
      const f = fused(plain);
      const both = [loss(f), loss(plain)] as const;
      const equal = (g: (h: (t: Tensor) => Tensor) => Tensor): void => {
        for (let call = 0; call < 3; call++) {
          const [got, expected] = both.map(g) as [Tensor, Tensor];
          bits(got).forEach((value, at) => expect(value).toBeCloseTo(bits(expected)[at] as number, 5));
        }
      };
      equal((h) => grad(h)(x));
      equal((h) => jit(grad(h))(x));
      equal((h) => grad((t: Tensor) => grad(h)(t).square().sum())(x));
      equal((h) => jvp(h, [x], [weights])[1]);
      equal((h) => vmap((s: Tensor) => h(x.mul(s)))(tensor([1, 2, 3])));
    }
  });

  it('forgets forms of arguments when there are many', () => {
    const f = fused(plain);
    for (let n = 1; n <= 200; n++)
      for (let call = 0; call < 2; call++) f(x.slice([0, 0], [1 + (n % 7), 1 + (n % 5)]), n);
    expect(bits(f(x, 1))).toEqual(bits(plain(x, 1)));
  });

  it('lets errors of the function through, and the next call is as if nothing was', () => {
    const f = fused((t: Tensor, other: Tensor) => t.add(other));
    for (let call = 0; call < 3; call++) expect(() => f(x, tensor([1, 2]))).toThrowError(/do not broadcast/);
    expect(f(x, x).shape).toEqual([7, 5]);
  });

  it('carries softmax: one kernel over trailing axes', () => {
    for (const axis of [1, [0, 1]]) {
      const kernels = profile(() => void softmax(x, axis)).kernels.filter(({ kernel }) => kernel !== 'full');
      expect(kernels).toHaveLength(1);
    }
  });
});
