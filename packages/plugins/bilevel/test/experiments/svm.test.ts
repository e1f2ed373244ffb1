import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { blobs, digits } from '@plugins/basics';
import { lvHba, solve, svm, type SvmVariable } from '../../src/index.js';

const solver = lvHba<Tensor, SvmVariable, unknown>({ gamma1: 10, gamma2: 0.1, alpha: 0.05, eta: 0.01 });

describe('the support vector machine', () => {
  it('stays feasible, and with flipped labels is at least as good as the best single c', async () => {
    const dataset = digits({ train: 500, validation: 500, test: 2000 });
    const experiment = svm({ dataset, classes: [4, 9], corrupted: 0.3 });
    let [found, grid] = [0, 0];
    for (const seed of [1, 2, 3]) {
      const { problem, references, evaluate, draw } = await experiment.load(random.key(seed));
      const [byLoss, byAccuracy] = Object.values(references);
      const { solution } = solve(solver, problem, { steps: 1000, every: 1000 });
      const scores = await evaluate(solution);
      expect(scores.infeasibility).toBeLessThan(1e-4);
      expect(scores.lowerGap).toBeLessThan(0.05);
      expect(scores.validationLoss).toBeLessThan(byLoss?.validationLoss ?? NaN);
      found += (scores.accuracy ?? NaN) / 3;
      grid += Math.max(byLoss?.accuracy ?? NaN, byAccuracy?.accuracy ?? NaN) / 3;
      const figures = draw?.([{ name: 'LV-HBA', solution, scores }]) ?? [];
      expect(figures.map(({ kind }) => kind)).toEqual(['svg', 'lines', 'histogram']);
    }
    expect(found).toBeGreaterThanOrEqual(grid);
  });

  it('names what makes no sense', async () => {
    const dataset = blobs({ train: 30, validation: 9, test: 9 });
    expect(() => svm({ dataset, classes: [1, 1] })).toThrow(/classes must be the numbers of two classes/);
    expect(() => svm({ dataset, start: 99 })).toThrow(/start must be between -12 and 8, got 99/);
    await expect(svm({ dataset, classes: [0, 7] }).load(random.key(0))).rejects.toThrow(
      /svm: classes must be in the dataset, train has no example of 7/,
    );
  });
});
