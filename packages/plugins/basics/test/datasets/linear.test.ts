import { linalg } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { leastSquares, separable } from '../../src/index.js';

/** Eigenvalues of the covariance, ascending. */
function spectrum(inputs: Tensor): number[] {
  const x = inputs.cast('float64');
  const centred = x.sub(x.mean(0));
  const [values] = linalg.eigh(centred.transpose().matmul(centred).div(inputs.shape[0]!));
  return Array.from(values.dataSync());
}

/** Whether a plane is found that all points are above by `margin`: Rosenblatt's rule on points that are too low. */
function perceptron(points: readonly number[][], margin: number): boolean {
  const w = points[0]!.slice();
  for (let round = 0; round < 2000; round++) {
    let wrong = 0;
    for (const point of points) {
      const along = point.reduce((sum, value, i) => sum + value * w[i]!, 0);
      if (along >= margin * Math.hypot(...w)) continue;
      wrong++;
      point.forEach((value, i) => (w[i]! += value));
    }
    if (wrong === 0) return true;
  }
  return false;
}

describe('leastSquares', () => {
  it.each([1, 10, 1e4])('has training inputs of exactly the condition number %d', async (conditionNumber) => {
    for (const seed of [0, 1, 2]) {
      const { inputs } = await leastSquares({ conditionNumber, seed, train: 60, features: 8 }).load('train');
      const values = spectrum(inputs);
      values.forEach((value, i) => {
        const wanted = conditionNumber ** (-(7 - i) / 7);
        expect(Math.abs(value / wanted - 1)).toBeLessThan(2e-3);
      });
      expect(inputs.mean(0).abs().max().item()).toBeLessThan(1e-6);
    }
  });

  it('is rotated: no feature is an axis of the covariance', async () => {
    const { inputs } = await leastSquares({ features: 6, conditionNumber: 1e3 }).load('train');
    const x = inputs.cast('float64');
    const covariance = x.transpose().matmul(x).div(inputs.shape[0]!).toArray() as number[][];
    // The diagonal of a rotated covariance lies between the extreme eigenvalues, far from the smallest.
    covariance.forEach((row, i) => expect(row[i]!).toBeGreaterThan(0.01));
  });

  it('leaves the noise to the best model, which also holds on the other splits', async () => {
    for (const noise of [0, 0.5]) {
      const set = leastSquares({ noise, train: 2000, features: 5 });
      const train = await set.load('train');
      const { solution: weights } = linalg.lstsq(train.inputs.cast('float64'), train.targets.cast('float64'));
      for (const split of ['train', 'validation', 'test'] as const) {
        const { inputs, targets } = await set.load(split);
        expect(targets.shape).toEqual([set.size(split), 1]);
        const error = inputs.cast('float64').matmul(weights).sub(targets).square().mean().item();
        expect(Math.sqrt(error)).toBeGreaterThan(0.9 * noise);
        expect(Math.sqrt(error)).toBeLessThan(1.1 * noise + 1e-5);
      }
    }
  });

  it('gives every direction its share of the targets', async () => {
    const shares = Array<number>(4).fill(0);
    for (let seed = 0; seed < 40; seed++) {
      const { inputs, targets } = await leastSquares({ features: 4, noise: 0, seed, train: 50 }).load(
        'train',
      );
      const x = inputs.cast('float64');
      const [, vectors] = linalg.eigh(x.transpose().matmul(x));
      const scores = x.matmul(vectors);
      const unit = scores.div(scores.square().mean(0).sqrt());
      const found = unit.mul(targets.cast('float64')).mean(0).square().dataSync();
      expect(Array.from(found).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
      found.forEach((share, i) => (shares[i]! += share / 40));
    }
    for (const share of shares) expect(Math.abs(share - 0.25)).toBeLessThan(0.12);
  });

  it('refuses what does not fit', () => {
    expect(() => leastSquares({ train: 20 })).toThrow('20 training examples do not determine 20 features');
    expect(() => leastSquares({ conditionNumber: 0.5 })).toThrow(
      'conditionNumber must be a finite number of at least 1, got 0.5',
    );
    expect(() => leastSquares({ noise: NaN })).toThrow(
      'noise must be a finite number of at least 0, got NaN',
    );
    expect(() => leastSquares({ features: 0 })).toThrow(
      'features must be a whole number of at least 1, got 0',
    );
  });
});

describe('separable', () => {
  it.each([0.05, 0.2, 0.6])(
    'has one plane between the classes of all splits, with margin %d',
    async (margin) => {
      const [features, conditionNumber] = [4, 1e4];
      const set = separable({ margin, features, conditionNumber, seed: 3, train: 400 });
      const rows: number[][] = [];
      for (const split of ['train', 'validation', 'test'] as const) {
        const { inputs, targets } = await set.load(split);
        const x = inputs.toArray() as number[][];
        const labels = targets.dataSync();
        expect(Math.abs(targets.cast('float64').mean().item() - 0.5)).toBeLessThan(0.08);
        // Scales undone, and class 0 mirrored: all points are to be on one side.
        x.forEach((row, n) =>
          rows.push(row.map((value, i) => (labels[n] === 1 ? 1 : -1) * value * conditionNumber ** (i / 6))),
        );
      }
      expect(perceptron(rows, 0.8 * margin)).toBe(true);
      expect(perceptron(rows, 1.5 * margin + 0.1)).toBe(false);
    },
  );

  it('has features of variance s², whatever the margin', async () => {
    for (const margin of [0, 0.5]) {
      const { inputs } = await separable({ margin, train: 20_000, features: 5 }).load('train');
      const variances = Array.from(inputs.cast('float64').square().mean(0).dataSync());
      variances.forEach((variance, i) => expect(Math.abs(variance / 100 ** (-i / 4) - 1)).toBeLessThan(0.04));
      const values = spectrum(inputs);
      expect(Math.abs(values.at(-1)! / values[0]! / 100 - 1)).toBeLessThan(0.1);
    }
  });

  it('refuses what does not fit', () => {
    expect(() => separable({ margin: 1 })).toThrow('margin must be at least 0 and below 1, got 1');
    expect(() => separable({ margin: NaN })).toThrow('margin must be at least 0 and below 1, got NaN');
    expect(() => separable({ test: 0 })).toThrow('test must be a whole number of at least 1, got 0');
    expect(() => separable({ conditionNumber: Infinity })).toThrow('conditionNumber must be a finite number');
    expect(() => separable().size('nothing' as 'test')).toThrow(
      'Separable: there is no split nothing; it has train, validation and test',
    );
  });
});
