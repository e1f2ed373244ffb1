import { describe, expect, it } from 'vitest';
import { closureConvert, customVjp, grad, jit, tensor, vmap, type Tensor } from '../../src/index.js';

const f64 = (values: number | number[]): Tensor => tensor(values, { dtype: 'float64' });

describe('closureConvert', () => {
  it('gives what was captured, and a function of it', () => {
    const [scale, shift] = [f64([2, 3]), f64(1)];
    const [converted, captured] = closureConvert(
      (x: Tensor) => ({ y: x.mul(scale).add(shift) }),
      f64([0, 0]),
    );
    expect(captured).toHaveLength(2);
    expect(converted(captured, f64([1, 1])).y.toArray()).toEqual([3, 4]);
    expect(converted([f64([0, 1]), shift], f64([1, 1])).y.toArray()).toEqual([1, 2]);
  });

  it('lets a rule reach values of outer transforms, under grad, jit and vmap', () => {
    // d/da of a x², with a rule for it that is doubled on purpose: 2 x²
    const outer = (a: Tensor, x: Tensor): Tensor => {
      const [converted, captured] = closureConvert((z: Tensor) => z.square().mul(a), x);
      const ruled = customVjp(
        (c: readonly Tensor[], z: Tensor) => converted(c, z),
        (c: readonly Tensor[], z: Tensor) => [converted(c, z), z] as const,
        (z: Tensor, ct: Tensor) => [captured.map(() => z.square().mul(ct).mul(2)), null],
      );
      return ruled(captured, x);
    };
    expect(grad(outer)(f64(5), f64(3)).item()).toBe(18);
    expect(jit(grad(outer))(f64(5), f64(3)).item()).toBe(18);
    expect(vmap(grad(outer))(f64([5, 1]), f64([3, 2])).toArray()).toEqual([18, 8]);
  });

  it('refuses arguments that are not like the examples', () => {
    const [converted, captured] = closureConvert((x: Tensor) => x.mul(2), f64([0, 0]));
    expect(() => converted(captured, f64(1))).toThrow(/closureConvert: .*float64\[\]/);
    expect(() => converted([f64(1)], f64([1, 2]))).toThrow(/captured 0 tensors, got 1/);
  });
});
