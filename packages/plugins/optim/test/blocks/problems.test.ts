import { describe, expect, it } from 'vitest';
import { grad, hessian, linalg, tensor, type Tensor } from '@core/tensor';
import { blockProblems, type BlockProblem } from '../../src/index.js';
import { flat, normals, randomTensor, seeds } from '../support.js';
import { classes, lattice, normalMatrix } from './data.js';

/** A problem, and its function for automatic differentiation. */
interface Pair {
  readonly problem: BlockProblem;
  readonly f: (x: Tensor) => Tensor;
}

const signs = (seed: number, count: number): Float64Array =>
  Float64Array.from(normals(seed, count), Math.sign);

function pairs(seed: number): Readonly<Record<string, Pair>> {
  const A = normalMatrix(seed, 9, 6);
  const b = randomTensor(seed + 1, [9]);
  const labels = tensor(signs(seed + 2, 9));
  const { A: features, B } = classes(seed, 10, 3, 4);
  const M = A.T.matmul(A);
  const c = randomTensor(seed + 3, [6]);
  const squares = (x: Tensor): Tensor => A.matmul(x).sub(b).square().sum().mul(0.5);
  const logistic = (x: Tensor): Tensor => labels.neg().mul(A.matmul(x)).softplus().sum();
  const softmax = (x: Tensor): Tensor => {
    const scores = features.matmul(x.reshape([3, 4]));
    return scores.logsumexp(-1).sum().sub(scores.mul(B).sum());
  };
  const ridge = (x: Tensor): Tensor => x.square().sum().mul(0.15);
  const l2 = 0.3;
  return {
    leastSquares: { problem: blockProblems.leastSquares(A, b), f: squares },
    logistic: { problem: blockProblems.logistic(A, labels), f: logistic },
    softmax: { problem: blockProblems.softmax(features, B), f: softmax },
    quadratic: {
      problem: blockProblems.quadratic(M, c),
      f: (x) => x.mul(M.matmul(x)).sum().mul(0.5).sub(c.mul(x).sum()),
    },
    'leastSquares with l2': {
      problem: blockProblems.leastSquares(A, b, { l2 }),
      f: (x) => squares(x).add(ridge(x)),
    },
    'logistic with l2': {
      problem: blockProblems.logistic(A, labels, { l2 }),
      f: (x) => logistic(x).add(ridge(x)),
    },
    'softmax with l2': {
      problem: blockProblems.softmax(features, B, { l2 }),
      f: (x) => softmax(x).add(ridge(x)),
    },
    nnLassoLS: {
      problem: blockProblems.nnLassoLS(A, b, 0.7),
      f: (x) => squares(x).add(x.sum().mul(0.7)),
    },
  };
}

const near = (got: ArrayLike<number>, want: ArrayLike<number>): void => {
  expect(got.length).toBe(want.length);
  const scale = 1 + Math.max(...Array.from(want, Math.abs));
  Array.from(got).forEach((value, i) =>
    expect(Math.abs(value - (want[i] ?? NaN))).toBeLessThan(1e-10 * scale),
  );
};

const eigenvalues = (h: Float64Array, size: number): number[] =>
  flat(linalg.eigvalsh(tensor(h, { shape: [size, size] })));

describe.each(Object.keys(pairs(1)))('%s', (name) => {
  it.each(seeds)('value, gradient, Hessian and bound are those of its function, seed %i', (seed) => {
    const { problem, f } = pairs(seed)[name]!;
    const { size } = problem;
    const x = Float64Array.from(normals(seed + 7, size), (value) => 0.5 * value);
    const point = { x, products: problem.products(x) };
    const at = tensor(x);
    near([problem.value(point)], flat(f(at)));
    const g = flat(grad(f)(at));
    near(problem.gradient(point), g);
    const h = flat(hessian(f)(at));
    const all = Int32Array.from({ length: size }, (_, i) => i);
    near(problem.hessian(point, all), h);
    for (const block of [Int32Array.of(1), Int32Array.of(0, 2, 5)]) {
      const b = block.length;
      near(
        problem.gradient(point, block),
        Array.from(block, (i) => g[i] ?? NaN),
      );
      const bound = problem.bound(block);
      const gap = problem.hessian(point, block).map((value, k) => bound[k]! - value);
      expect(Math.min(...eigenvalues(gap, b))).toBeGreaterThan(-1e-10);
      if (b === 1) near(bound, [problem.lipschitz[1]!]);
    }
    // The bound as a whole: its products and row sums.
    const bound = problem.bound(all);
    const v = Float64Array.from(normals(seed + 8, size));
    near(problem.boundTimes(v), flat(tensor(bound, { shape: [size, size] }).matmul(tensor(v))));
    const rows = Array.from({ length: size }, (_, i) =>
      bound.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + Math.abs(value), 0),
    );
    near(problem.boundRowSums(), rows);
  });

  it('keeps its products as blocks move', () => {
    const { problem } = pairs(1)[name]!;
    const x = new Float64Array(problem.size);
    const point = { x, products: problem.products(x) };
    for (let k = 0; k < 40; k++) {
      const block = Int32Array.of(k % problem.size, (k + 2) % problem.size).sort();
      problem.move(point, block, Float64Array.from(normals(k + 1, 2)));
    }
    near(point.products, problem.products(x));
  });
});

describe('label propagation', () => {
  it('is the harmonic function: its solution averages neighbours', () => {
    const { W, y } = lattice(1, 4, 5, 3);
    const problem = blockProblems.labelPropagation(W, y);
    const { matrix, rhs } = problem.quadratic!;
    const size = matrix.columns;
    const dense = Float64Array.from({ length: size * size }, () => 0);
    for (let j = 0; j < size; j++)
      for (let at = matrix.starts[j]!; at < matrix.starts[j + 1]!; at++)
        dense[matrix.indices[at]! * size + j] = matrix.values[at]!;
    const x = flat(linalg.solve(tensor(dense, { shape: [size, size] }), tensor(rhs)));
    const labels = Float64Array.from(y);
    problem.unlabeled.forEach((node, k) => (labels[node] = x[k]!));
    const w = flat(W);
    problem.unlabeled.forEach((node) => {
      const row = w.slice(node * 20, (node + 1) * 20);
      const degree = row.reduce((sum, weight) => sum + weight, 0);
      const mean = row.reduce((sum, weight, other) => sum + weight * labels[other]!, 0) / degree;
      expect(labels[node]).toBeCloseTo(mean, 10);
    });
  });
});

describe('zero columns', () => {
  it('have a constant above 0, and are left where they are', () => {
    const A = tensor([[1, 0], [2, 0]], { dtype: 'float64' }); // prettier-ignore
    const { lipschitz } = blockProblems.leastSquares(A, [1, 1]);
    expect(lipschitz[0]).toBe(5);
    expect(lipschitz[1]).toBeGreaterThan(0);
    expect(blockProblems.leastSquares(A.mul(0), [1, 1]).lipschitz).toEqual(Float64Array.of(1, 1));
  });
});
