import { describe, expect, it } from 'vitest';
import { random } from '@core/tensor';
import { learnStructure, structureLearning, topoLinear } from '../../src/index.js';

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
