import { beforeAll, describe, expect, it } from 'vitest';
import { adamw, cosine, exadam, type Optimizer, type Schedule } from '../../src/index.js';
import { loadDigits, perceptron, train, type Digits } from './digits.js';

let data: Digits;

beforeAll(async () => {
  data = await loadDigits();
}, 60_000);

/** 784-64-10, three epochs, rate falling to 0 as a cosine. */
function run(make: (learningRate: Schedule) => Optimizer, rate: number) {
  const learningRate = cosine({ from: rate, steps: 3 * Math.floor(4000 / 64) });
  return train(perceptron(1), data, make(learningRate), 3, 1);
}

describe('EXAdam on 4000 handwritten digits', () => {
  it('falls faster than AdamW at the same rate, and faster still with the dynamic step', () => {
    const [first, second, plain] = [
      run((learningRate) => exadam({ learningRate }), 1e-4).lastEpochLoss,
      run((learningRate) => exadam({ learningRate, dynamicStep: false }), 1e-4).lastEpochLoss,
      run((learningRate) => adamw({ learningRate }), 1e-4).lastEpochLoss,
    ];
    expect(first).toBeLessThan(second - 0.2);
    expect(second).toBeLessThan(plain - 0.2);
  }, 60_000);

  it('recognises more than 91 % at the rate 3e-3', () => {
    expect(run((learningRate) => exadam({ learningRate }), 3e-3).accuracy).toBeGreaterThan(91);
  }, 60_000);
});
