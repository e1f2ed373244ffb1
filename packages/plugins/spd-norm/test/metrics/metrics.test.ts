import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { eye, grad, jit, jvp, linalg, random, tensor, vmap, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  affineInvariant,
  buresWasserstein,
  generalizedBuresWasserstein,
  logCholesky,
  logEuclidean,
  powerDeformed,
  randomSpd,
  type SpdMetric,
} from '../../src/index.js';
import { centralDifference, elements, randomTensor, relativeError, seeds, symmetric, thrown } from '../support.js'; // prettier-ignore

const n = 4;
const spd = (seed: number, condition: number, shape: readonly number[] = []): Tensor =>
  randomSpd(random.key(seed), n, { condition, dtype: 'float64', shape });
const metricMatrix = spd(99, 10);
const metrics: readonly SpdMetric[] = [
  affineInvariant(),
  affineInvariant({ alpha: 2, beta: -0.3 }),
  logEuclidean(),
  logCholesky(),
  buresWasserstein(),
  generalizedBuresWasserstein(metricMatrix),
  powerDeformed(buresWasserstein(), 0.5),
  powerDeformed(affineInvariant(), -0.7),
];
const named = metrics.map((metric, i) => [`${i} ${metric.name}`, metric] as const);
const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);

describe('against SciPy', () => {
  const makers: Readonly<Record<string, (m: Tensor) => SpdMetric>> = {
    affineInvariant: () => affineInvariant(),
    logEuclidean,
    logCholesky,
    buresWasserstein: () => buresWasserstein(),
    generalizedBuresWasserstein: (m) => generalizedBuresWasserstein(m),
  };
  const cases = loadGoldens('spd').filter(({ op }) => op in makers);
  it.each(cases)('$name', ({ op, args, expected, tolerance }) => {
    const [p, q, x, m] = ['p', 'q', 'x', 'm'].map((name) => read(args[name]!)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const metric = makers[op]!(m);
    expect(relativeError(metric.distance(p, q), read(expected['distance']!))).toBeLessThan(tolerance);
    expect(relativeError(metric.mean(x), read(expected['mean']!))).toBeLessThan(tolerance);
    if (expected['log'] !== undefined)
      expect(relativeError(metric.log(p, q), read(expected['log']))).toBeLessThan(tolerance);
  });
});

describe.each(named)('%s', (_name, metric) => {
  it.each([10, 1e3, 1e6])('has its identities at condition %d', (condition) => {
    for (const seed of seeds) {
      const [p, q] = [spd(seed, condition), spd(seed + 10, condition)];
      const v = metric.log(p, q);
      expect(relativeError(metric.exp(p, v), q)).toBeLessThan(1e-10);
      const squared = metric.squaredDistance(p, q);
      expect(relativeError(metric.inner(p, v, v), squared)).toBeLessThan(1e-8);
      expect(relativeError(metric.squaredDistance(q, p), squared)).toBeLessThan(1e-8);
      const middle = metric.geodesic(p, q, 0.3);
      expect(relativeError(metric.distance(p, middle).div(0.3), metric.distance(p, q))).toBeLessThan(1e-8);
      // The geodesic's velocity is moved to minus the velocity of the way back, and products are kept.
      const moved = metric.transport(p, q, v);
      expect(relativeError(moved, metric.log(q, p).neg())).toBeLessThan(1e-7);
      const u = metric.log(p, spd(seed + 20, condition));
      const along = metric.transport(p, q, u);
      expect(relativeError(metric.inner(q, along, along), metric.inner(p, u, u))).toBeLessThan(1e-7);
      const across = Math.abs(
        metric
          .inner(q, along, moved)
          .sub(metric.inner(p, u, v))
          .item(),
      );
      expect(across).toBeLessThan(1e-7 * metric.norm(p, u).mul(metric.norm(p, v)).item());
    }
  });

  it('has a mean at which the logarithms cancel, with weights', () => {
    for (const seed of seeds) {
      const x = spd(seed, 100, [5]);
      const weights = tensor([0.1, 0.3, 0.2, 0.15, 0.25], { dtype: 'float64' });
      for (const w of [undefined, weights]) {
        const mean = metric.mean(x, w === undefined ? {} : { weights: w });
        const logs = metric.log(mean.expandDims(0), x).mul((w ?? weights.mul(0).add(0.2)).reshape([5, 1, 1]));
        expect(linalg.norm(logs.sum(0)).div(linalg.norm(mean)).item()).toBeLessThan(1e-9);
      }
      const weighted = metric.squaredDistance(x, x.at(0)).mul(weights).sum();
      expect(relativeError(metric.variance(x, x.at(0), weights), weighted)).toBeLessThan(1e-13);
      // The order of the points does not matter.
      expect(
        relativeError(metric.mean(x.flip(0), { weights: weights.flip(0) }), metric.mean(x, { weights })),
      ).toBeLessThan(1e-9);
      const near = metric.variance(x, metric.mean(x)).item();
      expect(near).toBeLessThan(metric.variance(x, metric.geodesic(metric.mean(x), x.at(0), 0.1)).item());
    }
  });

  it('has gradients: of the distance, and Riemannian', () => {
    const [p, q, v, c] = [spd(1, 10), spd(2, 10), symmetric(3, [n, n]), randomTensor(4, [n, n])];
    const loss = (x: Tensor): Tensor => metric.squaredDistance(x, q).add(metric.log(q, x).mul(c).sum());
    const g = grad(loss)(p);
    expect(relativeError(g.mul(v).sum(), centralDifference(loss, p, v))).toBeLessThan(1e-6);
    expect(relativeError(jvp(loss, [p], [v])[1], g.mul(v).sum())).toBeLessThan(1e-10);
    const second = (x: Tensor): Tensor => grad(loss)(x).mul(v).sum();
    expect(relativeError(grad(second)(p).mul(v).sum(), centralDifference(second, p, v))).toBeLessThan(1e-6);
    const sym = g.add(g.T).mul(0.5);
    expect(relativeError(metric.inner(p, metric.riemannianGradient(p, g), v), sym.mul(v).sum())).toBeLessThan(
      1e-10,
    );
    // The gradient of half the squared distance is minus the logarithm.
    const half = grad((x: Tensor) => metric.squaredDistance(x, q).mul(-0.5))(p);
    expect(relativeError(metric.riemannianGradient(p, half), metric.log(p, q))).toBeLessThan(1e-9);
    expect(elements(grad((x: Tensor) => metric.distance(x, p))(p)).every((e) => Math.abs(e) < 1e8)).toBe(
      true,
    );
  });

  it('is the same for a stack, compiled, under vmap, and in float32', () => {
    const [p, q] = [spd(1, 10, [3]), spd(2, 10, [3])];
    const run = (a: Tensor, b: Tensor): Tensor => {
      const v = metric.log(a, b);
      return metric
        .exp(a, v.mul(0.5))
        .add(metric.geodesic(a, b, 0.25))
        .add(metric.projectTangent(v));
    };
    const all = run(p, q);
    expect(relativeError(all.at(1), run(p.at(1), q.at(1)))).toBeLessThan(1e-12);
    expect(relativeError(jit(run)(p, q), all)).toBeLessThan(1e-12);
    expect(relativeError(vmap(run)(p, q), all)).toBeLessThan(1e-12);
    expect(relativeError(metric.mean(p), jit((x: Tensor) => metric.mean(x, { steps: 60 }))(p))).toBeLessThan(
      1e-10,
    );
    const narrow = run(p.cast('float32'), q.cast('float32'));
    expect(relativeError(narrow.cast('float64'), all)).toBeLessThan(1e-4);
  });

  it('names what is not positive definite', () => {
    const p = spd(1, 10);
    const bad = p.sub(eye(n, n, { dtype: 'float64' })).broadcastTo([2, n, n]);
    expect(thrown(() => metric.log(p, bad))).toMatch(/LINALG: .*log: q must be positive definite, but the matrix at index \[0\] has negative eigenvalues; the smallest eigenvalue is -0\.\d+/); // prettier-ignore
    expect(thrown(() => metric.distance(p.mul(NaN), p))).toMatch(/LINALG: .*distance: p must be finite, but the matrix has NaN/); // prettier-ignore
    expect(thrown(() => metric.exp(tensor([1, 2]), p))).toMatch(/SHAPE: .*exp: p must be float matrices/);
    expect(thrown(() => metric.mean(p))).toMatch(/SHAPE: .*mean: x must be a stack of matrices \[..., N, n, n\], got \[4,4\]/); // prettier-ignore
    expect(thrown(() => metric.mean(p.expandDims(0), { steps: 0 }))).toMatch(/ARGUMENT: .*mean: steps must be a whole number of at least 1, got 0/); // prettier-ignore
  });
});
