import { describe, expect, it } from 'vitest';
import { linalg, tensor } from '@core/tensor';
import {
  bcd,
  blockProblems,
  type BcdOptions,
  type BlockProblem,
  type SelectionName,
  type UpdateName,
} from '../../src/index.js';
import { distance, flat, normals, randomTensor, seeds } from '../support.js';
import { classes, dataSetA, lattice, normalMatrix, sparseRegression } from './data.js';

const all = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);

/** f at x, from scratch. */
function valueAt(problem: BlockProblem, x: Float64Array): number {
  return problem.value({ x, products: problem.products(x) });
}

/** gᵀ H⁻¹ g by a solver of tensors. */
function decrement(problem: BlockProblem, x: Float64Array, block: Int32Array): number {
  const g = tensor(problem.gradient({ x, products: problem.products(x) }, block));
  const h = tensor(problem.bound(block), { shape: [block.length, block.length] });
  return linalg.solve(h, g).mul(g).sum().item();
}

/** x after each iteration. */
function path(problem: BlockProblem, options: BcdOptions, count: number): Float64Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float64Array.from(flat(bcd(problem, { ...options, tolerance: 0, maxIterations: k }).x)),
  );
}

describe('exactness', () => {
  it.each(seeds)('a Newton step on least squares gains ½ gᵀ H⁻¹ g, and GSQ the most, seed %i', (seed) => {
    const { A, b } = dataSetA(seed, 60, 30);
    const problem = blockProblems.leastSquares(A, b);
    const options: BcdOptions = { partition: 'Sort', selection: 'GSQ', update: 'Hb', blockSize: 3 };
    const points = path(problem, options, 25);
    const { losses, blocks } = bcd(problem, { ...options, tolerance: 0, maxIterations: 25 });
    const order = [...all(30)].sort((i, j) => problem.lipschitz[i]! - problem.lipschitz[j]!);
    const fixed = Array.from({ length: 10 }, (_, k) => Int32Array.from(order.slice(3 * k, 3 * k + 3)).sort());
    points.forEach((x, k) => {
      const block = blocks[k]!;
      const gained = losses[k]! - losses[k + 1]!;
      const promised = 0.5 * decrement(problem, x, block);
      expect(Math.abs(gained - promised)).toBeLessThan(1e-9 * losses[0]!);
      if (k < 10) expect(Math.abs(gained / promised - 1)).toBeLessThan(1e-9);
      const others = fixed.map((one) => 0.5 * decrement(problem, x, one));
      expect(Math.max(...others)).toBeLessThanOrEqual(promised * (1 + 1e-9));
    });
  });

  it.each(seeds)('steps gain at least what the bounds promise, seed %i', (seed) => {
    const { A, B } = classes(seed, 30, 4, 3);
    const labels = Float64Array.from(normals(seed, 30), Math.sign);
    for (const problem of [blockProblems.logistic(A, labels), blockProblems.softmax(A, B)]) {
      const step = (update: UpdateName, x: Float64Array) =>
        bcd(problem, { update, selection: 'GSD', blockSize: 2, start: x, maxIterations: 1, tolerance: 0 });
      const points = path(problem, { update: 'Lb', selection: 'GSD', blockSize: 2 }, 12);
      for (const x of points) {
        const { losses, blocks } = step('Hb', x);
        const gained = losses[0]! - losses[1]!;
        const block = blocks[0]!;
        const matrix = 0.5 * decrement(problem, x, block);
        const { losses: plain } = step('Lb', x);
        const g = problem.gradient({ x, products: problem.products(x) }, block);
        const h = tensor(problem.bound(block), { shape: [2, 2] });
        const gradient = (0.5 * (g[0]! ** 2 + g[1]! ** 2)) / (flat(linalg.eigvalsh(h))[1] ?? NaN);
        expect(gained).toBeGreaterThan(matrix * (1 - 1e-9));
        expect(matrix).toBeGreaterThan(gradient * (1 - 1e-9));
        expect(plain[0]! - plain[1]!).toBeGreaterThan(gradient * (1 - 1e-9));
      }
    }
  });
});

const smooth: readonly (readonly [SelectionName, 'VB' | 'Avg'])[] = [
  ...(['Random', 'Cyclic', 'Perm', 'Lipschitz', 'GS', 'GSL', 'GSD', 'GSDHb', 'GSQ'] as const).map(
    (name) => [name, 'Avg'] as const,
  ),
  ...(['Random', 'Cyclic', 'Perm', 'Lipschitz', 'GS', 'GSD', 'GSDHb', 'IHT', 'GSQ-NN'] as const).map(
    (name) => [name, 'VB'] as const,
  ),
];

describe.each(smooth)('%s, %s', (selection, partition) => {
  it.each(['Lb', 'Hb', 'LS', 'LA'] as const)('%s comes to the solution, and f never grows', (update) => {
    const A = normalMatrix(3, 20, 8);
    const { A: features, B } = classes(4, 40, 3, 4);
    const labels = Float64Array.from(normals(5, 20), Math.sign);
    const problems = [
      blockProblems.leastSquares(A, normals(6, 20)),
      blockProblems.logistic(A, labels, { l2: 0.5 }),
      blockProblems.softmax(features, B, { l2: 0.5 }),
      blockProblems.quadratic(A.T.matmul(A), randomTensor(7, [8])),
    ];
    for (const problem of problems) {
      const { x, losses, converged } = bcd(problem, {
        selection,
        partition,
        update,
        blockSize: 2,
        tolerance: 1e-6,
        maxIterations: 4000,
        seed: 1,
      });
      expect(converged).toBe(true);
      const rounding = 1e-13 * Math.max(...losses.map(Math.abs));
      losses.forEach((loss, i) => expect(loss).toBeLessThanOrEqual((losses[i - 1] ?? Infinity) + rounding));
      const at = Float64Array.from(flat(x));
      const g = problem.gradient({ x: at, products: problem.products(at) });
      expect(Math.max(...g.map(Math.abs))).toBeLessThan(2e-6);
    }
  });
});

describe('rules that do not look at the gradient', () => {
  const problem = blockProblems.leastSquares(normalMatrix(1, 12, 10), normals(2, 12));
  const chosen = (options: BcdOptions): number[][] =>
    bcd(problem, { tolerance: 0, blockSize: 2, ...options }).blocks.map((block) => [...block]);

  it('Cyclic and Perm take each coordinate once in a sweep', () => {
    for (const options of [
      { selection: 'Cyclic', partition: 'Order' },
      { selection: 'Perm', partition: 'Order' },
      { selection: 'Perm', partition: 'VB' },
      { selection: 'Cyclic', partition: 'VB' },
    ] as const) {
      for (const seed of seeds) {
        const blocks = chosen({ ...options, maxIterations: 20, seed });
        for (let from = 0; from < 20; from += 5)
          expect(
            blocks
              .slice(from, from + 5)
              .flat()
              .sort((i, j) => i - j),
          ).toEqual([...all(10)]);
      }
    }
    expect(chosen({ selection: 'Cyclic', partition: 'Order', maxIterations: 3 })).toEqual([[0, 1], [2, 3], [4, 5]]); // prettier-ignore
    // Blocks that do not divide the coordinates: the last of a sweep is shorter.
    const shorter = chosen({ selection: 'Perm', blockSize: 4, maxIterations: 3 });
    expect(shorter.map((block) => block.length)).toEqual([4, 4, 2]);
    expect(shorter.flat().sort((i, j) => i - j)).toEqual([...all(10)]);
  });

  it('variable Cyclic keeps its order for p iterations, Perm for a sweep', () => {
    const once = (selection: SelectionName, iteration: number): string => {
      const blocks = chosen({ selection, maxIterations: 20, seed: 3 });
      return String(blocks.slice(iteration, iteration + 5));
    };
    expect(once('Cyclic', 0)).toBe(once('Cyclic', 5));
    expect(once('Cyclic', 0)).not.toBe(once('Cyclic', 10));
    expect(once('Perm', 0)).not.toBe(once('Perm', 5));
  });

  it('Random and Lipschitz choose as often as they should', () => {
    const count = 4000;
    const total = problem.lipschitz.reduce((sum, l) => sum + l, 0);
    for (const seed of seeds) {
      const frequencies = (options: BcdOptions): number[] => {
        const times = new Array<number>(10).fill(0);
        for (const block of chosen({ ...options, maxIterations: count, seed }))
          for (const i of block) times[i]! += 1 / count;
        return times;
      };
      for (const f of frequencies({ selection: 'Random', blockSize: 3 }))
        expect(Math.abs(f - 0.3)).toBeLessThan(0.04);
      frequencies({ selection: 'Lipschitz', blockSize: 1 }).forEach((f, i) =>
        expect(Math.abs(f - problem.lipschitz[i]! / total)).toBeLessThan(0.03),
      );
      const fixed = frequencies({ selection: 'Lipschitz', partition: 'Order', blockSize: 1 });
      fixed.forEach((f, i) => expect(Math.abs(f - problem.lipschitz[i]! / total)).toBeLessThan(0.03));
      for (const block of chosen({ selection: 'Lipschitz', blockSize: 9, maxIterations: 50, seed }))
        expect(new Set(block).size).toBe(9);
    }
  });

  it('are the same for the same seed, and others for another', () => {
    const run = (seed: number): number[][] => chosen({ selection: 'Random', maxIterations: 20, seed });
    expect(run(4)).toEqual(run(4));
    expect(run(4)).not.toEqual(run(5));
  });
});

describe('with a bound or l1', () => {
  /** Where each coordinate's optimality condition is off the most. */
  const off = (problem: BlockProblem, x: Float64Array): number => {
    const g = problem.gradient({ x, products: problem.products(x) });
    const { proximal } = problem;
    return Math.max(...g.map((value, i) => Math.abs(x[i]! - proximal!.apply(x[i]! - value, 1))));
  };

  it.each(seeds)(
    'every update comes to the minimum, seed %i',
    (seed) => {
      const A = normalMatrix(seed, 30, 12);
      const b = normals(seed + 1, 30);
      const labels = Float64Array.from(b, Math.sign);
      const { A: features, B } = classes(seed, 40, 3, 3);
      const nonNegative = [
        blockProblems.nnLassoLS(A, b, 2),
        blockProblems.nonNegativeL1(blockProblems.logistic(A, labels), 1),
        blockProblems.nonNegativeL1(blockProblems.softmax(features, B), 1),
      ];
      const signed = [
        blockProblems.l1Regularized(blockProblems.leastSquares(A, b), 2),
        blockProblems.l1Regularized(blockProblems.logistic(A, labels), 1),
        blockProblems.l1Regularized(blockProblems.softmax(features, B), 1),
      ];
      const solve = (
        problem: BlockProblem,
        update: UpdateName,
        selection: SelectionName,
        partition: 'VB' | 'Sort',
      ) => {
        const options = {
          update,
          selection,
          partition,
          blockSize: 3,
          tolerance: 1e-9,
          maxIterations: 3000,
          seed,
        };
        const { x, losses, supports, converged } = bcd(problem, options);
        expect(converged).toBe(true);
        losses.forEach((loss, i) => expect(loss).toBeLessThanOrEqual((losses[i - 1] ?? Infinity) + 1e-11));
        expect(off(problem, Float64Array.from(flat(x)))).toBeLessThan(1e-8);
        expect([...(supports.at(-1) ?? [])]).toEqual(flat(x).flatMap((value, i) => (value === 0 ? [] : [i])));
        return x;
      };
      for (const problem of nonNegative) {
        const x = solve(problem, 'Lb', 'GSQ-NN', 'VB');
        for (const update of ['Lb-NN', 'TMP-NN', 'qp-NN', 'LA'] as const)
          for (const [selection, partition] of [
            ['GSQ-NN', 'VB'],
            ['GSQ-NN', 'Sort'],
            ['Random', 'VB'],
            ['GSL', 'Sort'],
          ] as const)
            // prettier-ignore
            expect(distance(solve(problem, update, selection, partition), x)).toBeLessThan(1e-6);
        expect(Math.min(...flat(x))).toBeGreaterThanOrEqual(0);
        expect(flat(x)).toContain(0);
      }
      for (const problem of signed) {
        const x = solve(problem, 'Lb', 'GSQ-NN', 'VB');
        for (const [selection, partition] of [
          ['GSD', 'VB'],
          ['GSQ-NN', 'Sort'],
          ['Cyclic', 'Sort'],
        ] as const)
          // prettier-ignore
          expect(distance(solve(problem, 'LA', selection, partition), x)).toBeLessThan(1e-6);
        expect(flat(x)).toContain(0);
      }
    },
    30_000,
  );

  it('a step that has found the support is exact: qp-NN over all of it is the solution', () => {
    const { A, b } = sparseRegression(1);
    const problem = blockProblems.nnLassoLS(A, b, 20);
    const { losses } = bcd(problem, { selection: 'GSQ-NN', update: 'qp-NN', blockSize: 200, maxIterations: 2, tolerance: 0 }); // prettier-ignore
    expect(Math.abs((losses[1] ?? NaN) - (losses[2] ?? NaN))).toBeLessThan(1e-10);
  });
});

describe('bcd', () => {
  const problem = blockProblems.leastSquares(normalMatrix(1, 12, 10), normals(2, 12));

  it('records when it is told to', () => {
    const every = bcd(problem, { maxIterations: 10, tolerance: 0 });
    const third = bcd(problem, { maxIterations: 10, tolerance: 0, recordEvery: 3 });
    expect(third.losses).toEqual([0, 3, 6, 9, 10].map((i) => every.losses[i]));
    expect([every.losses.length, every.blocks.length, every.iterations]).toEqual([11, 10, 10]);
    expect(distance(third.x, every.x)).toBe(0);
  });

  it('ends at the optimum that it is told, or where the gradient is small', () => {
    const best = bcd(problem, { update: 'Hb', maxIterations: 2000, tolerance: 1e-10 });
    expect(best.converged).toBe(true);
    expect(best.iterations).toBeLessThan(2000);
    const optimum = best.losses.at(-1) ?? NaN;
    const told = bcd(problem, { update: 'Hb', optimum, tolerance: 1e-3, maxIterations: 2000 });
    expect((told.losses.at(-1) ?? NaN) - optimum).toBeLessThanOrEqual(1e-3);
    expect((told.losses.at(-2) ?? NaN) - optimum).toBeGreaterThan(1e-3);
    expect(bcd(problem, { maxIterations: 0 }).losses.length).toBe(1);
  });

  it('goes on from a start, and leaves it alone', () => {
    const start = Float64Array.from(normals(3, 10));
    const kept = start.slice();
    expect(bcd(problem, { start, maxIterations: 3 }).losses[0]).toBeCloseTo(valueAt(problem, kept), 12);
    expect(start).toEqual(kept);
  });

  it('takes blocks of your own', () => {
    const partition = [[0, 9, 4], [1, 2, 3, 5], [6, 7, 8]]; // prettier-ignore
    const { blocks, converged } = bcd(problem, {
      partition,
      selection: 'GSQ',
      update: 'Hb',
      maxIterations: 3000,
    });
    expect(converged).toBe(true);
    for (const block of blocks) expect(['0,4,9', '1,2,3,5', '6,7,8']).toContain(String(block));
  });

  it('takes sparse matrices, with the same steps', () => {
    const A = tensor([[1, 0, 2], [0, 3, 0], [4, 0, 5]], { dtype: 'float64' }); // prettier-ignore
    const sparse = {
      rows: 3,
      columns: 3,
      starts: Int32Array.of(0, 2, 3, 5),
      indices: Int32Array.of(0, 2, 1, 0, 2),
      values: Float64Array.of(1, 4, 3, 2, 5),
    };
    const after = (matrix: typeof A | typeof sparse) =>
      bcd(blockProblems.leastSquares(matrix, [1, 2, 3]), { blockSize: 1, maxIterations: 7 });
    expect(after(sparse).losses).toEqual(after(A).losses);
  });

  it('message passing and a dense solve make the same step', () => {
    const { W, y } = lattice(2, 6, 7, 4);
    const graph = blockProblems.labelPropagation(W, y);
    for (const selection of [
      'RTree',
      'GSTree',
      'GSLTree',
      'GSDTree',
      'RedBlackTree',
      'TreePartitions',
    ] as const) {
      const step = (update: UpdateName) =>
        bcd(graph, {
          selection,
          update,
          start: randomTensor(3, [graph.size]),
          maxIterations: 1,
          tolerance: 0,
        });
      const exact = step('bpExact');
      for (const update of ['bpGabp', 'Hb', 'LS'] as const)
        expect(distance(step(update).x, exact.x)).toBeLessThan(1e-11);
      // The gradient of the block is gone.
      const x = Float64Array.from(flat(exact.x));
      const g = graph.gradient({ x, products: graph.products(x) }, exact.blocks[0]);
      expect(Math.max(...g.map(Math.abs))).toBeLessThan(1e-11);
    }
    // A block with a cycle is solved densely.
    const whole = bcd(graph, { selection: 'GS', update: 'bpExact', blockSize: graph.size, maxIterations: 1 });
    const x = Float64Array.from(flat(whole.x));
    const g = graph.gradient({ x, products: graph.products(x) });
    expect(Math.max(...g.map(Math.abs))).toBeLessThan(1e-11);
  });

  it('keeps its residual right over thousands of steps', () => {
    const { x, losses } = bcd(problem, { selection: 'Random', maxIterations: 3000, tolerance: 0 });
    expect(losses.at(-1)).toBeCloseTo(valueAt(problem, Float64Array.from(flat(x))), 12);
  });
});
