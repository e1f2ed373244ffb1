import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { grad, memory, tensor, useBackend, type Tensor } from '@core/tensor';
import { toTfjsOptimizer } from '@core/tensor/tfjs';
import * as optim from '../src/index.js';
import { optimizers } from './manifest.js';
import { distance, follow, numbers } from './support.js';

/*
 * Every optimizer of the manifest as a `tf.Optimizer`: the gradients are tfjs', the steps are held to those of the CPU backend with
 * gradients of its own.
 */

const { applyUpdates, withHyperparameters } = optim;

/** Scalars, vectors, matrices, stacks and convolution kernels, under the names that tfjs gives. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  'conv2d/kernel': [2, 2, 3, 4],
  'dense/bias': [3],
  'dense/kernel': [4, 3],
  'mixing/kernel': [2, 3, 2],
  scale: [],
};
const names = Object.keys(shapes);
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);
const values = (seed: number): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(names.map((name, i) => [name, numbers(10 * seed + i, sizeOf(shapes[name] ?? []))]));
const [start, weight] = [values(1), values(2)];
/** Another one at each step, as batches are. */
const targets = Array.from({ length: 12 }, (_, t) => values(10 + t));

type Params = Record<string, Tensor>;
const own = (of: typeof start): Params =>
  Object.fromEntries(names.map((name) => [name, tensor(of[name] ?? []).reshape(shapes[name] ?? [])]));
const theirs = (of: typeof start, name: string): tf.Tensor => tf.tensor([...(of[name] ?? [])], [...(shapes[name] ?? [])]); // prettier-ignore

/** Σ w (v - target)², whose curvature differs from element to element. */
function ownGradients(params: Params, t: number): Params {
  const [ends, factors] = [own(targets[t] ?? {}), own(weight)];
  const loss = (p: Params): Tensor =>
    names
      .map((name) => at(p, name).sub(at(ends, name)).square().mul(at(factors, name).add(1.5)).sum())
      .reduce((sum, part) => sum.add(part));
  return grad(loss)(params);
}
const at = (params: Params, name: string): Tensor => params[name] as Tensor; // of the same names

interface Problem {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly loss: (t: number) => tf.Scalar;
  readonly read: () => Float32Array[];
}

const open: tf.Variable[] = [];
function problem(): Problem {
  const variables = Object.fromEntries(names.map((name) => [name, tf.tidy(() => tf.variable(theirs(start, name), true, name))])); // prettier-ignore
  open.push(...Object.values(variables));
  const loss = (t: number): tf.Scalar => {
    const parts = names.map((name) => {
      const away = tf.sub(variables[name] as tf.Variable, theirs(targets[t] ?? {}, name));
      return tf.sum(tf.mul(tf.square(away), tf.add(theirs(weight, name), 1.5)));
    });
    return tf.sum(tf.stack(parts));
  };
  return { variables, loss, read: () => names.map((name) => (variables[name] as tf.Variable).dataSync().slice() as Float32Array) }; // prettier-ignore
}

/** Largest difference between the variables and parameters of the CPU backend. */
const apart = (found: readonly Float32Array[], params: Params): number =>
  distance(found.map((of) => tensor(Array.from(of))), names.map((name) => at(params, name))); // prettier-ignore

type Adapted = tf.Optimizer & ReturnType<typeof adapt>;
const adapt = (optimizer: optim.Optimizer) => toTfjsOptimizer<tf.Optimizer>(optimizer);
const minimize = (optimizer: Adapted, { loss }: Problem, from: number, to: number): void => {
  for (let t = from; t < to; t++) optimizer.minimize(() => loss(t));
};

/** Runs on the CPU backend, whatever tfjs' is doing. */
async function onCpu<R>(compute: () => R): Promise<R> {
  await useBackend('cpu');
  try {
    return compute();
  } finally {
    await useBackend('tfjs');
  }
}

beforeAll(async () => {
  // What runs on the host is announced.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  await useBackend('tfjs', { package: 'cpu' });
});
afterEach(() => tf.dispose(open.splice(0)));
afterAll(async () => {
  vi.restoreAllMocks();
  await useBackend('cpu');
});

const steps = 6;

/** Shampoo's roots of matrices with small eigenvalues are found in float32 there, in float64 on the CPU. */
const fitBounds: Readonly<Record<string, number>> = { shampoo: 1e-4 };

describe.each(optimizers)('$name', ({ name, make, usual }) => {
  it.each([
    ['with its defaults', usual],
    ['with everything on', make],
  ])('minimize goes the way of our own engine, %s', async (_, create) => {
    const want = await onCpu(() => {
      let now = { params: own(start), state: create().init(own(start)) };
      const from = now.params;
      for (let i = 0; i < steps; i++) {
        const { params, state } = follow(create(), now.params, [ownGradients(now.params, i)], now.state);
        now = { params, state };
      }
      return { params: now.params, length: distance(now.params, from) };
    });
    const optimizer = adapt(create());
    const tried = problem();
    minimize(optimizer, tried, 0, steps);
    optimizer.dispose();
    const error = await onCpu(() => apart(tried.read(), want.params));
    expect(error).toBeLessThan(2e-6 * Math.max(1, want.length));
    expect(want.length).toBeGreaterThan(0);
  });

  it('keeps nothing but its state, saves and resumes to the same bits, and frees all', async () => {
    const held = memory().bytes;
    const tried = problem();
    const optimizer = adapt(make());
    minimize(optimizer, tried, 0, 3);
    const [count, bytes] = [tf.memory().numTensors, memory().bytes];
    const saved = (await optimizer.getWeights()).map(({ name, tensor: of }) => ({
      name,
      tensor: tf.clone(of),
    }));
    const middle = tried.read();
    minimize(optimizer, tried, 3, steps);
    expect(tf.memory().numTensors - 2 * saved.length).toBe(count);
    expect(memory().bytes).toBe(bytes);
    const straight = tried.read();
    optimizer.dispose();
    names.forEach((of, i) => {
      const variable = tried.variables[of] as tf.Variable;
      tf.tidy(() => variable.assign(tf.tensor(middle[i] as Float32Array, variable.shape)));
    });
    const resumed = adapt(make());
    await resumed.setWeights(saved);
    minimize(resumed, tried, 3, steps);
    expect(tried.read()).toEqual(straight);
    expect(resumed.iterations).toBe(steps);
    resumed.dispose();
    expect(memory().bytes).toBe(held);
  });

  it('takes another learning rate between steps', async () => {
    const slower = <S>(state: S): S => withHyperparameters(state, { learningRate: 1e-3 });
    const want = await onCpu(() => {
      const first = follow(make(), own(start), [ownGradients(own(start), 0)]);
      return follow(make(), first.params, [ownGradients(first.params, 1)], slower(first.state)).params;
    });
    const tried = problem();
    const optimizer = adapt(make());
    minimize(optimizer, tried, 0, 1);
    optimizer.changeState(slower);
    minimize(optimizer, tried, 1, 2);
    optimizer.dispose();
    expect(await onCpu(() => apart(tried.read(), want))).toBeLessThan(2e-6);
  });

  // Square weights and batches larger than them: on directions that no gradient has, matrix methods magnify float32's rounding.
  it('trains a tf.LayersModel by compile and fit', async () => {
    const initial = (seed: number) => layers.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });
    const model = layers.sequential();
    model.add(layers.layers.dense({ units: 4, activation: 'tanh', inputShape: [4], kernelInitializer: initial(1), name: 'hidden' })); // prettier-ignore
    model.add(layers.layers.dense({ units: 4, kernelInitializer: initial(2), name: 'out' }));
    const optimizer = adapt(make());
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [numbers(5, 64), numbers(6, 64)];
    const before = model.getWeights().map((of) => ({ shape: of.shape, values: Array.from(of.dataSync()) }));
    const [inputs, outputs] = [tf.tensor2d(x, [16, 4]), tf.tensor2d(y, [16, 4])];
    await model.fit(inputs, outputs, { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 });
    const found = model.getWeights().map((of) => of.dataSync().slice() as Float32Array);
    tf.dispose([inputs, outputs]);
    model.dispose();
    optimizer.dispose();
    const error = await onCpu(() => {
      const keys = ['hidden/kernel', 'hidden/bias', 'out/kernel', 'out/bias'];
      let params: Params = Object.fromEntries(before.map(({ shape, values: of }, i) => [keys[i], tensor(of).reshape(shape)])); // prettier-ignore
      const one = make();
      let state = one.init(params);
      for (const from of [0, 32, 0, 32]) {
        const batch = tensor(x.slice(from, from + 32)).reshape([8, 4]);
        const wanted = tensor(y.slice(from, from + 32)).reshape([8, 4]);
        const [k1, b1, k2, b2] = keys as [string, string, string, string];
        const loss = (p: Params): Tensor =>
          batch.matmul(at(p, k1)).add(at(p, b1)).tanh().matmul(at(p, k2)).add(at(p, b2)).sub(wanted).square().mean(); // prettier-ignore
        const next = one.update(grad(loss)(params), state, params);
        params = applyUpdates(params, next.updates as Params);
        state = next.state;
      }
      return distance(found.map((of) => tensor(Array.from(of))), keys.map((key) => at(params, key))); // prettier-ignore
    });
    expect(error).toBeLessThan(fitBounds[name] ?? 5e-6);
  });
});

describe('schedule-free optimizers', () => {
  it.each([
    ['sgd', () => optim.scheduleFreeSgd({ learningRate: 0.1 })],
    ['adamw', () => optim.scheduleFreeAdamw({ learningRate: 0.1 })],
  ])('%s: the average is lent to the variables, and training goes on as if not', async (_, create) => {
    const want = await onCpu(() => {
      const { params, state } = follow(create(), own(start), [ownGradients(own(start), 0)]);
      const next = follow(create(), params, [ownGradients(params, 1)], state);
      return { average: optim.evaluationParams(state, params), last: next.params };
    });
    const tried = problem();
    const optimizer = adapt(create());
    minimize(optimizer, tried, 0, 1);
    const before = tried.read();
    const restore = optimizer.exchangeParameters(optim.evaluationParams);
    expect(await onCpu(() => apart(tried.read(), want.average))).toBeLessThan(2e-6);
    expect(tried.read()).not.toEqual(before);
    restore();
    expect(tried.read()).toEqual(before);
    minimize(optimizer, tried, 1, 2);
    expect(await onCpu(() => apart(tried.read(), want.last))).toBeLessThan(2e-6);
    optimizer.dispose();
  });
});

describe('in tfjs', () => {
  const nan =
    ({ variables }: Problem) =>
    (): tf.Scalar =>
      tf.sum(tf.mul(variables['scale'] as tf.Variable, NaN));

  it('NaN gradients are passed over, or thrown at, and leak nothing', () => {
    const tried = problem();
    const optimizer = adapt(optim.skipNonFinite(optim.adamw()));
    const all = Object.values(tried.variables);
    const bad = (): tf.Scalar => tf.add(tried.loss(0), nan(tried)());
    optimizer.minimize(() => tried.loss(0), false, all);
    const before = tried.read();
    optimizer.minimize(bad, false, all);
    expect(tried.read()).toEqual(before);
    const { skipped } = optimizer.state as { skipped: Tensor };
    expect(skipped.item()).toBe(1);
    optimizer.dispose();
    const strict = toTfjsOptimizer<tf.Optimizer>(optim.skipNonFinite(optim.adamw(), { throwAfter: 1 }), {
      compile: false,
    });
    strict.minimize(() => tried.loss(0));
    const held = [tf.memory().numTensors, memory().bytes];
    const refused = (): void => void tf.tidy(() => void strict.minimize(bad));
    expect(refused).toThrowError('skipNonFinite: NaN or infinite gradients at scale');
    expect([tf.memory().numTensors, memory().bytes]).toEqual(held);
    strict.minimize(() => tried.loss(0));
    strict.dispose();
  });

  it('groups and masks see the names of variables', () => {
    const frozen = optim.partition(
      { frozen: optim.setToZero(), rest: optim.sgd({ learningRate: 0.1 }) },
      (path) => (path.endsWith('/bias') ? 'frozen' : 'rest'),
    );
    const tried = problem();
    const before = tried.read();
    const optimizer = adapt(frozen);
    minimize(optimizer, tried, 0, 1);
    tried.read().forEach((of, i) => expect([...of].join() === [...(before[i] ?? [])].join()).toBe(names[i] === 'dense/bias')); // prettier-ignore
    optimizer.dispose();
  });

  it('a variable of another shape under an old name is refused by name', () => {
    const make = (size: number): tf.Variable => tf.tidy(() => tf.variable(tf.ones([size]), true, 'again'));
    const optimizer = adapt(optim.adamw());
    const first = make(2);
    optimizer.minimize(() => tf.sum(tf.square(first)));
    first.dispose();
    const second = make(3);
    open.push(second);
    expect(() => optimizer.minimize(() => tf.sum(tf.square(second)))).toThrowError(
      /scaleByAdam: m at again is a float32\[2\]/,
    );
    optimizer.dispose();
  });
});
