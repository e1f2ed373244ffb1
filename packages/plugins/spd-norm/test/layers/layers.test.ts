import { grad, jit, linalg, random, tensor, vmap, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { affineInvariant, biMap, covPool, covariancePool, expEig, lieBatchNorm, logCholesky, logEig, logEuclidean, powerDeformed, randomSpd, reEig, vech, type LieBatchNormParams, type SpdMetric } from '../../src/index.js'; // prettier-ignore
import {
  centralDifference,
  elements,
  randomTensor,
  relativeError,
  seeds,
  symmetric,
  thrown,
} from '../support.js';

const key = random.key(3);
const spd = (seed: number, n: number, shape: readonly number[], condition = 10): Tensor =>
  randomSpd(random.key(seed), n, { condition, dtype: 'float64', shape });
const scalar = (x: number): Tensor => tensor(x, { dtype: 'float64' });

describe('biMap', () => {
  it('sums Wᵀ X W over the input channels, with orthonormal W', () => {
    for (const parametrization of ['riemannian', 'free'] as const) {
      const layer = biMap(3, { channels: 2, parametrization });
      const { params, outputShape } = layer.init(key, [4, 5, 5], { dtype: 'float64' });
      expect(outputShape).toEqual([2, 3, 3]);
      const w = params.stiefelWeight ?? linalg.qr(params.freeWeight!)[0];
      expect(relativeError(w.matmul(w, { transposeA: true }), linalg.inv(w.matmul(w, { transposeA: true })))).toBeLessThan(1e-13); // prettier-ignore
      const x = spd(1, 5, [6, 4]);
      const { output } = layer.apply(params, {}, x);
      expect(output.shape).toEqual([6, 2, 3, 3]);
      let expected = x.at(2, 0).mul(0).at([0, 3], [0, 3]);
      for (let i = 0; i < 4; i++) expected = expected.add(w.at(1, i).T.matmul(x.at(2, i)).matmul(w.at(1, i)));
      expect(relativeError(output.at(2, 1), expected)).toBeLessThan(1e-13);
      const loss = (t: Tensor): Tensor => layer.apply(params, {}, t).output.square().sum();
      expect(relativeError(jit(grad(loss))(x), grad(loss)(x))).toBeLessThan(1e-12);
    }
  });

  it('takes single matrices, and refuses what does not fit', () => {
    const layer = biMap(2);
    const { params, outputShape } = layer.init(key, [3, 3]);
    expect(outputShape).toEqual([2, 2]);
    expect(layer.apply(params, {}, randomSpd(key, 3, { shape: [7] })).output.shape).toEqual([7, 2, 2]);
    expect(thrown(() => biMap(4).init(key, [3, 3]))).toBe('ARGUMENT: biMap: size must be at most that of the input, 3, got 4'); // prettier-ignore
    expect(thrown(() => layer.apply(params, {}, randomSpd(key, 4, { shape: [7] })))).toBe('SHAPE: biMap: input is [7,4,4], the layer was built for [batch,1,3,3]'); // prettier-ignore
    expect(thrown(() => biMap(0))).toContain('biMap: size must be a whole number of at least 1, got 0');
    expect(thrown(() => biMap(1).init(key, [3]))).toContain('biMap: examples must be matrices');
  });
});

describe('covPool', () => {
  it('is the unbiased covariance, shrunk, plus epsilon', () => {
    const x = randomTensor(1, [2, 3, 20]);
    const plain = covariancePool(x, { epsilon: 0 });
    const row = (i: number): number[] => elements(x.at(1, i));
    const mean = (a: number[]): number => a.reduce((s, v) => s + v, 0) / a.length;
    const [a, b] = [row(0), row(2)];
    const by = a.reduce((s, v, t) => s + (v - mean(a)) * (b[t]! - mean(b)), 0) / 19;
    expect(plain.at(1, 0, 2).item()).toBeCloseTo(by, 14);
    const shrunk = covariancePool(x, { epsilon: 0.01, shrinkage: 0.25 });
    const level = (elements(linalg.trace(plain))[1]! / 3) * 0.25 + 0.01;
    expect(shrunk.at(1, 0, 0).item()).toBeCloseTo(plain.at(1, 0, 0).item() * 0.75 + level, 14);
    expect(shrunk.at(1, 0, 2).item()).toBeCloseTo(by * 0.75, 14);
    const { outputShape } = covPool().init(key, [3, 20]);
    expect(outputShape).toEqual([3, 3]);
    expect(thrown(() => covariancePool(x.at([0, 2], [0, 3], [0, 1])))).toContain(
      'with two times or more, got [2,3,1]',
    );
    expect(thrown(() => covPool({ shrinkage: 2 }))).toBe('ARGUMENT: covPool: shrinkage must be a number in [0, 1], got 2'); // prettier-ignore
  });
});

it('reEig, logEig, expEig and vech', () => {
  const x = spd(1, 4, [5], 1e7);
  const clipped = reEig({ epsilon: 1e-3 }).apply({}, {}, x).output;
  expect(linalg.eigvalsh(clipped).min().item()).toBeCloseTo(1e-3, 12);
  const logs = logEig().apply({}, {}, clipped).output;
  expect(relativeError(expEig().apply({}, {}, logs).output, clipped)).toBeLessThan(1e-12);
  const layer = logEig({ vectorize: true });
  expect(layer.init(key, [3, 4, 4]).outputShape).toEqual([3, 10]);
  const vectors = layer.apply({}, {}, clipped).output;
  expect(vectors.shape).toEqual([5, 10]);
  expect(
    relativeError(linalg.norm(vectors, { axis: -1 }), linalg.norm(logs, { axis: [-2, -1] })),
  ).toBeLessThan(1e-14);
  expect(elements(vech(tensor([[1, 2], [2, 5]]))).map((v) => +v.toFixed(4))).toEqual([1, 2.8284, 5]); // prettier-ignore
});

const groups: readonly (readonly [
  LieBatchNormParams & { spdBias: Tensor },
  'affineInvariant' | 'logEuclidean' | 'logCholesky',
  number,
  SpdMetric,
])[] = [
  [{ spdBias: spd(50, 4, []), scale: scalar(0.7) }, 'logEuclidean', 1, logEuclidean()],
  [{ spdBias: spd(51, 4, []), scale: scalar(0.7) }, 'logCholesky', 1, logCholesky()],
  [{ spdBias: spd(52, 4, []), scale: scalar(0.7) }, 'logCholesky', 0.5, powerDeformed(logCholesky(), 0.5)],
  [{ spdBias: spd(53, 4, []), scale: scalar(0.7) }, 'affineInvariant', 1, affineInvariant()],
  [
    { spdBias: spd(54, 4, []), scale: scalar(0.7) },
    'affineInvariant',
    -0.5,
    powerDeformed(affineInvariant(), -0.5),
  ],
];

describe.each(groups)('lieBatchNorm %#', (params, name, theta, metric) => {
  const layer = lieBatchNorm({ metric: name, theta, karcherSteps: 100, epsilon: 1e-3 });
  const { state } = layer.init(key, [4, 4], { dtype: 'float64' });

  it.each(seeds)('outputs have the mean G and the variance s² v / (v + ε), seed %d', (seed) => {
    const x = spd(seed, 4, [9], 100);
    const { output } = layer.apply(params, state, x, { train: true });
    const before = metric.variance(x, metric.mean(x)).item();
    const mean = metric.mean(output);
    expect(relativeError(mean, params.spdBias)).toBeLessThan(1e-9);
    const expected = (0.49 * before) / (before + 1e-3);
    expect(Math.abs(metric.variance(output, mean).item() / expected - 1)).toBeLessThan(1e-8);
  });

  it('has gradients, tracks, and is the same compiled and under vmap', () => {
    const layer = lieBatchNorm({ metric: name, theta, karcherSteps: 3, epsilon: 1e-3 });
    const x = spd(1, 4, [5], 20);
    const [c, v] = [randomTensor(2, [5, 4, 4]), symmetric(4, [5, 4, 4]).mul(0.02)];
    const moved = layer.apply(params, state, x, { train: true }).state;
    const loss = (t: Tensor, p: LieBatchNormParams = params): Tensor =>
      layer.apply(p, moved, t).output.mul(c).sum();
    expect(relativeError(grad(loss)(x).mul(v).sum(), centralDifference(loss, x, v))).toBeLessThan(1e-6);
    const byBias = (b: Tensor): Tensor => loss(x, { ...params, spdBias: b });
    const w = symmetric(6, [4, 4]);
    expect(relativeError(grad(byBias)(params.spdBias).mul(w).sum(), centralDifference(byBias, params.spdBias, w))).toBeLessThan(1e-6); // prettier-ignore
    const run = (t: Tensor): Tensor => layer.apply(params, state, t, { train: true }).output;
    expect(relativeError(jit(run)(x), run(x))).toBeLessThan(1e-11);
    expect(relativeError(vmap(run)(x.expandDims(0)).at(0), run(x))).toBeLessThan(1e-11);
    let at = state;
    for (let i = 0; i < 150; i++) at = layer.apply(params, at, x, { train: true }).state;
    expect(relativeError(layer.apply(params, at, x).output, run(x))).toBeLessThan(1e-5);
    expect(layer.apply(params, at, x.cast('float32')).output.ndim).toBe(3);
  });
});

it('lieBatchNorm says what is wrong', () => {
  expect(thrown(() => lieBatchNorm({ metric: 'bures' as never }))).toBe("ARGUMENT: lieBatchNorm: metric must be 'affineInvariant' or 'logEuclidean' or 'logCholesky', got \"bures\""); // prettier-ignore
  const layer = lieBatchNorm({ metric: 'logEuclidean' });
  const { params, state } = layer.init(key, [2, 2]);
  expect(thrown(() => layer.apply(params, state, tensor([[[1, 2], [2, 1]]])))).toContain('at index [0] has negative eigenvalues; the smallest eigenvalue is -1'); // prettier-ignore
});
