import { describe, expect, it } from 'vitest';
import { random, type Tensor, type Tree } from '@core/tensor';
import { blobs, digits, leastSquares, mlp } from '@plugins/basics';
import { adam, sgd } from '@plugins/optim';
import { corruptLabels } from '../../src/experiments/corruption.js';
import { keptScores } from '../../src/experiments/keptScores.js';
import {
  bilevelLoop,
  hyperCleaning,
  penaltyBilevel,
  solve,
  type BilevelSolver,
  type HypergradientOptions,
} from '../../src/index.js';
import { flat } from '../support.js';

const loop = (hypergradient: HypergradientOptions<Tensor, Tree>) =>
  bilevelLoop<Tensor, Tree, Tensor>({
    hypergradient,
    innerSteps: 10,
    innerOptimizer: sgd({ learningRate: 0.2 }),
    outerOptimizer: adam({ learningRate: 0.1 }),
  });

describe('data hyper-cleaning', () => {
  it('beats no cleaning, gets most of what clean labels alone would, and finds which are clean', async () => {
    const dataset = digits({ train: 400, validation: 150, test: 1000 });
    const experiment = hyperCleaning({ dataset, ridge: 0.01 });
    const { problem, references, evaluate, draw } = await experiment.load(random.key(1));
    const [none, oracle] = [references['all labels as they are'], references['clean labels only']];
    const [low = NaN, high = NaN] = [none?.accuracy, oracle?.accuracy];
    expect(none?.f1).toBeCloseTo(2 / 3, 10);
    expect(oracle?.f1).toBe(1);
    const penalty = penaltyBilevel<Tensor, Tree, Tensor>({ sigma: 0.1, gamma: 0.2, alpha: 20 });
    const run = async <S>(name: string, solver: BilevelSolver<Tensor, Tree, Tensor, S>, steps: number) => {
      const { solution } = solve(solver, problem, { steps, every: steps });
      return { name, solution, scores: await evaluate(solution) };
    };
    const found = [
      await run('cg', loop({ method: 'cg', iterations: 10 }), 100),
      await run('penalty', penalty, 600),
    ];
    for (const { scores } of found) {
      expect(scores.accuracy).toBeGreaterThan(low + 0.6 * (high - low));
      expect(scores.f1).toBeGreaterThan(0.78);
    }
    const figures = draw?.(found) ?? [];
    expect(figures.map(({ kind }) => kind)).toEqual(['svg', 'lines', 'histogram', 'histogram']);
  });

  it('has one weight for each source of labels, and takes any model and batches', async () => {
    const dataset = blobs({ train: 90, validation: 60, test: 150 });
    const experiment = hyperCleaning({
      dataset,
      model: mlp({ widths: [8], outputs: 3, activation: 'tanh' }),
      groups: 10,
      corrupted: 0.3,
      batchSize: 30,
    });
    const { problem, evaluate } = await experiment.load(random.key(2));
    expect(problem.start?.x.shape).toEqual([10]);
    const { solution } = solve(loop({ method: 'neumann', iterations: 10, alpha: 0.2 }), problem, {
      steps: 100,
      every: 100,
    });
    const scores = await evaluate(solution);
    expect(scores.f1).toBeGreaterThan(0.9);
    expect(scores.accuracy).toBeGreaterThan(0.9);
  });

  it('makes the share of labels wrong that it was told, whole sources at a time', () => {
    const labels = random.randint(random.key(3), [120], 0, 5);
    for (const [groups, share] of [
      [120, 0.4],
      [12, 0.25],
    ] as const) {
      const made = corruptLabels(random.key(4), labels, { classes: 5, share, groups });
      const [clean, group, before, after] = [made.clean, made.group, labels, made.labels].map(flat);
      expect(clean?.filter((one) => one === 0)).toHaveLength(Math.round(120 * share));
      clean?.forEach((one, i) => {
        expect(one === 1).toBe(before?.[i] === after?.[i]);
        const same = group?.findIndex((other) => other === group[i]) ?? -1;
        expect(clean[same]).toBe(one);
      });
      expect(Math.max(...(after ?? []))).toBeLessThan(5);
    }
  });

  it('scores what is kept', () => {
    expect(keptScores([0.9, 0.8, 0.1, 0.2], [1, 0, 1, 1])).toEqual({
      f1: 2 / 5,
      precision: 1 / 2,
      recall: 1 / 3,
    });
    expect(keptScores([0.1, 0.2], [1, 0])).toEqual({ f1: 0, precision: 0, recall: 0 });
  });

  it('names what makes no sense', async () => {
    const dataset = blobs({ train: 9, validation: 9, test: 9 });
    expect(() => hyperCleaning({ dataset, corrupted: 2 })).toThrow(
      /corrupted must be a number in \[0, 1\], got 2/,
    );
    await expect(hyperCleaning({ dataset, groups: 10 }).load(random.key(0))).rejects.toThrow(
      /hyperCleaning: groups must be at most the 9 training examples, got 10/,
    );
    const without = digits({ train: 10, test: 10 });
    await expect(hyperCleaning({ dataset: without }).load(random.key(0))).rejects.toThrow(
      /Handwritten digits has no validation/,
    );
    await expect(hyperCleaning({ dataset: leastSquares({}) }).load(random.key(0))).rejects.toThrow(
      /the targets of .* are values/,
    );
  });
});
