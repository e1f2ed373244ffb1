import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { adam } from '@plugins/optim';
import { countAccuracy, learnStructure, notears, notearsMlp, orderFromWeights, simulateDag, simulateLinearSem, simulateNonlinearSem, simulateWeights, startingFrom, structureLearning, thresholdWeights, topoLinear, topoNonlinear } from '../../src/index.js'; // prettier-ignore
import { flat } from '../support.js';
import { linearModel } from './support.js';

const nonlinearModel = (seed: number, nodes: number, edges: number, samples: number) => {
  const [a, b, key] = random.split(random.key(seed), 3) as [Tensor, Tensor, Tensor];
  const dag = simulateDag(a, nodes, edges, 'ER', { dtype: 'float64' });
  const drawn = simulateNonlinearSem(b, dag, samples);
  return { dag, samples: drawn.sub(drawn.mean(0)), key };
};

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

describe('topoNonlinear', () => {
  const options = { hidden: [8], sizeSmall: 10, sizeLarge: 10, leastGain: 1e-3 } as const;

  it('falls to the loss of the true order, from orders far from it', () => {
    const solver = topoNonlinear(options);
    for (const seed of [1, 2, 3, 4]) {
      const { dag, samples, key } = nonlinearModel(seed, 5, 5, 300);
      const { solution } = learnStructure(solver, { samples }, { key });
      const curve = flat(solution.losses);
      expect(curve.every((loss, i) => i === 0 || loss < (curve[i - 1] ?? Infinity))).toBe(true);
      const start = { order: orderFromWeights(dag) };
      const { loss } = solver.init({ samples, start }, key);
      expect(curve.at(-1)! / flat(loss)[0]!).toBeLessThan(1.005);
      const found = thresholdWeights(solution.weights, 0.5);
      expect(countAccuracy(dag, found).structuralHammingDistance).toBeLessThanOrEqual(3);
    }
  });

  it('trains by any optimizer, on either loss, and goes on to the same bits', () => {
    const { samples, key } = nonlinearModel(4, 5, 5, 100);
    const byAdam = { ...options, optimizer: adam({ learningRate: 0.01, beta1: 0.99 }), iterations: 100 };
    for (const solver of [topoNonlinear(byAdam), topoNonlinear({ ...options, lossType: 'logl2' })]) {
      const whole = learnStructure(solver, { samples }, { key, rounds: 2 });
      const half = learnStructure(solver, { samples }, { key, rounds: 1 });
      const rest = half.finished
        ? half
        : learnStructure(solver, { samples }, { from: half.state, rounds: 1 });
      expect(flat(rest.state)).toEqual(flat(whole.state));
    }
  });

  it('says what is wrong', () => {
    expect(() => topoNonlinear({ lossType: 'l1' as never })).toThrow(/lossType must be 'l2' or 'logl2'/);
    expect(() => topoNonlinear({ hidden: [0] })).toThrow(/hidden must be widths of at least one layer/);
    expect(() => topoNonlinear({ optimizer: 'adam' as never })).toThrow(/optimizer must be an optimizer/);
  });
});

describe('structureLearning', () => {
  it('scores searches beside the true and the empty graph, and draws them', async () => {
    const load = structureLearning({ nodes: 12, edges: 24 }).load(random.key(5));
    const { problem, references, evaluate, draw } = await load;
    const [truth, empty] = [references['true graph'], references['empty graph']];
    expect(truth).toMatchObject({ structuralHammingDistance: 0, truePositiveRate: 1, falseDiscoveryRate: 0 });
    expect(empty).toMatchObject({ structuralHammingDistance: 24, truePositiveRate: 0 });
    const { solution } = learnStructure(topoLinear(), problem);
    const scores = await evaluate(solution);
    expect(scores['structuralHammingDistance']).toBeLessThanOrEqual(3);
    expect(scores['loss']).toBeLessThan((empty?.['loss'] ?? 0) / 2);
    const none = { ...solution, weights: solution.weights.mul(0) };
    const all = [{ name: 'TOPO', solution, scores }, { name: 'none', solution: none, scores: await evaluate(none) }]; // prettier-ignore
    const figures = draw?.(all) ?? [];
    expect(figures.map(({ title }) => title)).toEqual(['Loss over rounds', 'True graph and TOPO', 'True graph and none']); // prettier-ignore
    const last = figures.at(-1);
    expect(last?.kind === 'svg' && last.svg).toMatch(/^<svg[^>]* viewBox="0 0 520 564".*>24 missing<\/text>/);
  });

  it('draws large graphs as matrices, and takes every kind of model', async () => {
    const kinds = [
      { nodes: 40, graph: 'SF', noise: 'gumbel' },
      { nodes: 5, edges: 4, noise: 'logistic', samples: 200 },
      { nodes: 5, edges: 4, mechanism: 'mlp', samples: 100 },
    ] as const;
    for (const options of kinds) {
      const { problem, references, evaluate, draw } = await structureLearning(options).load(random.key(1));
      const { solution } = learnStructure(topoLinear(), problem);
      const scores = await evaluate(solution);
      expect(Object.values(scores).every(Number.isFinite)).toBe(true);
      expect(references['true graph']?.['loss']).toBeLessThan(references['empty graph']?.['loss'] ?? 0);
      const [, figure] = draw?.([{ name: 'TOPO', solution, scores }]) ?? [];
      expect(figure?.kind === 'svg' && figure.svg.includes('in the true order')).toBe(options.nodes > 30);
    }
  });

  it('says what is wrong', () => {
    expect(() => structureLearning({ graph: 'BP' as never })).toThrow(/graph must be 'ER' or 'SF'/);
    expect(() => structureLearning({ colour: 1 } as never)).toThrow(/there is no option colour/);
  });
});
