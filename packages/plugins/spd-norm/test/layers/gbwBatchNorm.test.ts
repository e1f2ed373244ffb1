import { eye, grad, jit, linalg, random, tensor, vmap, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { buresWasserstein, gbwBatchNorm,
  gbwBatchNormMargin, generalizedBuresWasserstein, powerDeformed, randomSpd, type GbwBatchNormParams } from '../../src/index.js'; // prettier-ignore
import {
  centralDifference,
  elements,
  randomTensor,
  relativeError,
  seeds,
  symmetric,
  thrown,
} from '../support.js';

const n = 4;
const key = random.key(0);
const spd = (seed: number, condition: number, shape: readonly number[] = []): Tensor =>
  randomSpd(random.key(seed), n, { condition, dtype: 'float64', shape });
const scalar = (x: number): Tensor => tensor(x, { dtype: 'float64' });
const started = (layer: ReturnType<typeof gbwBatchNorm>) => layer.init(key, [n, n], { dtype: 'float64' });

/** Random parameters whose exponentials stay in the domain. */
const someParams = (seed: number): GbwBatchNormParams & Record<'spdBias' | 'spdMetric', Tensor> => ({
  spdBias: spd(seed + 30, 5),
  spdMetric: spd(seed + 40, 5),
  scale: scalar(0.4),
});

describe.each([1, 0.5])('theta %d', (theta) => {
  it.each(seeds)('outputs have the mean G and the variance s² v / (v + ε), seed %d', (seed) => {
    const layer = gbwBatchNorm({ theta, karcherSteps: 400, epsilon: 1e-3 });
    const params = someParams(seed);
    const x = spd(seed, 1e3, [12]);
    const { output } = layer.apply(params, started(layer).state, x, { train: true });
    // The power comes first and the metric matrix after it.
    const metric = powerDeformed(generalizedBuresWasserstein(params.spdMetric), theta);
    const before = metric.variance(x, metric.mean(x, { steps: 2000 })).item();
    const mean = metric.mean(output, { steps: 2000 });
    expect(relativeError(mean, params.spdBias)).toBeLessThan(1e-10);
    const expected = (0.4 ** 2 * before) / (before + 1e-3);
    expect(Math.abs(metric.variance(output, mean).item() / expected - 1)).toBeLessThan(1e-8);
  });

  it('training does not see the scale of its input', () => {
    const layer = gbwBatchNorm({ theta, epsilon: 0 });
    const { state } = started(layer);
    const [params, x] = [someParams(1), spd(1, 1e3, [8])];
    const run = (input: Tensor): Tensor => layer.apply(params, state, input, { train: true }).output;
    expect(relativeError(run(x.mul(10)), run(x))).toBeLessThan(1e-10);
    const official = gbwBatchNorm({ theta, epsilon: 0, varianceAbout: 'identity' });
    const other = (input: Tensor): Tensor => official.apply(params, state, input, { train: true }).output;
    expect(relativeError(other(x.mul(10)), other(x))).toBeGreaterThan(0.05);
  });

  it('default epsilon: the scale changes little', () => {
    const layer = gbwBatchNorm({ theta });
    const [params, x] = [someParams(1), spd(1, 1e3, [8])];
    const run = (input: Tensor): Tensor =>
      layer.apply(params, started(layer).state, input, { train: true }).output;
    expect(relativeError(run(x.mul(10)), run(x))).toBeLessThan(1e-4);
  });

  it('gradients of input, M, G and s agree with differences, statistics held fixed', () => {
    const layer = gbwBatchNorm({ theta });
    const state = { mean: spd(7, 4), variance: scalar(0.5) };
    const [x, c] = [spd(2, 100, [5]), randomTensor(3, [5, n, n])];
    const params = { ...someParams(2), scale: scalar(0.2) };
    const loss = (part: Partial<typeof params>, input: Tensor): Tensor =>
      layer
        .apply({ ...params, ...part }, state, input)
        .output.mul(c)
        .sum();
    const checkOne = (f: (t: Tensor) => Tensor, at: Tensor, v: Tensor): void => {
      const slope = grad(f)(at).mul(v).sum();
      expect(relativeError(slope, centralDifference(f, at, v, 1e-6))).toBeLessThan(1e-6);
    };
    checkOne((t) => loss({}, t), x, symmetric(4, [5, n, n]).mul(0.01));
    checkOne((t) => loss({ spdBias: t }, x), params.spdBias, symmetric(5, [n, n]));
    checkOne((t) => loss({ spdBias: t }, x), eye(n, n, { dtype: 'float64' }), symmetric(5, [n, n]));
    checkOne((t) => loss({ spdMetric: t }, x), params.spdMetric, symmetric(6, [n, n]));
    checkOne((t) => loss({ spdMetric: t }, x), eye(n, n, { dtype: 'float64' }), symmetric(6, [n, n]));
    checkOne((t) => loss({ scale: t }, x), params.scale, scalar(1));
  });
});

it('gradients through the statistics agree with differences where they are not detached', () => {
  const layer = gbwBatchNorm({ theta: 0.5, detachStatistics: false, karcherSteps: 2 });
  const { state } = started(layer);
  const [x, c, v] = [spd(2, 20, [5]), randomTensor(3, [5, n, n]), symmetric(4, [5, n, n]).mul(0.01)];
  const loss = (t: Tensor): Tensor =>
    layer.apply(someParams(1), state, t, { train: true }).output.mul(c).sum();
  expect(relativeError(grad(loss)(x).mul(v).sum(), centralDifference(loss, x, v))).toBeLessThan(1e-6);
  const detached = gbwBatchNorm({ theta: 0.5, karcherSteps: 2 });
  const slope = grad((t: Tensor) =>
    detached.apply(someParams(1), state, t, { train: true }).output.mul(c).sum(),
  )(x);
  expect(relativeError(slope, grad(loss)(x))).toBeGreaterThan(0.01);
});

it('tracks mean and variance along geodesics, and evaluates with them', () => {
  const layer = gbwBatchNorm({ momentum: 0.3, karcherSteps: 50 });
  let { params, state } = started(layer); // eslint-disable-line prefer-const -- state changes
  const x = spd(1, 10, [6]);
  const metric = buresWasserstein();
  const mean = metric.mean(x);
  const after = layer.apply(params, state, x, { train: true }).state;
  expect(relativeError(after.mean, metric.geodesic(state.mean, mean, 0.3))).toBeLessThan(1e-9);
  expect(after.variance.item()).toBeCloseTo(0.7 + 0.3 * metric.variance(x, mean).item(), 9);
  for (let i = 0; i < 80; i++) state = layer.apply(params, state, x, { train: true }).state;
  const evaluated = layer.apply(params, state, x);
  expect(evaluated.state).toBe(state);
  expect(relativeError(evaluated.output, layer.apply(params, state, x, { train: true }).output)).toBeLessThan(
    1e-6,
  );
});

it('takes channels, free parameters, no metric matrix, jit, vmap and float32', () => {
  const x = spd(1, 10, [6, 2]);
  for (const options of [{}, { parametrization: 'free' }, { learnMetric: false }, { theta: -0.5 }] as const) {
    const layer = gbwBatchNorm({ ...options, epsilon: 0.1 });
    const { params, state, outputShape } = layer.init(key, [2, n, n], { dtype: 'float64' });
    expect(outputShape).toEqual([2, n, n]);
    const run = (p: GbwBatchNormParams, input: Tensor): Tensor =>
      layer.apply(p, state, input, { train: true }).output;
    const output = run(params, x);
    const single = layer.apply(params, state, x.reshape([12, n, n]), { train: true }).output;
    expect(relativeError(output.reshape([12, n, n]), single)).toBeLessThan(1e-12);
    expect(relativeError(jit(run)(params, x), output)).toBeLessThan(1e-11);
    const stacked = vmap((input: Tensor) => run(params, input))(x.expandDims(0).broadcastTo([2, 6, 2, n, n]));
    expect(relativeError(stacked.at(1), output)).toBeLessThan(1e-11);
    const slopes = grad((p: GbwBatchNormParams) => run(p, x).square().sum())(params);
    for (const slope of Object.values(slopes)) expect(elements(slope).every(Number.isFinite)).toBe(true);
    const narrow = layer.init(key, [2, n, n]);
    const low = layer.apply(narrow.params, narrow.state, x.cast('float32'), { train: true }).output;
    expect(low.dtype).toBe('float32');
    expect(relativeError(low.cast('float64'), output)).toBeLessThan(1e-4);
  }
});

it('has a margin, which a large scale uses up', () => {
  const { state } = started(gbwBatchNorm());
  const x = spd(1, 100, [7]);
  const margin = (scale: number): number =>
    gbwBatchNormMargin({}, { ...someParams(1), scale: scalar(scale) }, state, x, { train: true }).item();
  expect(margin(0)).toBeCloseTo(1, 12);
  expect(margin(0.2)).toBeGreaterThan(0);
  expect(margin(0.2)).toBeLessThan(margin(0.1));
  expect(margin(20)).toBeLessThan(0);
});

it('treats the examples of a batch alike', () => {
  const layer = gbwBatchNorm({ theta: 0.5 });
  const { state } = started(layer);
  const x = spd(1, 100, [7]);
  const run = (input: Tensor): Tensor => layer.apply(someParams(1), state, input, { train: true }).output;
  expect(relativeError(run(x.flip(0)).flip(0), run(x))).toBeLessThan(1e-12);
});

it('bears condition 1e10', () => {
  const layer = gbwBatchNorm({ theta: 0.5 });
  const { params, state } = started(layer);
  const { output } = layer.apply(params, state, spd(1, 1e10, [10]), { train: true });
  expect(linalg.eigvalsh(output).min().item()).toBeGreaterThan(0);
});

it('says what is wrong', () => {
  const layer = gbwBatchNorm();
  const { params, state } = started(layer);
  const bad = spd(1, 10, [3]).sub(eye(n, n, { dtype: 'float64' }).mul(0.5));
  expect(thrown(() => layer.apply(params, state, bad, { train: true }))).toMatch(/LINALG: gbwBatchNorm: x must be positive definite, but the matrix at index \[0\] has negative eigenvalues; the smallest/); // prettier-ignore
  expect(thrown(() => gbwBatchNorm({ theta: 0 }))).toBe('ARGUMENT: gbwBatchNorm: theta must be a finite number other than 0, got 0'); // prettier-ignore
  expect(thrown(() => gbwBatchNorm({ varianceAbout: 'x' as never }))).toContain("varianceAbout must be 'mean' or 'identity', got \"x\""); // prettier-ignore
  expect(thrown(() => layer.init(key, [3, 4]))).toBe('SHAPE: gbwBatchNorm: examples must be matrices [n, n] or [channels, n, n], got [3,4] (the batch axis is not part of it)'); // prettier-ignore
  expect(thrown(() => layer.apply({ scale: scalar(1) }, state, bad))).toContain('got no bias');
});
