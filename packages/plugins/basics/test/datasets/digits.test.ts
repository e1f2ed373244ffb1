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

  it('refuse to be more than 10,000', () => {
    expect(() => digits({ train: 9000, test: 1001 })).toThrow(
      'digits: train 9000 + test 1001 = 10001, but there are 10,000 digits',
    );
  });
});
