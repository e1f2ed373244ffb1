import { linalg, tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { ratings } from '../../src/index.js';

const splits = ['train', 'validation', 'test'] as const;

describe('ratings', () => {
  it('has every pair once, over all splits', async () => {
    const set = ratings({ users: 9, items: 5, train: 30, validation: 5, test: 10 });
    const seen = new Set<string>();
    for (const split of splits) {
      const { inputs, targets } = await set.load(split);
      expect([inputs.dtype, inputs.shape, targets.shape]).toEqual([
        'int32',
        [set.size(split), 2],
        [set.size(split), 1],
      ]);
      for (const [user, item] of inputs.toArray() as number[][]) {
        expect(user! >= 0 && user! < 9 && item! >= 0 && item! < 5).toBe(true);
        seen.add(`${user},${item}`);
      }
    }
    expect(seen.size).toBe(45);
  });

  it('is a matrix of the rank that was asked for, plus two of biases', async () => {
    const [users, items] = [30, 25];
    for (const [rank, seed] of [
      [1, 0],
      [3, 1],
      [5, 2],
    ] as const) {
      const set = ratings({ users, items, rank, seed, noise: 0, train: 600, validation: 50, test: 100 });
      const whole = new Float64Array(users * items);
      for (const split of splits) {
        const { inputs, targets } = await set.load(split);
        const values = targets.dataSync();
        (inputs.toArray() as number[][]).forEach(
          ([user, item], i) => (whole[user! * items + item!] = values[i]!),
        );
      }
      const [, values] = linalg.svd(tensor(whole, { shape: [users, items] }));
      const sizes = Array.from(values.dataSync()).map((value) => value / values.dataSync()[0]!);
      expect(sizes[rank + 1]).toBeGreaterThan(1e-3);
      expect(sizes[rank + 2]).toBeLessThan(1e-6);
    }
  });

  it('has the variance that it says: 1 and that of the noise', async () => {
    for (const seed of [0, 1, 2]) {
      const options = { users: 300, items: 300, rank: 20, train: 60_000, validation: 1000, test: 1000, seed };
      const whole = await ratings({ ...options, noise: 0.5 }).load('train');
      const clean = await ratings({ ...options, noise: 0 }).load('train');
      const values = clean.targets.cast('float64');
      expect(Math.abs(values.sub(values.mean()).square().mean().item() - 1)).toBeLessThan(0.15);
      expect(Math.abs(values.mean().item() - 3.5)).toBeLessThan(0.15);
      const noise = whole.targets.sub(clean.targets).square().mean().sqrt().item();
      expect(Math.abs(noise - 0.5)).toBeLessThan(0.01);
    }
  });

  it('refuses what does not fit', () => {
    expect(() => ratings({ train: 30_000 })).toThrow(
      'train 30000 + validation 1500 + test 1500 = 33000, but 200 users and 150 items make 30000 pairs',
    );
    expect(() => ratings({ rank: 0 })).toThrow('rank must be a whole number of at least 1, got 0');
    expect(() => ratings({ noise: -1 })).toThrow('noise must be a finite number of at least 0, got -1');
  });
});
