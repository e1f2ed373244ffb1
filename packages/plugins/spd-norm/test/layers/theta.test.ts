import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { eye, grad, jit, random, tensor, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { batchNormMomentum, gbwBatchNorm, lieBatchNorm, randomSpd, symLog, type GbwBatchNormParams } from '../../src/index.js'; // prettier-ignore
import { rawPower } from '../../src/matrices/functions.js';
import { tracedPower } from '../../src/matrices/tracedPower.js';
import { centralDifference, elements, randomTensor, relativeError, symmetric, thrown } from '../support.js';

const n = 4;
const key = random.key(0);
const spd = (seed: number, condition: number, shape: readonly number[] = []): Tensor =>
  randomSpd(random.key(seed), n, { condition, dtype: 'float64', shape });
const scalar = (x: number): Tensor => tensor(x, { dtype: 'float64' });
const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);

describe('powers with a traced exponent', () => {
  it.each([0.5, -0.7, 2, 1e-3])('x^%d and its derivatives', (theta) => {
    const [x, c] = [spd(1, 1e6), symmetric(2, [n, n])];
    const f = (t: Tensor): Tensor => tracedPower(x, t).mul(c).sum();
    expect(relativeError(tracedPower(x, scalar(theta)), rawPower(x, theta))).toBeLessThan(1e-13);
    // x^θ log x, and x^θ (log x)² for the second.
    const [power, log] = [rawPower(x, theta), symLog(x)];
    const first = power.matmul(log);
    expect(relativeError(grad(f)(scalar(theta)), first.mul(c).sum())).toBeLessThan(1e-10);
    expect(relativeError(grad(grad(f))(scalar(theta)), first.matmul(log).mul(c).sum())).toBeLessThan(1e-9);
    const slope = grad((y: Tensor) => tracedPower(y, scalar(theta)).mul(c).sum())(x);
    expect(relativeError(slope, grad((y: Tensor) => rawPower(y, theta).mul(c).sum())(x))).toBeLessThan(1e-9);
  });

  it('has the exact gradient at equal eigenvalues', () => {
    const c = randomTensor(3, [n, n]);
    const slope = grad((y: Tensor) => tracedPower(y, scalar(0.4)).mul(c).sum())(
      eye(n, n, { dtype: 'float64' }),
    );
    expect(relativeError(slope, c.add(c.T).mul(0.2))).toBeLessThan(1e-14);
  });
});

describe('theta that is learned', () => {
  const params = (theta: number): GbwBatchNormParams & { theta: Tensor } => ({
    spdBias: spd(32, 5),
    spdMetric: spd(42, 5),
    scale: scalar(0.3),
    theta: scalar(theta),
  });
  const [x, c] = [spd(2, 100, [6]), randomTensor(3, [6, n, n])];

  it.each([0.5, 1, -0.5])(
    'starts as the fixed one, and has the derivative of differences, from %d',
    (theta) => {
      const layer = gbwBatchNorm({ theta, learnTheta: true });
      const made = layer.init(key, [n, n], { dtype: 'float64' });
      expect(made.params.theta!.item()).toBe(theta);
      const fixed = gbwBatchNorm({ theta });
      const { theta: _theta, ...rest } = params(theta);
      const run = { train: true };
      const output = layer.apply(params(theta), made.state, x, run).output;
      expect(relativeError(output, fixed.apply(rest, made.state, x, run).output)).toBeLessThan(1e-10);

      // Statistics held fixed; a state away from the start.
      const state = { mean: spd(7, 4), variance: scalar(0.5) };
      const evaluated = (t: Tensor): Tensor => layer.apply({ ...params(theta), theta: t }, state, x).output.mul(c).sum(); // prettier-ignore
      const slope = grad(evaluated)(scalar(theta));
      const difference = centralDifference(evaluated, scalar(theta), scalar(1), 1e-5);
      expect(relativeError(slope, difference)).toBeLessThan(1e-7);
      expect(relativeError(jit(grad(evaluated))(scalar(theta)), slope)).toBeLessThan(1e-9);

      // And through the statistics of the batch.
      const through = gbwBatchNorm({ theta, learnTheta: true, detachStatistics: false, karcherSteps: 2 });
      const trained = (t: Tensor): Tensor => through.apply({ ...params(theta), theta: t }, made.state, x, run).output.mul(c).sum(); // prettier-ignore
      expect(relativeError(grad(trained)(scalar(theta)), centralDifference(trained, scalar(theta), scalar(1), 1e-5))).toBeLessThan(1e-7); // prettier-ignore
    },
  );

  it('comes to the log-Euclidean normalisation with twice the scale near 0, and can come back', () => {
    const layer = gbwBatchNorm({ learnTheta: true, learnMetric: false, epsilon: 0, karcherSteps: 5 });
    const { state } = layer.init(key, [n, n], { dtype: 'float64' });
    const at = (theta: Tensor): Tensor => {
      const { spdMetric: _metric, ...rest } = params(1);
      return layer.apply({ ...rest, theta }, state, x, { train: true }).output;
    };
    const flat = lieBatchNorm({ metric: 'logEuclidean', epsilon: 0 });
    const start = flat.init(key, [n, n], { dtype: 'float64' });
    const limit = flat.apply({ spdBias: spd(32, 5), scale: scalar(0.6) }, start.state, x, { train: true });
    for (const theta of [1e-3, 1e-9, 0, -1e-9])
      expect(relativeError(at(scalar(theta)), limit.output)).toBeLessThan(2e-3);
    expect(elements(at(scalar(0)))).toEqual(elements(at(scalar(1e-3))));
    const slope = grad((t: Tensor) => at(t).mul(c).sum())(scalar(0));
    expect(Number.isFinite(slope.item())).toBe(true);
    expect(slope.item()).not.toBe(0);
  });

  it('refuses 0 as a start, and says where it is found', () => {
    expect(thrown(() => gbwBatchNorm({ theta: 0, learnTheta: true }))).toBe('ARGUMENT: gbwBatchNorm: theta must be a finite number other than 0, got 0'); // prettier-ignore
    expect(thrown(() => gbwBatchNorm({ learnTheta: 'yes' as never }))).toContain('learnTheta must be true or false'); // prettier-ignore
  });
});

describe('the published order of operations', () => {
  const cases = loadGoldens('spd_training').filter(({ op }) => op === 'gbwBatchNorm');

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, { args, options, expected }) => {
    const layer = gbwBatchNorm({ theta: Number(options.theta), varianceAbout: 'identity' });
    const { state } = layer.init(key, [n, n], { dtype: 'float64' });
    const params = { spdBias: read(args.g!), spdMetric: read(args.m!), scale: scalar(Number(options.scale)) };
    const made = layer.apply(params, state, read(args.x!), { train: true });
    expect(relativeError(made.output, read(expected.output!))).toBeLessThan(1e-10);
    expect(relativeError(made.state.mean, read(expected.mean!))).toBeLessThan(1e-11);
    expect(relativeError(made.state.variance, read(expected.variance!))).toBeLessThan(1e-11);
  });
});

describe('momentum by a schedule', () => {
  const schedule = batchNormMomentum({ epochs: 5, stepsPerEpoch: 3, batchSize: 10, referenceBatchSize: 50 });

  it('goes from 1 - τ₀ to 1 - τ₀^(b / b₀), alike for numbers and tensors', () => {
    expect(schedule(0)).toBeCloseTo(0.15, 12);
    expect(schedule(2)).toBeCloseTo(0.15, 12);
    expect(schedule(6)).toBeCloseTo(1 - 0.85 ** 0.6, 12);
    expect(schedule(14)).toBeCloseTo(1 - 0.85 ** 0.2, 12);
    expect(schedule(100)).toBeCloseTo(1 - 0.85 ** 0.2, 12);
    for (const step of [0, 5, 14]) {
      const traced = schedule(tensor(step).cast('int32')) as Tensor;
      expect(traced.item()).toBeCloseTo(schedule(step) as number, 6);
    }
    const official = batchNormMomentum({ epochs: 5, stepsPerEpoch: 3, official: true });
    expect(official(0)).toBeCloseTo(0.85, 12);
  });

  it.each([
    [
      'gbw',
      gbwBatchNorm({
        momentum: (count) =>
          typeof count === 'number' ? 1 / (count + 1) : count.cast('float32').add(1).reciprocal(),
      }),
    ],
    [
      'lie',
      lieBatchNorm({
        metric: 'logCholesky',
        momentum: (count) =>
          typeof count === 'number' ? 1 / (count + 1) : count.cast('float32').add(1).reciprocal(),
      }),
    ],
  ] as const)('1 / (count + 1) averages all batches, %s', (_name, layer) => {
    const { params, state } = layer.init(key, [n, n], { dtype: 'float64' });
    expect(state.count!.item()).toBe(0);
    const batches = [1, 2, 3].map((seed) => spd(seed, 10, [5]));
    const variances = batches.map((batch) => layer.apply(params, state, batch, { train: true }).state.variance.item()); // prettier-ignore
    const run = jit((s: typeof state, batch: Tensor) => layer.apply(params, s, batch, { train: true }).state);
    const end = batches.reduce<typeof state>((s, batch) => run(s, batch), state);
    expect(end.count!.item()).toBe(3);
    expect(end.variance.item()).toBeCloseTo(variances.reduce((a, b) => a + b) / 3, 6);
    expect(layer.apply(params, end, batches[0]!).state).toBe(end);
  });

  it('says what is wrong', () => {
    expect(thrown(() => batchNormMomentum({ epochs: 0, stepsPerEpoch: 1 }))).toContain('epochs must be a whole number'); // prettier-ignore
    expect(thrown(() => batchNormMomentum({ epochs: 2, stepsPerEpoch: 1, batchSize: 60 }))).toBe('ARGUMENT: batchNormMomentum: batchSize must be at most referenceBatchSize, 50, got 60'); // prettier-ignore
    expect(thrown(() => batchNormMomentum({ epochs: 2, stepsPerEpoch: 1, decay: 1 }))).toContain('decay must be a number in (0, 1)'); // prettier-ignore
    expect(thrown(() => gbwBatchNorm({ momentum: 2 }))).toBe('ARGUMENT: gbwBatchNorm: momentum must be a number in [0, 1] or a schedule, got 2'); // prettier-ignore
  });
});
