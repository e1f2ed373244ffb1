import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { memory, tree, useBackend, zerosLike } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { toTfjsOptimizer } from '../../src/tfjs.js';
import { startTfjs } from './support.js';

type Params = Record<string, Tensor>;
type Weights = Parameters<tf.Optimizer['setWeights']>[0];

/** Gradient descent with momentum, as @plugins/optim has it: pure functions of trees. */
const momentum = (learningRate: number, decay: number) => ({
  init: (params: Params): Params => tree.map(zerosLike, params),
  update(grads: Params, state: Params) {
    const next = tree.map((v: Tensor, g: Tensor) => v.mul(decay).add(g), state, grads);
    return { updates: tree.map((v: Tensor) => v.mul(-learningRate), next), state: next };
  },
});

function model(optimizer: tf.Optimizer): layers.LayersModel {
  const made = layers.sequential();
  const initial = (seed: number) => layers.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });
  made.add(
    layers.layers.dense({ units: 8, activation: 'tanh', inputShape: [3], kernelInitializer: initial(1) }),
  );
  made.add(layers.layers.dense({ units: 1, kernelInitializer: initial(2) }));
  made.compile({ optimizer, loss: 'meanSquaredError' });
  return made;
}

async function losses(optimizer: tf.Optimizer): Promise<number[]> {
  const x = tf.tensor2d(
    Array.from({ length: 60 }, (_, i) => Math.sin(i)),
    [20, 3],
  );
  const y = tf.tensor2d(
    Array.from({ length: 20 }, (_, i) => Math.cos(3 * i)),
    [20, 1],
  );
  const made = model(optimizer);
  const { history } = await made.fit(x, y, { epochs: 12, batchSize: 10, shuffle: false, verbose: 0 });
  tf.dispose([x, y]);
  made.dispose();
  return history['loss'] as number[];
}

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(() => toTfjsOptimizer(momentum(0.1, 0.9))).toThrowError(
    /^toTfjsOptimizer: no tfjs backend is running/,
  );
  await startTfjs('cpu');
});
afterAll(async () => {
  vi.restoreAllMocks();
  await useBackend('cpu');
});

describe('a tf.LayersModel', () => {
  it('is trained by an optimizer of ours as by the same one of tfjs', async () => {
    const expected = await losses(tf.train.momentum(0.05, 0.9));
    const found = await losses(toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.05, 0.9)));
    expect(found).toHaveLength(12);
    found.forEach((loss, i) => expect(Math.abs(loss - expected[i]!)).toBeLessThan(1e-5));
    expect(found.at(-1)!).toBeLessThan(found[0]!);
  });

  it('leaves nothing behind but the state, which dispose frees', async () => {
    const optimizer = toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.05, 0.9));
    const made = model(optimizer);
    const x = tf.ones([10, 3]);
    const y = tf.ones([10, 1]);
    const start = memory().bytes;
    const train = async () => made.fit(x, y, { epochs: 1, verbose: 0 });
    await train();
    const [tensors, bytes] = [tf.memory().numTensors, memory().bytes];
    for (let i = 0; i < 10; i++) await train();
    expect([tf.memory().numTensors, memory().bytes]).toEqual([tensors, bytes]);
    optimizer.dispose();
    expect(memory().bytes).toBe(start);
  });

  it('saves and resumes to the same bits, before its first step or after', async () => {
    const start = memory().bytes;
    for (const warm of [false, true]) {
      const make = () => toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.1, 0.9));
      const first = make();
      const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
      const loss = (): tf.Scalar => tf.sum(tf.mul(tf.square(w), w));
      for (let i = 0; i < 3; i++) first.minimize(loss);
      const saved = await first.getWeights();
      expect(saved.map(({ name }) => name)).toEqual(['iter', 'w']);
      const middle = w.dataSync().slice();
      first.minimize(loss);
      const want = w.dataSync().slice();
      const second = make();
      if (warm) second.minimize(loss);
      w.assign(tf.tensor1d(middle));
      await second.setWeights(saved);
      tf.dispose(saved as unknown as tf.TensorContainer);
      second.minimize(loss);
      expect(w.dataSync()).toEqual(want);
      expect([first.iterations, second.iterations]).toEqual([4, 4]);
      [first, second, w].forEach((one) => one.dispose());
    }
    expect(memory().bytes).toBe(start);
  });

  it('changes its state between steps, or before the first', () => {
    const halved = (early: boolean): Float32Array => {
      const optimizer = toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.1, 0.9));
      const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
      const loss = (): tf.Scalar => tf.sum(tf.square(w));
      const change = (state: Params): Params => tree.map((leaf: Tensor) => leaf.add(1), state);
      if (early) optimizer.changeState(change);
      else optimizer.minimize(loss);
      if (!early) optimizer.changeState(change);
      const { bytes } = memory();
      optimizer.minimize(loss);
      if (!early) expect(memory().bytes).toBe(bytes);
      const result = w.dataSync().slice() as Float32Array;
      [optimizer, w].forEach((one) => one.dispose());
      return result;
    };
    // Early: v = 0.9 + 2 w. Late: v = 2 w, w ← 0.8 w, v = 0.9 (2 w + 1) + 1.6 w.
    [halved(true), halved(false)].forEach((found, i) =>
      [1, 2].forEach((w, k) => {
        const want = i === 0 ? w - 0.1 * (0.9 + 2 * w) : 0.8 * w - 0.1 * (0.9 * (2 * w + 1) + 1.6 * w);
        expect(found[k]).toBeCloseTo(want, 6);
      }),
    );
  });

  it('lends its variables other values', () => {
    const optimizer = toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.1, 0.9));
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const loss = (): tf.Scalar => tf.sum(tf.square(w));
    expect(() => optimizer.exchangeParameters((_, params) => params)).toThrowError(
      'toTfjsOptimizer: exchangeParameters needs a state, which the first step makes',
    );
    optimizer.minimize(loss);
    const before = [...w.dataSync()];
    const [tensors, { bytes }] = [tf.memory().numTensors, memory()];
    const restore = optimizer.exchangeParameters((state, params) => ({ w: params['w']!.add(state['w']!) }));
    expect([...w.dataSync()]).toEqual(before.map((x, i) => Math.fround(x + 2 * (i + 1))));
    expect(() => optimizer.exchangeParameters((_, params) => params)).toThrowError('exchanged already');
    // tfjs' own minimize keeps the gradients when a step throws.
    const refused = (): void => void tf.tidy(() => void optimizer.minimize(loss));
    expect(refused).toThrowError(
      'toTfjsOptimizer: the parameters are exchanged; put them back before the next step',
    );
    restore();
    restore();
    expect([...w.dataSync()]).toEqual(before);
    expect(() => optimizer.exchangeParameters(() => ({ other: w as never }))).toThrowError();
    expect([tf.memory().numTensors, memory().bytes]).toEqual([tensors, bytes]);
    optimizer.minimize(loss);
    [optimizer, w].forEach((one) => one.dispose());
  });

  it('leaves a variable without a gradient alone, and refuses another list later', () => {
    const optimizer = toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.1, 0.9));
    const [a, b] = ['a', 'b'].map((name) => tf.variable(tf.tensor1d([1, 2]), true, name)) as [tf.Variable, tf.Variable]; // prettier-ignore
    const of =
      (...list: tf.Variable[]) =>
      (): tf.Scalar =>
        tf.sum(tf.stack(list.map((v) => tf.square(v))));
    const { bytes } = memory();
    expect(() => optimizer.applyGradients({ c: tf.ones([2]) })).toThrowError(
      'toTfjsOptimizer: there is no variable c; was it disposed?',
    );
    expect(memory().bytes).toBe(bytes);
    optimizer.minimize(of(a), false, [a, b]);
    expect([...b.dataSync()]).toEqual([1, 2]);
    const held = [tf.memory().numTensors, memory().bytes];
    expect(() => optimizer.minimize(of(b), false, [b])).toThrowError(
      'toTfjsOptimizer: the state is for other variables; new are b, and without a gradient are a. ' +
        'Use an optimizer for each list of variables, or dispose() to begin anew',
    );
    expect(() => optimizer.applyGradients([{ name: 'a', tensor: null as never }])).toThrowError(
      'toTfjsOptimizer: no variable has a gradient',
    );
    expect(memory().bytes).toBe(held[1]);
    optimizer.minimize(of(a), false, [a]);
    optimizer.dispose();
    optimizer.minimize(of(b), false, [b]);
    expect(b.dataSync()[0]).toBeCloseTo(0.8, 6);
    [optimizer, a, b].forEach((one) => one.dispose());
  });

  it('says that it cannot be written down, and what is wrong with weights', async () => {
    const optimizer = toTfjsOptimizer<tf.Optimizer, Params>(momentum(0.1, 0.9));
    const made = model(optimizer);
    const nowhere = tf.io.withSaveHandler(async () => Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } })); // prettier-ignore
    await made.save(nowhere);
    await expect(made.save(nowhere, { includeOptimizer: true })).rejects.toThrowError(
      'toTfjsOptimizer: an optimizer made of functions cannot be written as a config; save the model without includeOptimizer, and the state apart, by getWeights and setWeights',
    );
    made.dispose();
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const iter = { name: 'iter', tensor: tf.scalar(3, 'int32') };
    const problem = async (weights: Weights): Promise<string> => {
      await optimizer.setWeights(weights);
      try {
        optimizer.minimize(() => tf.sum(tf.square(w)));
      } catch (error) {
        return (error as Error).message;
      }
      return 'none';
    };
    await expect(optimizer.setWeights([])).rejects.toThrowError('setWeights needs what getWeights gave, which begins with iter; got undefined'); // prettier-ignore
    const start = memory().bytes;
    const prefix = 'toTfjsOptimizer: these weights are of another optimizer or other variables: ';
    expect(await problem([iter])).toBe(`${prefix}there is no w`);
    expect(await problem([iter, { name: 'w', tensor: tf.ones([3]) }])).toBe(
      `${prefix}w is float32[3], wanted float32[2]`,
    );
    expect(await problem([iter, { name: 'w', tensor: tf.ones([2]) }, { name: 'x', tensor: tf.ones([2]) }])).toBe(`${prefix}there is no place for x`); // prettier-ignore
    expect(memory().bytes).toBe(start);
    expect(await problem([iter, { name: 'w', tensor: tf.ones([2]) }])).toBe('none');
    await expect(optimizer.setWeights([iter])).rejects.toThrowError('there is no w');
    optimizer.minimize(() => tf.sum(tf.square(w)));
    [optimizer, w].forEach((one) => one.dispose());
  });

  it('refuses what is no optimizer', () => {
    expect(() => toTfjsOptimizer({} as never)).toThrowError(
      'toTfjsOptimizer: needs an optimizer with init and update, got object {}',
    );
  });
});
