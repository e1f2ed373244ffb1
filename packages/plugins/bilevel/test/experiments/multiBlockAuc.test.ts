import { beforeAll, describe, expect, it } from 'vitest';
import { createRegistry, type Dataset, type LoadedExperiment } from '@core/registry';
import { arange, grad, random, softplus, tensor, type Tensor } from '@core/tensor';
import basics from '@plugins/basics/plugin';
import { bsvrb, multiBlockAuc, solve, type BlockProblem, type Point } from '../../src/index.js';
import { areaUnderCurve } from '../../src/experiments/areaUnderCurve.js';
import { signs, softmaxHeads, weightedHeads } from '../../src/experiments/heads.js';
import { pairs } from '../../src/experiments/pairs.js';
import { f64, flat, normal, numbers } from '../support.js';

const registry = createRegistry([basics]);
const digits = (options: object): Promise<Dataset> => registry.create('basics/digits', options);

describe('the area under the curve', () => {
  it('is the share of pairs in the right order, ties by half', () => {
    const scores = numbers(3, 40).map((value) => Math.round(value * 6)); // with ties
    const positive = numbers(4, 40).map((value) => value > 0.3);
    let [sum, count] = [0, 0];
    for (const [i, a] of scores.entries())
      for (const [j, b] of scores.entries())
        if (positive[i] === true && positive[j] === false) {
          sum += a > b ? 1 : a === b ? 0.5 : 0;
          count += 1;
        }
    expect(areaUnderCurve(scores, positive)).toBeCloseTo(sum / count, 12);
    expect(areaUnderCurve([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(areaUnderCurve([1, 2], [true, true])).toBeNaN();
  });
});

describe('pairs of a class and the others', () => {
  const labels = tensor([2, 0, 1, 1, 2, 0, 1], { dtype: 'int32' });
  const { loss, draw } = pairs(labels, 3);

  it('the loss is the mean over all of them', () => {
    const scores = flat(normal(5, [7]));
    const of = flat(labels);
    for (const i of [0, 1, 2]) {
      const terms = scores.flatMap((a, j) =>
        scores.filter((_, k) => of[j] === i && of[k] !== i).map((b) => Math.log1p(Math.exp(b - a))),
      );
      const mean = terms.reduce((total, term) => total + term, 0) / terms.length;
      expect(loss(tensor(i, { dtype: 'int32' }), f64(scores)).item()).toBeCloseTo(mean, 12);
    }
  });

  it('draws are of the class, and of the others, and come to all of them', () => {
    const drawn = draw(tensor(1, { dtype: 'int32' }), random.key(1), 200);
    expect([...new Set(flat(drawn.positive))].sort()).toEqual([2, 3, 6]);
    expect([...new Set(flat(drawn.negative))].sort()).toEqual([0, 1, 4, 5]);
  });
});

describe('heads', () => {
  it('are where the gradient is zero', () => {
    const rows = { features: normal(1, [30, 4]), labels: arange(30).remainder(3).cast('int32') };
    const weights = normal(2, [30]).abs();
    const heads = weightedHeads(rows, weights, 3, 0.05);
    const t = signs(rows.labels, 3);
    const loss = (y: Tensor): Tensor =>
      softplus(y.matmul(rows.features.T).mul(t).neg())
        .mul(weights)
        .mean(1)
        .sum()
        .add(y.square().sum().mul(0.025));
    expect(Math.max(...flat(grad(loss)(heads)).map(Math.abs))).toBeLessThan(1e-12);
    expect(softmaxHeads(rows, 3, 0.05).shape).toEqual([3, 4]);
  });
});

describe('multi-block AUC maximisation', () => {
  type Batch = { readonly train: Tensor; readonly positive: Tensor; readonly negative: Tensor };
  let loaded: LoadedExperiment<BlockProblem<Tensor, Tensor, Batch>, Point<Tensor, Tensor>>;
  beforeAll(async () => {
    const dataset = await digits({ train: 400, validation: 150, test: 500 });
    loaded = await multiBlockAuc({ dataset, pool: 7, batchSize: 32 }).load(random.key(1));
  });

  it('has references in the order that is to be expected', () => {
    const of = loaded.references;
    const auc = (name: string): number => of[name]?.auc ?? NaN;
    expect(auc('right labels alone')).toBeGreaterThan(auc('equal weights'));
    expect(auc('right labels alone')).toBeGreaterThan(auc('cross-entropy'));
  });

  it('batches have the whole problem as their mean', () => {
    const { problem } = loaded;
    const i = tensor(3, { dtype: 'int32' });
    const y = normal(8, [problem.start.y.shape[1] ?? 0]).mul(0.3);
    const { x } = problem.start;
    const draws = Array.from({ length: 400 }, (_, k) =>
      problem.sampler?.(i, random.foldIn(random.key(3), k)),
    );
    for (const level of ['upper', 'lower'] as const) {
      const values = draws.map((batch) => problem[level](i, x, y, batch).item());
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(Math.abs(mean - problem[level](i, x, y).item())).toBeLessThan((4 * spread) / 20);
    }
  });

  it('BSVRB finds weights that are better than equal ones, and tell wrong labels from right ones', async () => {
    const { problem, references, evaluate, draw } = loaded;
    for (const version of [1, 2] as const) {
      const solver = bsvrb<Tensor, Tensor, Batch>({ ...solverOptions, version });
      const { solution } = solve(solver, problem, { steps: 600, every: 600, key: random.key(2) });
      const scores = await evaluate(solution);
      expect(scores.auc).toBeGreaterThan((references['equal weights']?.auc ?? 1) + 0.005);
      expect(scores.detection).toBeGreaterThan(0.7);
      const figures = draw?.([{ name: 'v', solution, scores }]) ?? [];
      expect(figures.map(({ title }) => title)).toEqual(['AUC by class', 'Weights of training examples, v']);
    }
  });

  const solverOptions = {
    sampled: 5,
    eta: 200,
    alpha: 0.2,
    alphaBar: 0.2,
    beta: 0.2,
    tau: 0.5,
    tauBar: 0.5,
    vRadius: 20,
  };

  it('names what makes no sense', async () => {
    const dataset = await digits({ train: 40, validation: 40, test: 40 });
    expect(() => multiBlockAuc({ dataset, corrupted: 1 })).toThrow(
      /multiBlockAuc: corrupted must be a number in \[0, 1\), got 1/,
    );
    expect(() => multiBlockAuc({ dataset: 3 as never })).toThrow(/dataset must be a dataset, got 3/);
    const load = async (of: Dataset, pool = 4): Promise<unknown> =>
      multiBlockAuc({ dataset: of, pool }).load(random.key(0));
    await expect(load(await digits({ train: 40, test: 40 }))).rejects.toThrow(
      /must have the splits train, validation and test, Handwritten digits has no validation; an option such as/,
    );
    await expect(load(dataset, 5)).rejects.toThrow(/that squares of 5 pixels fill/);
    await expect(load(await digits({ train: 40, validation: 3, test: 40 }))).rejects.toThrow(
      /every class must have a validation example, Handwritten digits has none of /,
    );
  });
});
