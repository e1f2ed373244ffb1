import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { memory, tree, useBackend, zerosLike } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { toTfjsOptimizer } from '../../src/tfjs.js';
import { startTfjs } from './support.js';

type Params = Record<string, Tensor>;

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

  it('refuses what is no optimizer', () => {
    expect(() => toTfjsOptimizer({} as never)).toThrowError(
      'toTfjsOptimizer: needs an optimizer with init and update, got object {}',
    );
  });
});
