import { describe, expect, it } from 'vitest';
import { jit, random, tensor, vmap, zeros, type Tensor } from '@core/tensor';
import { acyclicity, candidatePairs, countAccuracy, greedyDisjointSwaps, orderFromWeights, orderToMask, simulateDag, simulateLinearSem, simulateNonlinearSem, simulateWeights, swap, thresholdWeights } from '../../src/index.js'; // prettier-ignore
import { f64, flat } from '../support.js';
import { linearModel } from './support.js';

/** A graph [d, d] by its edges. */
const graph = (size: number, ...edges: readonly (readonly [number, number])[]): Tensor =>
  f64(Array.from({ length: size * size }, (_, at) => (edges.some(([a, b]) => at === a * size + b) ? 1 : 0))).reshape([size, size]); // prettier-ignore

describe('orders', () => {
  it('forbid edges that run back, and the diagonal', () => {
    expect(flat(orderToMask([2, 0, 1]))).toEqual([1, 0, 1, 1, 1, 1, 0, 0, 1]);
    const traced = jit((order: Tensor) => orderToMask(order))(tensor([2, 0, 1], { dtype: 'int32' }));
    expect(flat(traced)).toEqual(flat(orderToMask([2, 0, 1])));
    const both = vmap((order: Tensor) => orderToMask(order))(tensor([[2, 0, 1], [0, 1, 2]], { dtype: 'int32' })); // prettier-ignore
    expect(flat(both).slice(9)).toEqual(flat(orderToMask([0, 1, 2])));
  });

  it('swap two nodes', () => {
    expect(swap([3, 1, 0, 2], 0, 3)).toEqual([0, 1, 3, 2]);
    expect(() => swap([0, 1], 0, 2)).toThrow(/swap: j must be a node from 0 to 1, got 2/);
    expect(() => swap([0, 0], 0, 1)).toThrow(
      /swap: order must hold each node from 0 to 1 once, got \[0, 0\], without 1/,
    );
  });

  it('are read from weights, whose cycles are named, or broken at their weakest edges', () => {
    for (const seed of [1, 2, 3]) {
      const { weights } = linearModel(seed, 15, 30, 2);
      const order = orderFromWeights(weights);
      const mask = flat(orderToMask(order));
      flat(weights).forEach((w, at) => expect(w === 0 || mask[at] === 0).toBe(true));
    }
    const strong = graph(4, [0, 1], [1, 2], [2, 3]);
    const cycle = strong.add(graph(4, [3, 1]).mul(0.1));
    expect(() => orderFromWeights(cycle)).toThrow(
      /orderFromWeights: weights has the cycle 3 -> 1 -> 2 -> 3; give a DAG, or \{ onCycle: 'break' \}/,
    );
    expect(orderFromWeights(cycle, { onCycle: 'break' })).toEqual([0, 1, 2, 3]);
    expect(() => orderFromWeights(graph(2, [1, 1]))).toThrow(/the cycle 1 -> 1/);
    expect(() => orderFromWeights(strong.mul(NaN))).toThrow(/must be finite, the entry \(0, 0\) is NaN/);
  });
});

describe('candidatePairs', () => {
  it('takes the forbidden pairs with the least slopes, ties included, whatever rounding says', () => {
    const order = [0, 1, 2, 3];
    // 0 -> 1 -> 2, and 3 alone: edges back along the chain close cycles, the others none.
    const { grad } = acyclicity(graph(4, [0, 1], [1, 2]));
    const noise = f64(Array.from({ length: 16 }, (_, at) => (at % 3) * 1e-17)).reshape([4, 4]);
    const { small, large } = candidatePairs(grad.add(noise), orderToMask(order), 1, 4);
    expect(small).toEqual([[3, 0], [3, 1], [3, 2]]); // prettier-ignore
    expect(large).toHaveLength(6);
    expect(large.slice(0, 3)).toEqual(small);
  });

  it('says what is wrong', () => {
    const mask = orderToMask([0, 1, 2]);
    const call = (small: number, large: number) => () => candidatePairs(zeros([3, 3]), mask, small, large);
    expect(call(0, 3)).toThrow(/sizeSmall must be a whole number from 1 to 3/);
    expect(call(1, 4)).toThrow(/sizeLarge must be a whole number from 1 to 3, .* got 4/);
    expect(() => candidatePairs(zeros([2, 2]), mask, 1, 1)).toThrow(
      /mask must be \[2,2\] as gradH, got \[3,3\]/,
    );
  });
});

describe('greedyDisjointSwaps', () => {
  it('takes the best trials whose ranges do not meet, in the order that they were tried in', () => {
    const order = [4, 2, 0, 1, 3, 5];
    const trials = [
      { pair: [0, 4], loss: 5 }, // positions 0 … 2
      { pair: [1, 2], loss: 6 }, // 1 … 3: meets the first
      { pair: [5, 3], loss: 7 }, // 4 … 5
      { pair: [3, 1], loss: 8 }, // 3 … 4: meets the third
      { pair: [1, 0], loss: 11 }, // no gain
    ] as const;
    const { order: next, pairs } = greedyDisjointSwaps(order, trials, 10);
    expect(pairs).toEqual([[0, 4], [5, 3]]); // prettier-ignore
    expect(next).toEqual([0, 2, 4, 1, 5, 3]);
    expect(greedyDisjointSwaps(order, [], 10).order).toEqual(order);
  });
});

describe('countAccuracy', () => {
  it('counts correct, reversed, extra and missing edges', () => {
    const truth = graph(5, [0, 1], [1, 2], [2, 3], [0, 4]);
    const found = graph(5, [0, 1], [2, 1], [1, 3]);
    expect(countAccuracy(truth, found)).toEqual({
      falseDiscoveryRate: 2 / 3,
      truePositiveRate: 1 / 4,
      falsePositiveRate: 2 / 6,
      structuralHammingDistance: 4,
      edges: 3,
    });
    expect(countAccuracy(truth, truth).structuralHammingDistance).toBe(0);
    expect(countAccuracy(truth, zeros([5, 5])).structuralHammingDistance).toBe(4);
    expect(() => countAccuracy(truth, graph(5, [0, 1], [1, 0]))).toThrow(
      /found is no DAG: .* cycle 1 -> 0 -> 1/,
    );
    expect(() => countAccuracy(truth, zeros([4, 4]))).toThrow(/truth is \[5,5\], found is \[4,4\]/);
  });

  it('thresholdWeights keeps what is strong', () => {
    expect(flat(thresholdWeights(f64([[0.3, -0.29], [-0.5, 0]])))).toEqual([0.3, 0, -0.5, 0]); // prettier-ignore
    expect(() => thresholdWeights(zeros([2, 2]), -1)).toThrow(
      /threshold must be a finite number of at least 0/,
    );
  });
});

describe('simulations', () => {
  it.each([1, 2, 3])('draw DAGs with the edges that were asked for (seed %d)', (seed) => {
    const er = simulateDag(random.key(seed), 20, 40, 'ER');
    expect(flat(er).filter((x) => x !== 0)).toHaveLength(40);
    expect(orderFromWeights(er)).toHaveLength(20);
    const sf = simulateDag(random.key(seed), 60, 120, 'SF', { dtype: 'float64' });
    expect(sf.dtype).toBe('float64');
    // Node 1 has one older node to cite, the others two each.
    expect(flat(sf).filter((x) => x !== 0)).toHaveLength(1 + 2 * 58);
    expect(orderFromWeights(sf)).toHaveLength(60);
    const most = (dag: Tensor): number => Math.max(...flat(dag.sum(0)));
    expect(most(sf)).toBeGreaterThan(2 * most(simulateDag(random.key(seed), 60, 120, 'ER')));
    const weights = flat(simulateWeights(random.key(seed), er)).filter((x) => x !== 0);
    expect(weights).toHaveLength(40);
    expect(weights.every((w) => Math.abs(w) >= 0.5 && Math.abs(w) <= 2)).toBe(true);
    expect(new Set(weights.map(Math.sign)).size).toBe(2);
  });

  it('draw linear models: X - X W is the noise, and infinitely many samples have the covariance itself', () => {
    const { weights } = linearModel(1, 6, 8, 2);
    const spread = { gauss: 1, exponential: 1, gumbel: Math.PI / Math.sqrt(6), uniform: 1 / Math.sqrt(3) };
    for (const [noise, deviation] of Object.entries(spread)) {
      const samples = simulateLinearSem(random.key(2), weights, 20_000, { noise: noise as 'gauss', noiseScale: [1, 2, 1, 1, 1, 1] }); // prettier-ignore
      const rest = samples.sub(samples.matmul(weights));
      flat(rest.std(0)).forEach((std, node) => expect(std / (node === 1 ? 2 * deviation : deviation)).toBeCloseTo(1, 1)); // prettier-ignore
    }
    const exact = simulateLinearSem(random.key(2), weights, Infinity);
    const remaining = exact.sub(exact.matmul(weights));
    flat(remaining.T.matmul(remaining).div(6)).forEach((x, at) => expect(x).toBeCloseTo(at % 7 === 0 ? 1 : 0, 12)); // prettier-ignore
    const binary = simulateLinearSem(random.key(3), weights, 100, { noise: 'logistic' });
    expect(new Set(flat(binary))).toEqual(new Set([0, 1]));
  });

  it('draw nonlinear models, in which nodes without parents are noise', () => {
    const dag = graph(3, [0, 1], [1, 2]);
    for (const kind of ['mlp', 'mim'] as const) {
      const samples = simulateNonlinearSem(random.key(1), dag, 5000, { kind });
      const [first = 0, second = 0] = flat(samples.std(0));
      expect(first).toBeCloseTo(1, 1);
      expect(second).toBeGreaterThan(1.05);
      expect(flat(samples)).toEqual(flat(simulateNonlinearSem(random.key(1), dag, 5000, { kind })));
    }
  });

  it('say what is wrong', () => {
    expect(() => simulateDag(random.key(1), 4, 7, 'ER')).toThrow(
      /edges must be at most 6, the pairs of 4 nodes, got 7/,
    );
    expect(() => simulateDag(random.key(1), 4, 3, 'BP' as never)).toThrow(/graph must be 'ER' or 'SF'/);
    expect(() => simulateDag(random.key(1), 1, 1, 'ER')).toThrow(
      /nodes must be a whole number of at least 2/,
    );
    const cycle = graph(2, [0, 1], [1, 0]);
    expect(() => simulateLinearSem(random.key(1), cycle, 5)).toThrow(
      /weights must be a DAG; .* cycle 1 -> 0 -> 1/,
    );
    expect(() => simulateNonlinearSem(random.key(1), cycle, 5)).toThrow(/graph must be a DAG/);
    const dag = graph(2, [0, 1]);
    expect(() => simulateLinearSem(random.key(1), dag, Infinity, { noise: 'gumbel' })).toThrow(
      /needs noise 'gauss'/,
    );
    expect(() => simulateLinearSem(random.key(1), dag, 5, { noiseScale: [1] })).toThrow(
      /greater than 0, or 2 of them/,
    );
    expect(() => simulateLinearSem(random.key(1), dag, 0)).toThrow(
      /samples must be a whole number of at least 1/,
    );
  });
});
