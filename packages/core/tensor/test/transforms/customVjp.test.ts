import { describe, expect, it } from 'vitest';
import { customVjp, grad, hessian, jit, jvp, stopGradient, tensor, vmap } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/** x², whose declared derivative is 3x instead of 2x, so that its use shows. */
const odd = customVjp(
  (x: Tensor) => x.mul(x),
  (x: Tensor) => [x.mul(x), x] as const,
  (x, ct: Tensor) => [ct.mul(x.mul(3))],
);
const two = tensor(2, { dtype: 'float64' });

describe('customVjp', () => {
  it('is used by every transform, in any order', () => {
    expect(odd(two).item()).toBe(4);
    expect(grad(odd)(two).item()).toBe(6);
    expect(grad(grad(odd))(two).item()).toBe(3);
    expect(jvp(odd, [two], [two])[1].item()).toBe(12);
    expect(hessian(odd)(two).item()).toBe(3);
    expect(grad(jit(odd))(two).item()).toBe(6);
    expect(jit(grad(odd))(two).item()).toBe(6);
    const xs = tensor([1, 2], { dtype: 'float64' });
    expect(vmap(grad(odd))(xs).toArray()).toEqual([3, 6]);
    expect(vmap(jit(odd))(xs).toArray()).toEqual([1, 4]);
    expect(jit(vmap(grad(odd)))(xs).toArray()).toEqual([3, 6]);
    expect(grad((t: Tensor) => vmap(odd)(t).sum())(xs).toArray()).toEqual([3, 6]);
  });

  it('takes trees and null for zero', () => {
    const f = customVjp(
      (p: { w: Tensor }, x: Tensor) => p.w.mul(x).sum(),
      (p: { w: Tensor }, x: Tensor) => [p.w.mul(x).sum(), { x }] as const,
      ({ x }, ct: Tensor) => [{ w: ct.mul(x) }, null],
    );
    const x = tensor([1, 2]);
    expect(grad(f)({ w: tensor([3, 4]) }, x).w.toArray()).toEqual([1, 2]);
    expect(grad(f, 1)({ w: tensor([3, 4]) }, x).toArray()).toEqual([0, 0]);
  });

  it('checks what backward returns', () => {
    const wrongCount = customVjp(
      (x: Tensor) => x.mul(2),
      (x: Tensor) => [x.mul(2), x] as const,
      () => [],
    );
    expect(() => grad(wrongCount)(two)).toThrowError(/one cotangent per argument \(1\), got 0/);
    const wrongShape = customVjp(
      (x: Tensor) => x.sum(),
      (x: Tensor) => [x.sum(), x] as const,
      (_x, ct: Tensor) => [ct],
    );
    expect(() => grad(wrongShape)(tensor([1, 2]))).toThrowError(
      /customVjp, argument 0: .*float32\[\] given for float32\[2\]/,
    );
  });

  it('asks for captured tensors as arguments', () => {
    const outside = tensor(3);
    const f = customVjp(
      (x: Tensor) => x.mul(outside),
      (x: Tensor) => [x.mul(outside), null] as const,
      (_r, ct: Tensor) => [ct],
    );
    expect(() => grad(f)(tensor(1))).toThrowError(expect.objectContaining({ code: 'TRACE' }));
  });
});

describe('stopGradient', () => {
  it('keeps the value and cuts the derivative', () => {
    expect(grad((x: Tensor) => x.mul(stopGradient(x)))(two).item()).toBe(2);
    expect(jvp((x: Tensor) => stopGradient(x).add(x.mul(0)), [two], [two])[1].item()).toBe(0);
  });
});
