import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '@core/tensor';
import { adabelief, adamw, cosine, lion, sgd, sgdp, type Optimizer } from '../../src/index.js';
import { flat } from '../support.js';
import { loadDigits, normalised, perceptron, train, type Digits, type Trained } from './digits.js';

let data: Digits;
const runs = new Map<string, Trained<ReturnType<typeof perceptron>['params']>>();

beforeAll(async () => {
  data = await loadDigits();
}, 60_000);

const steps = (epochs: number): number => epochs * Math.floor(4000 / 64);

/** 784-64-10, three epochs, rate falling to 0 as a cosine. */
function short(name: string, learningRate: number): Trained<ReturnType<typeof perceptron>['params']> {
  const rate = cosine({ from: learningRate, steps: steps(3) });
  const makers: Readonly<Record<string, () => Optimizer>> = {
    lion: () => lion({ learningRate: rate, weightDecay: 0.01 }),
    adamw: () => adamw({ learningRate: rate, weightDecay: 0.01 }),
    plain: () => adabelief({ learningRate: rate, rectify: false }),
    rectified: () => adabelief({ learningRate: rate }),
  };
  const key = `${name} ${learningRate}`;
  const run = runs.get(key) ?? train(perceptron(1), data, makers[name]?.() as Optimizer, 3, 1);
  runs.set(key, run);
  return run;
}

describe('on 4000 handwritten digits', () => {
  it('Lion falls faster than AdamW at the same rate', () => {
    expect(short('lion', 1e-3).lastEpochLoss).toBeLessThan(short('adamw', 1e-3).lastEpochLoss);
    expect(short('lion', 3e-3).lastEpochLoss).toBeLessThan(short('adamw', 3e-3).lastEpochLoss);
    expect(short('lion', 1e-3).accuracy).toBeGreaterThan(87);
  }, 60_000);

  it('AdaBelief falls faster than AdamW, and its rectified default slower at a small rate', () => {
    const plain = short('plain', 1e-3).lastEpochLoss;
    expect(plain).toBeLessThan(short('adamw', 1e-3).lastEpochLoss);
    expect(short('rectified', 1e-3).lastEpochLoss).toBeGreaterThan(plain);
  }, 60_000);

  it('SGDP keeps normalised weights short, and is as accurate as SGD', () => {
    const rate = cosine({ from: 0.1, steps: steps(4) });
    const norm = (x: Tensor): number => Math.hypot(...flat(x));
    const plain = train(normalised(1), data, sgd({ learningRate: rate, momentum: 0.9 }), 4, 1);
    const projected = train(normalised(1), data, sgdp({ learningRate: rate, momentum: 0.9 }), 4, 1);
    for (const name of ['first', 'second'] as const)
      expect(norm(projected.params[name].weight) / norm(plain.params[name].weight)).toBeLessThan(0.75);
    expect(projected.accuracy).toBeGreaterThan(plain.accuracy - 0.3);
  }, 60_000);
});
