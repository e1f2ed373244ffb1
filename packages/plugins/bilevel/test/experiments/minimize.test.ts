import { describe, expect, it } from 'vitest';
import { jit, linalg, type Tensor } from '@core/tensor';
import { minimize } from '../../src/experiments/minimize.js';
import { f64, flat, normal, relativeError } from '../support.js';

describe('minimize', () => {
  const [a, b] = [normal(1, [30, 6]), normal(2, [30])];
  const scales = f64([1, 3, 10, 0.3, 1, 5]);
  const loss = (w: Tensor): Tensor => a.mul(scales).matmul(w).sub(b).square().sum();
  const { solution } = linalg.lstsq(a.mul(scales), b);

  it('reaches the closed form of least squares with no rate, and inside jit', () => {
    expect(relativeError(minimize(loss, f64([0, 0, 0, 0, 0, 0]), 1500), solution)).toBeLessThan(1e-8);
    const compiled = jit((start: Tensor) => minimize(loss, start, 1500));
    expect(relativeError(compiled(f64([1, 1, 1, 1, 1, 1])), solution)).toBeLessThan(1e-8);
  });

  it('descends where the function is not convex', () => {
    const banana = (w: { u: Tensor; v: Tensor }): Tensor =>
      w.v.sub(w.u.square()).square().mul(100).add(w.u.sub(1).square());
    const { u, v } = minimize(banana, { u: f64(-1), v: f64(1) }, 3000);
    expect(flat([u, v]).map((x) => Math.abs(x - 1) < 1e-3)).toEqual([true, true]);
  });
});
