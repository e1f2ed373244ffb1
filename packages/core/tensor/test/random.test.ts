import { describe, expect, it } from 'vitest';
import '../src/index.js';
import { random } from '../src/random.js';
import { tensor } from '../src/ops/convert.js';
import * as p from '../src/primitives/calls.js';
import { erf } from '../src/primitives/kernels/special.js';
import type { Tensor } from '../src/tensor.js';
import { grad } from '../src/transforms/grad.js';
import { jit } from '../src/transforms/jit.js';
import { checkJit, checkVmap } from './support/derivatives.js';
import { expectError } from './support/errors.js';
import { distance, orthonormality } from './support/matrices.js';

const seeds = [0, 1, 20240607];
const keys = seeds.map((seed) => random.key(seed));
const n = 20000;
const sorted = (x: Tensor): number[] => [...x.dataSync()].sort((a, b) => a - b);
const mean = (x: Tensor): number => [...x.dataSync()].reduce((a, b) => a + b, 0) / x.size;
const vector = (...values: number[]): Tensor => tensor(Float64Array.from(values));

/** Kolmogorov and Smirnov's distance to a distribution function, times √n; above 1.95 once in a thousand. */
function misfit(sample: Tensor, cdf: (x: number) => number): number {
  const values = sorted(sample);
  return (
    Math.sqrt(values.length) *
    values.reduce((worst, x, i) => Math.max(worst, Math.abs(cdf(x) - (i + 0.5) / values.length)), 0)
  );
}

const phi = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));

const continuous: Record<
  string,
  [(key: Tensor, options: { dtype: 'float32' | 'float64' }) => Tensor, (x: number) => number]
> = {
  uniform: [(key, options) => random.uniform(key, [n], options), (x) => x],
  'uniform in [-2, 3)': [
    (key, options) => random.uniform(key, [n], { minval: -2, maxval: 3, ...options }),
    (x) => (x + 2) / 5,
  ],
  normal: [(key, options) => random.normal(key, [n], options), phi],
  exponential: [(key, options) => random.exponential(key, [n], options), (x) => 1 - Math.exp(-x)],
  gumbel: [(key, options) => random.gumbel(key, [n], options), (x) => Math.exp(-Math.exp(-x))],
  laplace: [
    (key, options) => random.laplace(key, [n], options),
    (x) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2),
  ],
  logistic: [(key, options) => random.logistic(key, [n], options), (x) => 1 / (1 + Math.exp(-x))],
  cauchy: [(key, options) => random.cauchy(key, [n], options), (x) => 0.5 + Math.atan(x) / Math.PI],
  truncatedNormal: [
    (key, options) => random.truncatedNormal(key, -0.5, 2, [n], options),
    (x) => (phi(x) - phi(-0.5)) / (phi(2) - phi(-0.5)),
  ],
  'gamma 1 (exponential)': [(key, options) => random.gamma(key, 1, [n], options), (x) => 1 - Math.exp(-x)],
  'gamma 1/2 (half a squared normal)': [
    (key, options) => random.gamma(key, 0.5, [n], options),
    (x) => erf(Math.sqrt(x)),
  ],
  'gamma 3': [
    (key, options) => random.gamma(key, 3, [n], options),
    (x) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2),
  ],
  'beta 2, 3': [
    (key, options) => random.beta(key, 2, 3, [n], options),
    (x) => 6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4,
  ],
  'beta 1/2, 1/2 (arcsine)': [
    (key, options) => random.beta(key, 0.5, 0.5, [n], options),
    (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)),
  ],
};

describe('keys', () => {
  it('split into an array that destructures', () => {
    const [a, b] = random.split(keys[0]!);
    expect([a.shape, b.shape]).toEqual([[2], [2]]); // prettier-ignore
    expect(random.split(keys[0]!, 5)).toHaveLength(5);
    expect(random.splitStack(keys[0]!, 5).shape).toEqual([5, 2]);
    expect(distance(random.split(keys[0]!, 5)[3]!, random.foldIn(keys[0]!, 3))).toBe(0);
  });

  it.each(keys)('foldIn takes numbers and traced counters alike', (key) => {
    for (const data of [0, 1, 77, 2 ** 31 - 1]) {
      const byNumber = random.foldIn(key, data);
      expect(distance(random.foldIn(key, p.scalar(data, 'int32')), byNumber)).toBe(0);
      expect(
        jit((k: Tensor, i: Tensor) => random.foldIn(k, i))(key, p.scalar(data, 'int32')).dataSync(),
      ).toEqual(byNumber.dataSync());
      expect(jit((k: Tensor) => random.foldIn(k, data))(key).dataSync()).toEqual(byNumber.dataSync());
    }
    checkVmap(
      'foldIn',
      (k, i) => random.foldIn(k, i),
      [1, 2, 3].map((i) => [key, p.scalar(i, 'int32')]),
    );
  });

  it('are checked', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53])
      expectError(() => random.key(seed), 'ARGUMENT', 'whole number from 0 to 2^53 - 1');
    expectError(
      () => random.normal(5 as unknown as Tensor, [2]),
      'ARGUMENT',
      'got the number 5; make one with random.key(seed)',
    );
    expectError(() => random.normal(tensor([1, 2]), [2]), 'DTYPE', 'a key is int32[2], got float32[2]');
    expectError(
      () => random.normal(random.splitStack(keys[0]!), [2]),
      'SHAPE',
      'for a stack of keys use vmap',
    );
    expectError(() => random.split(keys[0]!, 0), 'ARGUMENT', 'at least 1');
    expectError(() => random.foldIn(keys[0]!, -1), 'ARGUMENT', 'from 0 to 2^32 - 1');
    expectError(() => random.foldIn(keys[0]!, tensor([1, 2])), 'DTYPE', 'must be int32');
    expectError(() => random.bits(keys[0]!, [-1]), 'ARGUMENT', 'sizes are integers');
  });
});

describe.each(Object.entries(continuous))('%s', (_, [sample, cdf]) => {
  it.each(['float32', 'float64'] as const)('has its distribution, %s', (dtype) => {
    for (const key of keys) {
      const x = sample(key, { dtype });
      expect([x.dtype, x.shape]).toEqual([dtype, [n]]);
      expect(misfit(x, cdf)).toBeLessThan(1.95);
    }
  });

  it('gives the same numbers compiled, and for each key of a vmap', () => {
    const f = (key: Tensor): Tensor => p.slice(sample(key, { dtype: 'float64' }), [0], [20]);
    checkJit('sample', f, [keys[0]!]);
    checkVmap(
      'sample',
      f,
      keys.map((key) => [key]),
    );
  });
});

describe('continuous samplers', () => {
  it('take shapes, with 0 and no axes too', () => {
    for (const shape of [[], [0], [2, 3], [1, 0, 2]]) {
      expect(random.normal(keys[0]!, shape).shape).toEqual(shape);
      expect(random.uniform(keys[0]!, shape, { dtype: 'float64' }).shape).toEqual(shape);
      expect(random.gamma(keys[0]!, 2, shape).shape).toEqual(shape);
    }
    expect(random.uniform(keys[0]!).shape).toEqual([]);
  });

  it('take tensors as bounds and parameters', () => {
    const u = random
      .uniform(keys[0]!, [3, 2], { minval: vector(0, 10), maxval: vector(1, 20), dtype: 'float64' })
      .dataSync();
    for (let i = 0; i < 6; i++) expect(u[i]! >= (i % 2 ? 10 : 0) && u[i]! < (i % 2 ? 20 : 1)).toBe(true);
    expect(random.gamma(keys[0]!, vector(1, 2, 3)).dtype).toBe('float64');
    expect(random.beta(keys[0]!, vector(1, 2, 3), 2).shape).toEqual([3]);
    const slope = grad((low: Tensor) =>
      p.sum(random.uniform(keys[0]!, [4], { minval: low, maxval: 1, dtype: 'float64' }), [0]),
    );
    expect(slope(p.scalar(0, 'float64')).item()).toBeCloseTo(
      4 - mean(random.uniform(keys[0]!, [4], { dtype: 'float64' })) * 4,
      12,
    );
  });

  it('stay inside their bounds', () => {
    const x = sorted(random.truncatedNormal(keys[1]!, 0, 1e-3, [5000]));
    expect(x[0]).toBeGreaterThan(0);
    expect(x.at(-1)).toBeLessThan(Math.fround(1e-3));
    expect(sorted(random.truncatedNormal(keys[1]!, 3, Infinity, [5000]))[0]).toBeGreaterThan(3);
    const u = sorted(random.uniform(keys[0]!, [n]));
    expect(u[0]).toBeGreaterThanOrEqual(0);
    expect(u.at(-1)).toBeLessThan(1);
    for (const x of random.exponential(keys[0]!, [n]).dataSync()) expect(Number.isFinite(x)).toBe(true);
  });

  it('refuse bad arguments', () => {
    const key = keys[0]!;
    expectError(
      () => random.uniform(key, [2], { minval: 1, maxval: 1 }),
      'ARGUMENT',
      'maxval must be above minval, got [1, 1)',
    );
    expectError(() => random.uniform(key, [2], { minval: NaN }), 'ARGUMENT', 'minval must be finite');
    expectError(
      () => random.uniform(key, [2], { maxval: vector(1, 2, 3) }),
      'SHAPE',
      'bounds of shape [3] do not broadcast to the shape [2]',
    );
    expectError(() => random.uniform(key, [1.5]), 'ARGUMENT', 'sizes are integers');
    expectError(() => random.uniform(key, 3 as unknown as number[]), 'ARGUMENT', 'shape must be an array');
    expectError(() => random.normal(key, [2], { dtype: 'int32' }), 'DTYPE', 'float32 or float64, got int32');
    expectError(() => random.truncatedNormal(key, 1, 0), 'ARGUMENT', 'lower must be below upper');
    expectError(() => random.gamma(key, 0), 'ARGUMENT', 'alpha must be positive and finite, got 0');
    expectError(() => random.beta(key, 1, -2), 'ARGUMENT', 'b must be positive');
    expectError(
      () => random.gamma(key, vector(1, 2), [3]),
      'SHAPE',
      'parameters of shape [2] do not broadcast to the shape [3]',
    );
    expectError(
      () => random.gamma(key, vector(1), [1], { dtype: 'float32' }),
      'DTYPE',
      'nothing is cast down silently',
    );
    expectError(() => random.dirichlet(key, 1), 'SHAPE', 'at least one axis');
  });
});

describe('gamma, beta, dirichlet', () => {
  it.each(keys)('the mean derivative is the derivative of the mean', (key) => {
    // E x = alpha for Gamma, a / (a + b) for Beta, alpha / sum for Dirichlet.
    for (const alpha of [0.3, 1, 6]) {
      const slope = grad((a: Tensor) => p.div(p.sum(random.gamma(key, a, [n]), [0]), n))(
        p.scalar(alpha, 'float64'),
      ).item();
      expect(slope).toBeCloseTo(1, 1);
    }
    const beta = grad((a: Tensor) => p.div(p.sum(random.beta(key, a, 2, [n]), [0]), n))(
      p.scalar(1.5, 'float64'),
    ).item();
    expect(beta).toBeCloseTo(2 / 3.5 ** 2, 2);
    const dirichlet = grad((a: Tensor) =>
      p.div(p.sum(p.slice(random.dirichlet(key, a, [n]), [0, 0], [n, 1]), [0, 1]), n),
    )(vector(1, 2, 0.5));
    expect([...dirichlet.dataSync()]).toEqual(
      [2.5, -1, -1].map((x): unknown => expect.closeTo(x / 3.5 ** 2, 2)),
    );
  });

  it('the variance has its derivative too: second moments, and second derivatives of the mean are 0', () => {
    const second = grad((a: Tensor) => p.div(p.sum(p.square(random.gamma(keys[0]!, a, [n])), [0]), n))(
      p.scalar(2, 'float64'),
    ).item();
    expect(Math.abs(second - 5)).toBeLessThan(0.15); // E x² = a + a²
    const curvature = grad((a: Tensor) =>
      grad((b: Tensor) => p.div(p.sum(random.gamma(keys[0]!, b, [n]), [0]), n))(a),
    )(p.scalar(2, 'float64')).item();
    expect(Math.abs(curvature)).toBeLessThan(0.01);
  });

  it.each(keys)('dirichlet sums to one and has its mean', (key) => {
    const alpha = vector(0.5, 1, 3.5);
    const x = random.dirichlet(key, alpha, [n]);
    expect(x.shape).toEqual([n, 3]);
    expect(distance(p.sum(x, [1]), p.full([n], 1, 'float64'))).toBeLessThan(1e-14);
    [...p.div(p.sum(x, [0]), n).dataSync()].forEach((m, i) =>
      expect(Math.abs(m - [0.1, 0.2, 0.7][i]!)).toBeLessThan(0.01),
    );
    expect(random.dirichlet(key, p.full([2, 4], 1, 'float32')).shape).toEqual([2, 4]);
  });

  it('stay finite for tiny parameters', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = random.dirichlet(keys[0]!, p.full([3], 1e-3, dtype), [500]);
      expect([...x.dataSync()].every(Number.isFinite)).toBe(true);
      expect(distance(p.sum(x, [1]), p.full([500], 1, dtype))).toBeLessThan(1e-6);
      expect(
        [...random.beta(keys[0]!, p.scalar(1e-4, dtype), 1e-4, [500]).dataSync()].every(
          (y) => y >= 0 && y <= 1,
        ),
      ).toBe(true);
    }
  });
});

describe('bernoulli, randint, categorical', () => {
  it.each(keys)('bernoulli has its mean', (key) => {
    for (const probability of [0, 0.1, 0.5, 1]) {
      const x = random.bernoulli(key, probability, [n]);
      expect(x.dtype).toBe('bool');
      expect(Math.abs(mean(x) - probability)).toBeLessThan(
        4 * Math.sqrt((probability * (1 - probability)) / n) + 1e-12,
      );
    }
    expect(random.bernoulli(key, vector(0, 1)).toArray()).toEqual([false, true]);
    expect(random.bernoulli(key).shape).toEqual([]);
  });

  it.each(keys)('randint is uniform on its range', (key) => {
    const counts = new Array<number>(7).fill(0);
    for (const x of random.randint(key, [n], -3, 4).dataSync()) counts[x + 3]!++;
    const chiSquared = counts.reduce((total, c) => total + (c - n / 7) ** 2 / (n / 7), 0);
    expect(chiSquared).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
  });

  it('randint agrees with unsigned 64-bit arithmetic, on ranges of any width', () => {
    for (const [low, high] of [
      [0, 1],
      [-5, 12],
      [0, 2 ** 30 + 7],
      [-(2 ** 30), 2 ** 30 - 1],
      [-(2 ** 31), -1],
    ] as const) {
      // prettier-ignore
      const [highKey, lowKey] = random.split(keys[2]!);
      const [a, b] = [random.bits(highKey, [200]).dataSync(), random.bits(lowKey, [200]).dataSync()];
      const span = BigInt(high) - BigInt(low);
      const word = 2n ** 32n;
      const root = 2n ** 16n % span;
      const expected = Array.from(a, (x, i) => {
        const upper = (BigInt(x >>> 0) % span) * (((root * root) % word) % span);
        return Number(BigInt(low) + (((upper + (BigInt(b[i]! >>> 0) % span)) % word) % span));
      });
      expect([...random.randint(keys[2]!, [200], low, high).dataSync()]).toEqual(expected);
      expect([
        ...random.randint(keys[2]!, [200], p.scalar(low, 'int32'), p.scalar(high, 'int32')).dataSync(),
      ]).toEqual(expected);
    }
  });

  it.each(keys)('categorical has its probabilities', (key) => {
    const probabilities = [0.1, 0.2, 0.7];
    const logits = p.log(tensor(probabilities));
    const drawn = random.categorical(key, logits, { shape: [n] });
    expect([drawn.dtype, drawn.shape]).toEqual(['int32', [n]]);
    probabilities.forEach((q, i) => {
      const share = [...drawn.dataSync()].filter((x) => x === i).length / n;
      expect(Math.abs(share - q)).toBeLessThan(4 * Math.sqrt((q * (1 - q)) / n));
    });
    expect(random.categorical(key, p.full([4, 3, 2], 0, 'float32'), { axis: 1 }).shape).toEqual([4, 2]);
    expect(random.categorical(key, [[0, -Infinity], [-Infinity, 0]]).toArray()).toEqual([0, 1]); // prettier-ignore
    expect(random.categorical(key, [[0, -Infinity], [-Infinity, 0]], { shape: [3, 2] }).toArray()).toEqual([[0, 1], [0, 1], [0, 1]]); // prettier-ignore
  });

  it('refuse bad arguments', () => {
    const key = keys[0]!;
    expectError(() => random.bernoulli(key, 1.5), 'ARGUMENT', 'probability must be between 0 and 1, got 1.5');
    expectError(() => random.randint(key, [2], 3, 3), 'ARGUMENT', 'needs minval < maxval');
    expectError(() => random.randint(key, [2], 0.5, 3), 'ARGUMENT', 'must be a whole number');
    expectError(() => random.randint(key, [2], tensor([1]), 3), 'DTYPE', 'minval must be int32');
    expectError(() => random.categorical(key, p.full([2, 0], 1, 'float32')), 'SHAPE', 'hold no categories');
    expectError(() => random.categorical(key, [1, 2], { axis: 1 }), 'INDEX', 'out of range');
    expectError(() => random.categorical(key, [[1, 2], [3, 4]], { shape: [3] }), 'SHAPE', 'do not broadcast'); // prettier-ignore
  });

  it('work compiled and under vmap', () => {
    const f = (key: Tensor): Tensor[] => [
      random.bernoulli(key, 0.3, [5]),
      random.randint(key, [5], 0, 100),
      random.categorical(key, [1, 2, 3], { shape: [5] }),
    ];
    checkJit('discrete', f, [keys[0]!]);
    checkVmap(
      'discrete',
      f,
      keys.map((key) => [key]),
    );
  });
});

describe('permutation and choice', () => {
  it.each(keys)('permutation keeps every entry, and all orders are as likely', (key) => {
    for (const size of [0, 1, 2, 50, 3000])
      expect(sorted(random.permutation(key, size))).toEqual(Array.from({ length: size }, (_, i) => i));
    const counts = new Map<string, number>();
    for (const k of random.split(key, 1200)) {
      const order = random.permutation(k, 3).dataSync().join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(60);
  });

  it('shuffles along an axis, whole slices or every line on its own', () => {
    const x = p.iota([4, 5], 1, 'int32');
    const slices = random.permutation(keys[0]!, x, { axis: 1 }).toArray() as number[][];
    expect(new Set(slices.map((row) => row.join())).size).toBe(1);
    const lines = random.permutation(keys[0]!, x, { axis: 1, independent: true }).toArray() as number[][];
    for (const row of lines) expect([...row].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(lines.map((row) => row.join())).size).toBeGreaterThan(1);
    const columns = random.permutation(keys[0]!, p.transpose(x, [1, 0]), { axis: 0, independent: true });
    for (const column of p.transpose(columns, [1, 0]).toArray() as number[][])
      expect([...column].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it.each(keys)('choice: with and without replacement, with and without probabilities', (key) => {
    const x = tensor([10, 20, 30, 40]);
    const shares = (drawn: Tensor): number[] =>
      [10, 20, 30, 40].map((v) => [...drawn.dataSync()].filter((y) => y === v).length / drawn.size);
    for (const share of shares(random.choice(key, x, [n])))
      expect(Math.abs(share - 0.25)).toBeLessThan(0.015);
    const weights = [1, 0, 2, 1];
    shares(random.choice(key, x, [n], { probabilities: weights })).forEach((share, i) =>
      expect(Math.abs(share - weights[i]! / 4)).toBeLessThan(0.015),
    );
    expect(sorted(random.choice(key, x, [4], { replace: false }))).toEqual([10, 20, 30, 40]);
    expect(sorted(random.choice(key, x, [3], { replace: false, probabilities: weights }))).toEqual([
      10, 30, 40,
    ]);
    expect(random.choice(key, 10, [2, 3]).shape).toEqual([2, 3]);
    expect(random.choice(key, p.iota([2, 5], 1, 'int32'), [3], { axis: 1 }).shape).toEqual([2, 3]);
  });

  it('refuse bad arguments', () => {
    const key = keys[0]!;
    expectError(
      () => random.choice(key, 3, [4], { replace: false }),
      'ARGUMENT',
      '4 draws without replacement from 3 entries',
    );
    expectError(() => random.choice(key, 0, [1]), 'ARGUMENT', 'nothing to choose from');
    expectError(
      () => random.choice(key, 3, [1], { probabilities: [1, 2] }),
      'SHAPE',
      'probabilities must be [3]',
    );
    expectError(() => random.permutation(key, 1.5), 'ARGUMENT', 'needs a count or a tensor');
    expectError(() => random.permutation(key, p.scalar(1, 'float32')), 'INDEX', 'a scalar has no axes');
  });

  it('work compiled and under vmap', () => {
    const f = (key: Tensor): Tensor[] => [
      random.permutation(key, 7),
      random.choice(key, 5, [3], { replace: false }),
      random.choice(key, 5, [3], { probabilities: [1, 2, 3, 4, 5] }),
    ];
    checkJit('permutation', f, [keys[0]!]);
    checkVmap(
      'permutation',
      f,
      keys.map((key) => [key]),
    );
  });
});

describe('orthogonal', () => {
  it.each(keys)('has orthonormal columns or rows', (key) => {
    expect(orthonormality(random.orthogonal(key, 5, { dtype: 'float64' }))).toBeLessThan(1e-14);
    expect(
      orthonormality(random.orthogonal(key, 5, { columns: 3, shape: [2], dtype: 'float64' })),
    ).toBeLessThan(1e-14);
    const wide = random.orthogonal(key, 2, { columns: 4, dtype: 'float64' });
    expect(wide.shape).toEqual([2, 4]);
    expect(orthonormality(p.matrixTranspose(wide))).toBeLessThan(1e-14);
    expectError(() => random.orthogonal(key, -1), 'ARGUMENT', 'n must be a whole number');
  });

  it('is uniform: the trace of 2 by 2 ones has mean 0 and mean square 1', () => {
    const q = random.orthogonal(keys[0]!, 2, { shape: [5000], dtype: 'float64' }).dataSync();
    let [first, second] = [0, 0];
    for (let i = 0; i < 5000; i++) {
      const trace = q[4 * i]! + q[4 * i + 3]!;
      first += trace / 5000;
      second += trace ** 2 / 5000;
    }
    expect(Math.abs(first)).toBeLessThan(0.06);
    expect(Math.abs(second - 1)).toBeLessThan(0.08);
  });
});
