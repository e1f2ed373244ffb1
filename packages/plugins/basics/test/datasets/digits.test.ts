import { describe, expect, it } from 'vitest';
import { digits } from '../../src/index.js';

describe('digits', () => {
  it('are the same for the same seed, others for another, and never in both splits', async () => {
    const bits = async (seed: number): Promise<string[]> => {
      const set = digits({ train: 40, test: 20, seed });
      const parts = await Promise.all([set.load('train'), set.load('test')]);
      return parts.flatMap(({ inputs }) =>
        Array.from({ length: inputs.shape[0]! }, (_, i) => inputs.at(i).dataSync().join()),
      );
    };
    const first = await bits(1);
    expect(new Set(first).size).toBe(60);
    expect(await bits(1)).toEqual(first);
    expect(await bits(2)).not.toEqual(first);
  });

  it('have values between 0 and 1, and all ten classes', async () => {
    const { inputs, targets } = await digits({ train: 200, test: 1 }).load('train');
    expect([inputs.min().item(), inputs.max().item()]).toEqual([0, 1]);
    expect(new Set(targets.dataSync()).size).toBe(10);
  });

  it('hold out what validation asks for, and leave the rest as it is', async () => {
    const plain = digits({ train: 40, test: 20 });
    expect(plain.splits).toEqual(['train', 'test']);
    expect(() => plain.size('validation')).toThrow('there is no split validation; it has train and test');
    const set = digits({ train: 30, validation: 10, test: 20 });
    expect(set.splits).toEqual(['train', 'validation', 'test']);
    const whole = (await plain.load('train')).inputs;
    const [train, validation] = [await set.load('train'), await set.load('validation')];
    expect(train.inputs.dataSync()).toEqual(whole.at([0, 30]).dataSync());
    expect(validation.inputs.dataSync()).toEqual(whole.at([30, 40]).dataSync());
    expect((await set.load('test')).inputs.dataSync()).toEqual((await plain.load('test')).inputs.dataSync());
    expect((await set.picture!('validation', 9)).width).toBe(28);
  });

  it('refuse to be more than 10,000', () => {
    expect(() => digits({ train: 9000, test: 1001 })).toThrow(
      'digits: train 9000 + test 1001 = 10001, but there are 10,000 digits',
    );
    expect(() => digits({ validation: 1 })).toThrow('train 8000 + validation 1 + test 2000 = 10001');
  });
});
