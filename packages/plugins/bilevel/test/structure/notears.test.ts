import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { countAccuracy, learnStructure, notears, notearsMlp, simulateDag, simulateLinearSem, simulateWeights, startingFrom, thresholdWeights, topoLinear } from '../../src/index.js'; // prettier-ignore
import { linearModel, nonlinearModel } from './support.js';

describe('notears', () => {
  it('ends with a graph without cycles that is near the true one, and TOPO goes on from it', () => {
    for (const seed of [1, 2, 3]) {
      const { weights, samples, key } = linearModel(seed, 8, 10, 500);
      const { solution, history, finished } = learnStructure(notears({ tolerance: 1e-6 }), { samples });
      expect(finished).toBe(true);
      expect(history.at(-1)?.acyclicity ?? 1).toBeLessThan(1e-8);
      const alone = countAccuracy(weights, solution.weights).structuralHammingDistance;
      expect(alone).toBeLessThanOrEqual(5);
      const both = learnStructure(
        startingFrom(notears({ tolerance: 1e-6 }), topoLinear()),
        { samples },
        { key },
      );
      const together = countAccuracy(weights, thresholdWeights(both.solution.weights));
      expect(together.structuralHammingDistance).toBeLessThanOrEqual(alone);
      expect(together.structuralHammingDistance).toBeLessThanOrEqual(1);
    }
  });

  it('has a logistic loss, and networks', () => {
    const [a, b, c] = random.split(random.key(2), 3) as [Tensor, Tensor, Tensor];
    const weights = simulateWeights(b, simulateDag(a, 5, 4, 'ER', { dtype: 'float64' }));
    const binary = simulateLinearSem(c, weights, 500, { noise: 'logistic' });
    const logistic = notears({ lossType: 'logistic', lambda1: 0.01, tolerance: 1e-6 });
    expect(learnStructure(logistic, { samples: binary }).finished).toBe(true);
    const { dag, samples } = nonlinearModel(1, 5, 5, 300);
    const { solution, finished } = learnStructure(notearsMlp({ tolerance: 1e-5 }), { samples });
    expect(finished).toBe(true);
    expect(countAccuracy(dag, solution.weights).structuralHammingDistance).toBeLessThanOrEqual(3);
  });

  it('says what is wrong', () => {
    expect(() => notears({ lambda1: -1 })).toThrow(/notears: lambda1 must be a finite number of at least 0/);
    expect(() => notearsMlp({ hidden: [] })).toThrow(
      /notearsMlp: hidden must be widths of at least one layer/,
    );
    expect(() => notears().init(7 as never, random.key(1))).toThrow(
      /notears: problem must be \{ samples, start\? \}/,
    );
  });
});
