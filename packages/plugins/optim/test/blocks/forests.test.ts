import { describe, expect, it } from 'vitest';
import { linalg, tensor, type Tensor } from '@core/tensor';
import {
  blockProblems,
  forestSolve,
  gabp,
  greedyForest,
  isForest,
  latticeRedBlack,
  latticeTrees,
  redBlack,
  treePartition,
} from '../../src/index.js';
import { distance, flat, normals, numbers, randomTensor, seeds, thrown } from '../support.js';
import { lattice } from './data.js';

/** The graph of some nodes. */
function part(W: Tensor, nodes: Int32Array): Tensor {
  const [size, w] = [W.shape[0] ?? 0, flat(W)];
  const values = [...nodes].flatMap((i) => [...nodes].map((j) => w[i * size + j] ?? NaN));
  return tensor(Float64Array.from(values), { shape: [nodes.length, nodes.length] });
}

/** A random graph with positive weights, and a diagonal that makes it positive definite. */
function randomGraph(seed: number, size: number, share: number): Tensor {
  const draws = numbers(seed, size * size);
  const a = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++)
      if ((draws[i * size + j] ?? 1) < 2 * share - 1)
        a[i * size + j] = a[j * size + i] = draws[j * size + i] ?? 0;
  return tensor(a, { shape: [size, size] });
}

const diagonallyDominant = (W: Tensor): Tensor =>
  W.add(
    tensor(flat(W.abs().sum(1)), { dtype: 'float64' })
      .add(0.1)
      .reshape([-1, 1])
      .mul(identity(W)),
  );
const identity = (W: Tensor): Tensor => {
  const size = W.shape[0] ?? 0;
  return tensor(
    Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0)),
    { shape: [size, size] },
  );
};

const sorted = (blocks: readonly Int32Array[]): number[] =>
  blocks.flatMap((b) => [...b]).sort((i, j) => i - j);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const shuffled = (seed: number, count: number): number[] => {
  const keys = numbers(seed, count);
  return upTo(count).sort((i, j) => (keys[i] ?? 0) - (keys[j] ?? 0));
};

describe('forests of a lattice', () => {
  it.each(seeds)('are solved as by a dense solver, to 1e-12, seed %i', (seed) => {
    const { W, y } = lattice(seed, 20, 20, 16);
    const { quadratic, unlabeled } = blockProblems.labelPropagation(W, y, {
      lattice: { rows: 20, columns: 20 },
    });
    expect(unlabeled.length).toBe(384);
    const A = part(diagonal(W).sub(W), unlabeled);
    for (const trees of quadratic!.trees!) {
      expect(trees.length).toBeGreaterThan(180);
      const tree = part(A, trees);
      expect(isForest(tree)).toBe(true);
      const rhs = randomTensor(seed + 3, [trees.length]);
      const exact = linalg.solve(tree, rhs);
      const scale = Math.max(...flat(exact).map(Math.abs));
      expect(distance(forestSolve(tree, rhs), exact) / scale).toBeLessThan(1e-12);
      const passed = gabp(tree, rhs, { maxRounds: 500, tolerance: 1e-26 });
      expect(distance(passed, exact) / scale).toBeLessThan(1e-11);
      expect(distance(gabp(tree, rhs, { maxRounds: 500 }), exact) / scale).toBeLessThan(1e-3);
    }
    for (const colour of quadratic!.redBlack!) {
      const block = flat(part(A, colour));
      block.forEach((value, at) => {
        if (at % (colour.length + 1) !== 0) expect(Math.abs(value)).toBe(0);
      });
    }
  });

  it('has the combs and colours of the official code', () => {
    const [black, white] = latticeTrees(3, 4);
    // 0 3 6  9
    // 1 4 7 10
    // 2 5 8 11
    expect([...white]).toEqual([0, 1, 3, 6, 7, 9]);
    expect([...black]).toEqual([2, 4, 5, 8, 10, 11]);
    const [red, dark] = latticeRedBlack(3, 4);
    expect([...red]).toEqual([0, 2, 4, 6, 8, 10]);
    expect([...dark]).toEqual([1, 3, 5, 7, 9, 11]);
  });

  const diagonal = (W: Tensor): Tensor => W.sum(1).reshape([-1, 1]).mul(identity(W));
});

describe('blocks of a graph', () => {
  it.each(seeds)('are what they should be, seed %i', (seed) => {
    for (const share of [0.05, 0.2, 0.6]) {
      const W = randomGraph(seed, 30, share);
      const order = shuffled(seed, 30);
      const block = greedyForest(order, W);
      expect(isForest(part(W, block))).toBe(true);
      // As large as can be: every other node would close a cycle.
      for (const node of upTo(30).filter((i) => !block.includes(i)))
        expect(isForest(part(W, Int32Array.from([...block, node]).sort()))).toBe(false);
      expect(block).toContain(order[0]);

      const forests = treePartition(W, order);
      expect(sorted(forests)).toEqual(upTo(30));
      for (const forest of forests) expect(isForest(part(W, forest))).toBe(true);
      const colours = redBlack(W, order);
      expect(sorted(colours)).toEqual(upTo(30));
      for (const colour of colours) expect(flat(part(W, colour)).every((w) => w === 0)).toBe(true);
    }
  });

  it('a triangle is no forest, and takes three colours', () => {
    const triangle = tensor([[0, 1, 1], [1, 0, 1], [1, 1, 0]], { dtype: 'float64' }); // prettier-ignore
    expect(isForest(triangle)).toBe(false);
    expect([...greedyForest([2, 0, 1], triangle)]).toEqual([0, 2]);
    expect(redBlack(triangle, [0, 1, 2]).length).toBe(3);
    expect(treePartition(triangle, [0, 1, 2]).map((forest) => [...forest])).toEqual([[0, 1], [2]]);
  });

  it('belief propagation is right on cycles too, where it settles', () => {
    const A = diagonallyDominant(randomGraph(1, 12, 0.3));
    expect(isForest(A)).toBe(false);
    const rhs = randomTensor(5, [12]);
    expect(distance(gabp(A, rhs, { tolerance: 1e-24 }), linalg.solve(A, rhs))).toBeLessThan(1e-10);
  });
});

describe('forestSolve', () => {
  it('solves a path of 50 000 nodes without a dense matrix', () => {
    const size = 50_000;
    const starts = Int32Array.from({ length: size + 1 }, (_, j) =>
      j === 0 ? 0 : j === size ? 3 * size - 2 : 3 * j - 1,
    );
    const entries = upTo(size).flatMap((j) => [j - 1, j, j + 1].filter((i) => i >= 0 && i < size).map((i) => [i, j] as const)); // prettier-ignore
    const A = {
      rows: size,
      columns: size,
      starts,
      indices: Int32Array.from(entries, ([i]) => i),
      values: Float64Array.from(entries, ([i, j]) => (i === j ? 2.1 : -1)),
    };
    const want = normals(1, size);
    const rhs = want.map((x, i) => 2.1 * x - (want[i - 1] ?? 0) - (want[i + 1] ?? 0));
    expect(distance(forestSolve(A, rhs), tensor(want, { dtype: 'float64' }))).toBeLessThan(1e-11);
  });

  it('says what is wrong', () => {
    const square = (values: number[][]): Tensor => tensor(values, { dtype: 'float64' });
    const path = square([[2, 1], [1, 2]]); // prettier-ignore
    expect(thrown(() => forestSolve(square([[3, 1, 1], [1, 3, 1], [1, 1, 3]]), [1, 1, 1]))).toMatch(/^ARGUMENT: forestSolve: the graph of A has a cycle/); // prettier-ignore
    expect(thrown(() => forestSolve(square([[1, 2], [2, 1]]), [1, 1]))).toMatch(/^LINALG: forestSolve: the matrix is not positive definite/); // prettier-ignore
    expect(thrown(() => forestSolve(square([[1, 2], [0, 1]]), [1, 1]))).toMatch(/^ARGUMENT: forestSolve: A must be symmetric/); // prettier-ignore
    expect(thrown(() => forestSolve(square([[1, 2, 3]]), [1]))).toMatch(
      /^SHAPE: forestSolve: A must be square/,
    );
    expect(thrown(() => forestSolve(path, [1]))).toMatch(
      /^SHAPE: forestSolve: rhs must be a vector of length 2/,
    );
    expect(thrown(() => gabp(path, [NaN, 1]))).toMatch(
      /^ARGUMENT: gabp: rhs has entries that are not finite/,
    );
    expect(thrown(() => gabp(path, [1, 2], { maxRounds: 0 }))).toMatch(/^ARGUMENT: gabp: maxRounds must be/);
    expect(thrown(() => gabp(square([[1, 2, 2], [2, 1, 2], [2, 2, 1]]), [1, 2, 3]))).toMatch(/^LINALG: gabp: messages did not settle/); // prettier-ignore
    expect(thrown(() => greedyForest([0, 0], path))).toMatch(
      /^ARGUMENT: greedyForest: order must hold nodes/,
    );
    expect(thrown(() => redBlack(path, [0]))).toMatch(/^ARGUMENT: redBlack: order must hold every node/);
    expect(thrown(() => treePartition(path, [0, 2]))).toMatch(/^ARGUMENT: treePartition: order/);
    expect(thrown(() => latticeTrees(0, 2))).toMatch(/^ARGUMENT: latticeTrees: rows must be/);
  });
});
