import { eye, linalg, random, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  affineInvariant,
  buresWasserstein,
  exponentialMargin,
  generalizedBuresWasserstein,
  logEuclidean,
  powerDeformed,
  randomSpd,
} from '../../src/index.js';
import { diagonal, elements, randomTensor, relativeError, seeds, symmetric, thrown } from '../support.js';

const n = 5;
const spd = (seed: number, condition: number, shape: readonly number[] = []): Tensor =>
  randomSpd(random.key(seed), n, { condition, dtype: 'float64', shape });
const congruent = (a: Tensor, x: Tensor): Tensor => a.matmul(x).matmul(a.T);
const identity = eye(n, n, { dtype: 'float64' });

describe.each([10, 1e3, 1e6])('invariances at condition %d', (condition) => {
  it.each(seeds)('seed %d', (seed) => {
    const [p, q] = [spd(seed, condition), spd(seed + 10, condition)];
    const a = randomTensor(seed, [n, n]).add(identity.mul(2));
    const turn = random.orthogonal(random.key(seed), n, { dtype: 'float64' });
    const [affine, flat, bures] = [affineInvariant(), logEuclidean(), buresWasserstein()];
    const distance = affine.distance(p, q);
    expect(relativeError(affine.distance(congruent(a, p), congruent(a, q)), distance)).toBeLessThan(1e-8);
    for (const metric of [affine, flat])
      expect(
        relativeError(metric.distance(linalg.inv(p), linalg.inv(q)), metric.distance(p, q)),
      ).toBeLessThan(1e-8);
    for (const metric of [affine, flat, bures])
      expect(relativeError(metric.distance(congruent(turn, p), congruent(turn, q)), metric.distance(p, q))).toBeLessThan(1e-8); // prettier-ignore
    const m = spd(seed + 20, 10);
    const [plain, moved] = [generalizedBuresWasserstein(m), generalizedBuresWasserstein(congruent(a, m))];
    expect(relativeError(moved.distance(congruent(a, p), congruent(a, q)), plain.distance(p, q))).toBeLessThan(1e-8); // prettier-ignore
    expect(relativeError(generalizedBuresWasserstein(identity).distance(p, q), bures.distance(p, q))).toBeLessThan(1e-12); // prettier-ignore
  });
});

it('takes a metric matrix for each of a stack', () => {
  const [m, p, q] = [spd(1, 10, [3]), spd(2, 10, [3]), spd(3, 10, [3])];
  const [all, one] = [generalizedBuresWasserstein(m), generalizedBuresWasserstein(m.at(2))];
  const x = spd(4, 10, [3, 5]);
  expect(relativeError(all.distance(p, q).at(2), one.distance(p.at(2), q.at(2)))).toBeLessThan(1e-12);
  expect(relativeError(all.mean(x).at(2), one.mean(x.at(2)))).toBeLessThan(1e-11);
  expect(relativeError(all.variance(x, p).at(2), one.variance(x.at(2), p.at(2)))).toBeLessThan(1e-12);
  const v = symmetric(5, [3, n, n]);
  expect(relativeError(all.riemannianGradient(p, v).at(2), one.riemannianGradient(p.at(2), v.at(2)))).toBeLessThan(1e-12); // prettier-ignore
});

it('is affine-invariant up to a factor where the metric matrix is the point', () => {
  const [p, v] = [spd(1, 100), symmetric(2, [n, n])];
  const ratio = generalizedBuresWasserstein(p)
    .inner(p, v, v)
    .div(affineInvariant().inner(p, v, v));
  expect(ratio.item()).toBeCloseTo(0.25, 12);
});

describe('Bures-Wasserstein', () => {
  it('has the distance of roots between diagonal matrices', () => {
    const [p, q] = [
      [1, 4, 1e-6, 9, 0.25],
      [4, 1, 1, 1e-8, 0.25],
    ] as const;
    const expected = p.reduce((sum, x, i) => sum + (Math.sqrt(x) - Math.sqrt(q[i]!)) ** 2, 0);
    const squared = buresWasserstein().squaredDistance(diagonal(p), diagonal(q)).item();
    expect(Math.abs(squared / expected - 1)).toBeLessThan(1e-15);
  });

  it.each(seeds)('transports to the identity by the closed form, seed %d', (seed) => {
    const p = spd(seed, 1e3);
    const v = symmetric(seed, [n, n]);
    const [values, vectors] = linalg.eigh(p);
    const factor = values.expandDims(0).add(values.expandDims(1)).reciprocal().mul(2).sqrt();
    const inBasis = vectors.T.matmul(v).matmul(vectors);
    const closed = congruent(vectors, inBasis.mul(factor));
    expect(relativeError(buresWasserstein().transport(p, identity, v), closed)).toBeLessThan(1e-8);
  });

  it('refuses to fold at the boundary', () => {
    const p = diagonal([1, 1, 1, 1, 4]);
    const v = diagonal([0, 0, 0, 0, -8]);
    expect(exponentialMargin(p, v).item()).toBeCloseTo(0, 12);
    expect(exponentialMargin(p, v.mul(0.5)).item()).toBeCloseTo(0.5, 12);
    expect(thrown(() => buresWasserstein().exp(p.expandDims(0), v.mul(1.25)))).toBe(
      'LINALG: buresWasserstein.exp: v at index [0] leaves the domain of the exponential: the smallest eigenvalue of I + L_p[v] must be above 0, and is -0.25; take a shorter v',
    );
  });
});

it('tends to the log-Euclidean metric for small powers', () => {
  const [p, q] = [spd(1, 100), spd(2, 100)];
  const limit = logEuclidean().distance(p, q);
  expect(relativeError(powerDeformed(buresWasserstein(), 1e-6).distance(p, q).mul(2), limit)).toBeLessThan(
    1e-4,
  );
  expect(relativeError(powerDeformed(affineInvariant(), 1e-6).distance(p, q), limit)).toBeLessThan(1e-4);
});

it('has the mean of roots, or the geometric mean, of matrices that commute', () => {
  const turn = random.orthogonal(random.key(1), n, { dtype: 'float64' });
  const values = random.uniform(random.key(2), [6, n], { dtype: 'float64', minval: 0.01, maxval: 3 });
  const build = (v: Tensor): Tensor => turn.mul(v.expandDims(-2)).matmul(turn.T);
  const x = build(values);
  expect(relativeError(buresWasserstein().mean(x), build(values.sqrt().mean(0).square()))).toBeLessThan(
    1e-11,
  );
  const geometric = build(values.log().mean(0).exp());
  for (const metric of [affineInvariant(), affineInvariant({ meanStep: 1 }), logEuclidean()])
    expect(relativeError(metric.mean(x), geometric)).toBeLessThan(1e-11);
});

describe('condition 1e10', () => {
  it.each(seeds)('distances of diagonal matrices in turned coordinates, seed %d', (seed) => {
    // Congruence by a triangular matrix of small integers and powers of two keeps the affine-invariant distance exactly.
    const [p, q] = [
      [1, 1e-2, 1e-5, 1e-7, 1e-10],
      [1e-10, 1e-7, 1, 1e-3, 1e-2],
    ] as const;
    const exact = Math.hypot(...p.map((value, i) => Math.log(value / q[i]!)));
    const found = affineInvariant().distance(diagonal(p), diagonal(q)).item();
    expect(Math.abs(found / exact - 1)).toBeLessThan(1e-12);
    const turn = random.orthogonal(random.key(seed), n, { dtype: 'float64' });
    const [a, b] = [congruent(turn, diagonal(p)), congruent(turn, diagonal(q))];
    const roots = p.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(q[i]!)) ** 2, 0);
    expect(Math.abs(buresWasserstein().squaredDistance(a, b).item() / roots - 1)).toBeLessThan(1e-9);
    expect(Math.abs(affineInvariant().distance(a, b).item() / exact - 1)).toBeLessThan(1e-6);
  });

  it('the mean stays finite, and its logarithms cancel', () => {
    const x = spd(3, 1e10, [6]);
    const metric = buresWasserstein();
    const mean = metric.mean(x, { steps: 1000 });
    expect(elements(mean).every(Number.isFinite)).toBe(true);
    expect(
      linalg
        .norm(metric.log(mean.expandDims(0), x).mean(0))
        .div(linalg.norm(mean))
        .item(),
    ).toBeLessThan(1e-9);
  });
});

it('draws the condition that was asked for', () => {
  const x = randomSpd(random.key(1), 6, { condition: 100, shape: [50], dtype: 'float64' });
  const values = linalg.eigvalsh(x);
  expect(values.min().item()).toBeGreaterThan(0.01 - 1e-12);
  expect(values.max().item()).toBeLessThan(1 + 1e-12);
  expect(thrown(() => randomSpd(random.key(1), 3, { condition: 0.5 }))).toBe('ARGUMENT: randomSpd: condition must be a finite number of at least 1, got 0.5'); // prettier-ignore
});
