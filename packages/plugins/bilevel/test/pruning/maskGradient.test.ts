import { describe, expect, it } from 'vitest';
import { eye, grad, linalg, type Tensor } from '@core/tensor';
import { maskGradient, topKMask } from '../../src/index.js';
import { f64, flat, normal, relativeError } from '../support.js';

const [n, d] = [12, 7];

/** l(z) = |Az - b|²/(2n), a random mask and a random γ. */
function leastSquares(seed: number): {
  loss: (z: Tensor) => Tensor;
  slope: (z: Tensor) => Tensor;
  a: Tensor;
  b: Tensor;
  theta: Tensor;
  mask: Tensor;
  gamma: number;
} {
  const [a, b, theta] = [normal(seed, [n, d]), normal(seed + 1, [n]), normal(seed + 2, [d])];
  const mask = normal(seed + 3, [d])
    .greater(0)
    .cast('float64');
  return {
    loss: (z) =>
      a
        .matmul(z)
        .sub(b)
        .square()
        .sum()
        .div(2 * n),
    slope: (z) => a.T.matmul(a.matmul(z).sub(b)).div(n),
    a,
    b,
    theta,
    mask,
    gamma: 0.2 + Math.abs(normal(seed + 4, [1]).item()),
  };
}

describe('maskGradient', () => {
  it.each([10, 20, 30])('is (θ - m g / γ) g, seed %i', (seed) => {
    const { loss, slope, theta, mask, gamma } = leastSquares(seed);
    const z = theta.mul(mask);
    const expected = theta.sub(mask.mul(slope(z)).div(gamma)).mul(slope(z));
    const got = maskGradient(theta, mask, grad(loss)(z), { implicitCoefficient: 1 / gamma });
    expect(relativeError(got, expected)).toBeLessThan(1e-12);
  });

  it.each([10, 20, 30])('without the implicit part is the derivative of l(m θ) by m, seed %i', (seed) => {
    const { loss, theta, mask } = leastSquares(seed);
    const direct = grad((m: Tensor) => loss(m.mul(theta)))(mask);
    const got = maskGradient(theta, mask, grad(loss)(theta.mul(mask)), { implicitCoefficient: 0 });
    expect(relativeError(got, direct)).toBeLessThan(1e-12);
  });

  it.each([10, 20, 30])('at the lower optimum is 2 θ* g, and 0 where nothing is kept, seed %i', (seed) => {
    const { loss, a, b, mask, gamma } = leastSquares(seed);
    // m Aᵀ(A m θ - b)/n + γ θ = 0
    const masked = a.mul(mask);
    const normalMatrix = masked.T.matmul(masked).div(n).add(eye(d).cast('float64').mul(gamma));
    const theta = linalg.solve(normalMatrix, masked.T.matmul(b).div(n));
    const slope = grad(loss)(theta.mul(mask));
    const got = maskGradient(theta, mask, slope, { implicitCoefficient: 1 / gamma });
    expect(relativeError(got, theta.mul(slope).mul(2))).toBeLessThan(1e-8);
    const pruned = flat(got).filter((_, i) => flat(mask)[i] === 0);
    expect(pruned.length).toBeGreaterThan(0);
    for (const value of pruned) expect(value).toBeCloseTo(0, 14);
  });

  it('has the default of the official configs, takes trees, and a traced coefficient', () => {
    const { loss, theta, mask } = leastSquares(10);
    const slope = grad(loss)(theta.mul(mask));
    const [one, two, three] = [{}, { implicitCoefficient: 1e-4 }, { implicitCoefficient: f64(1e-4) }].map(
      (options) => flat(maskGradient({ w: theta }, { w: mask }, { w: slope }, options)),
    );
    expect([two, three]).toEqual([one, one]);
    expect(() => maskGradient(theta, mask, slope, { implicitCoefficient: -1 })).toThrow(
      'maskGradient: implicitCoefficient must be a finite number of at least 0',
    );
  });

  it('agrees with autodiff through the mask to |s|, which has the sign', () => {
    const { loss, theta } = leastSquares(10);
    const scores = normal(50, [d]);
    const mask = topKMask(scores.abs(), 0.5);
    const through = grad((s: Tensor) => loss(theta.mul(topKMask(s.abs(), 0.5))))(scores);
    const byMask = maskGradient(theta, mask, grad(loss)(theta.mul(mask)), { implicitCoefficient: 0 });
    expect(relativeError(through, byMask.mul(scores.sign()))).toBeLessThan(1e-12);
  });
});
