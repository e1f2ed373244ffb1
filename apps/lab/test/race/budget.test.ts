import { expect, test } from 'vitest';
import { withBudget, withPoint } from '../../src/race/budget.js';

test('shares of steps become whole steps, at any depth, at least one', () => {
  const spec = {
    use: 'optim/adamw',
    learningRate: {
      use: 'optim/warmup-cosine',
      peak: 0.1,
      warmupSteps: { shareOfSteps: 0.05 },
      steps: { shareOfSteps: 1 },
    },
    others: [{ shareOfSteps: 0.001 }],
  };
  expect(withBudget(spec, 300)).toEqual({
    use: 'optim/adamw',
    learningRate: { use: 'optim/warmup-cosine', peak: 0.1, warmupSteps: 15, steps: 300 },
    others: [1],
  });
  // Only an object of nothing else is a share.
  expect(withBudget({ shareOfSteps: 1, use: 'a/b' }, 300)).toEqual({ shareOfSteps: 1, use: 'a/b' });
});

test('values of a search stand at their paths, in shares of steps too', () => {
  const spec = {
    use: 'optim/sgd',
    learningRate: { use: 'optim/cosine', from: 0.1, steps: { shareOfSteps: 1 } },
  };
  const point = { 'learningRate.from': 1.5e-7, 'learningRate.steps.shareOfSteps': 0.5, nesterov: true };
  expect(withBudget(withPoint(spec, point), 200)).toEqual({
    use: 'optim/sgd',
    learningRate: { use: 'optim/cosine', from: 1.5e-7, steps: 100 },
    nesterov: true,
  });
  expect(withPoint('optim/sgd', { momentum: 0.9 })).toEqual({ use: 'optim/sgd', momentum: 0.9 });
});
