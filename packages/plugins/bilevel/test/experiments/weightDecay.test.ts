import { describe, expect, it } from 'vitest';
import { random, tree, type Tensor, type Tree } from '@core/tensor';
import { blobs, digits, mlp } from '@plugins/basics';
import { adam, sgd } from '@plugins/optim';
import { bilevelLoop, solve, weightDecay, type WeightDecayOptions } from '../../src/index.js';

const loop = bilevelLoop<Tree, Tree, Tensor>({
  hypergradient: { method: 'neumann', iterations: 20, alpha: 0.2 },
  innerSteps: 10,
  innerOptimizer: sgd({ learningRate: 0.2 }),
  outerOptimizer: adam({ learningRate: 0.1 }),
});

const search = async (options: WeightDecayOptions, steps: number) => {
  const { problem, references, evaluate, draw } = await weightDecay(options).load(random.key(1));
  const { solution } = solve(loop, problem, { steps, every: steps });
  const scores = await evaluate(solution);
  const [none, best] = Object.values(references);
  return { solution, scores, none, best, figures: draw?.([{ name: 'neumann', solution, scores }]) ?? [] };
};

describe('the search for weight decays', () => {
  const dataset = digits({ train: 100, validation: 300, test: 1000 });

  it('beats no decay and the best single decay, a decay for each parameter', async () => {
    const { scores, none, best, figures } = await search({ dataset }, 200);
    expect(none?.loss).toBeGreaterThan(best?.loss ?? NaN);
    expect(scores.loss).toBeLessThan((best?.loss ?? NaN) - 0.1);
    expect(scores.validationLoss).toBeLessThan(best?.validationLoss ?? NaN);
    expect(scores.accuracy).toBeGreaterThan((best?.accuracy ?? NaN) + 0.03);
    expect(figures.map(({ kind }) => kind)).toEqual(['svg', 'lines', 'histogram', 'svg']);
  });

  it('is about as good as the grid where each tensor of parameters has one decay', async () => {
    const model = mlp({ widths: [16], activation: 'tanh' });
    const { scores, none, best, solution, figures } = await search({ dataset, model, per: 'tensor' }, 200);
    expect(tree.leaves(solution.x as Tensor[]).map(({ shape }) => shape)).toEqual([[], [], [], []]);
    expect(scores.loss).toBeLessThan(none?.loss ?? NaN);
    expect(scores.loss).toBeLessThan((best?.loss ?? NaN) + 0.03);
    expect(figures).toHaveLength(3);
  });

  it('names what makes no sense', () => {
    const small = blobs({ train: 9, validation: 9, test: 9 });
    expect(() => weightDecay({ dataset: small, range: [2, 1] })).toThrow(
      /weightDecay: range must be two finite numbers, the lower one first, got \[2, 1\]/,
    );
    expect(() => weightDecay({ dataset: small, start: 3 })).toThrow(
      /start must be within the range -14 to 2, got 3/,
    );
    expect(() => weightDecay({ dataset: small, grid: [0] })).toThrow(/grid must be at least one decay/);
  });
});
