import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '@core/tensor';
import { bcd, blockProblems, type BcdOptions } from '../../src/index.js';
import { f64, thrown } from '../support.js';

const {
  labelPropagation,
  leastSquares,
  logistic,
  nnLassoLS,
  nonNegativeL1,
  l1Regularized,
  quadratic,
  softmax,
} = blockProblems;
const A = f64([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
const problem = leastSquares(A, [1, 2, 3]);
const bounded = nnLassoLS(A, [1, 2, 3], 1);
const path = f64([[0, 1, 0], [1, 0, 1], [0, 1, 0]]); // prettier-ignore

const run =
  (options: unknown, which: unknown = problem) =>
  (): unknown =>
    bcd(which as typeof problem, options as BcdOptions);

describe('bad input', () => {
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => leastSquares(f64([1, 2]), [1]), /^SHAPE: leastSquares: A must be a matrix/],
    [
      () => leastSquares(zeros([0, 2]), []),
      /^SHAPE: leastSquares: A is \[0,2\]; it must have rows and columns/,
    ],
    [() => leastSquares(zeros([2, 0]), [1, 2]), /^SHAPE: leastSquares: A is \[2,0\]/],
    [() => leastSquares(f64([[NaN]]), [1]), /^ARGUMENT: leastSquares: A has entries that are not finite/],
    [() => leastSquares(A, [1, 2]), /^SHAPE: leastSquares: b must be a vector of length 3, got 2 numbers/],
    [
      () => leastSquares(A, A),
      /^SHAPE: leastSquares: b must be a vector of length 3, got a float64\[3,2\] tensor/,
    ],
    [() => leastSquares(A, [1, 2, Infinity]), /^ARGUMENT: leastSquares: b has entries that are not finite/],
    [() => leastSquares(A, [1, 2, 3], { l2: -1 }), /^ARGUMENT: leastSquares: l2 must be/],
    [() => leastSquares(A, [1, 2, 3], { l1: 1 } as never), /^ARGUMENT: leastSquares: there is no option l1/],
    [
      () => leastSquares([[1]] as never, [1]),
      /^ARGUMENT: leastSquares: A must be a tensor or a sparse matrix/,
    ],
    [
      () =>
        leastSquares(
          {
            rows: 1,
            columns: 1,
            starts: Int32Array.of(0, 1),
            indices: Int32Array.of(1),
            values: Float64Array.of(1),
          },
          [1],
        ),
      /^ARGUMENT: leastSquares: A is no sparse matrix/,
    ],
    [() => logistic(A, [1, 0, 1]), /^ARGUMENT: logistic: b must hold -1 and 1 only/],
    [() => softmax(A, f64([[1, 0], [1, 0]])), /^SHAPE: softmax: A has 3 rows and B 2/], // prettier-ignore
    [() => softmax(A, f64([[1], [1], [1]])), /^SHAPE: softmax: B must have at least two columns, got 1/],
    [() => softmax(A, f64([[1, 1], [1, 0], [0, 1]])), /^ARGUMENT: softmax: each row of B/], // prettier-ignore
    [() => softmax(A, f64([[0.5, 0], [1, 0], [0, 1]])), /^ARGUMENT: softmax: each row of B/], // prettier-ignore
    [() => quadratic(A, [1, 2]), /^SHAPE: quadratic: A must be square/],
    [() => quadratic(f64([[1, 2], [0, 1]]), [1, 2]), /^ARGUMENT: quadratic: A must be symmetric/], // prettier-ignore
    [() => quadratic(f64([[-1]]), [1]), /^ARGUMENT: quadratic: A must be positive semi-definite/],
    [
      () => labelPropagation(path, [0, 0, 0]),
      /^ARGUMENT: labelPropagation: y must have both labels and zeros, got 0/,
    ],
    [
      () => labelPropagation(path, [1, 2, 3]),
      /^ARGUMENT: labelPropagation: y must have both labels and zeros, got 3/,
    ],
    [
      () => labelPropagation(path.neg(), [1, 0, 0]),
      /^ARGUMENT: labelPropagation: W must hold weights of at least 0/,
    ],
    [() => labelPropagation(path, [1, 0, 0], { lattice: { rows: 2, columns: 2 } }), /^SHAPE: labelPropagation: a lattice of 2 rows/], // prettier-ignore
    [
      () => labelPropagation(path, [1, 0, 0], { lattice: 3 as never }),
      /^ARGUMENT: labelPropagation: lattice must be/,
    ],
    [() => nonNegativeL1(bounded, 1), /^ARGUMENT: nonNegativeL1: .* has a part that is not smooth already/],
    [() => l1Regularized(problem, -1), /^ARGUMENT: l1Regularized: l1 must be/],
    [run({ blockSize: 0 }), /^ARGUMENT: bcd: blockSize must be a whole number of at least 1, got 0/],
    [run({ blockSize: 3 }), /^ARGUMENT: bcd: blockSize is 3, the problem has 2 coordinates/],
    [run({ blockSize: 2, partition: 'Order' }, nnLassoLS(f64([[1, 2, 3]]), [1], 1)), /^ARGUMENT: bcd: fixed blocks need a blockSize that divides the 3/], // prettier-ignore
    [run({ selection: 'MGSC' }), /^ARGUMENT: bcd: selection must be 'Random' or .*, got "MGSC"/],
    [
      run({ partition: 'VB', selection: 'GSL' }),
      /^ARGUMENT: bcd: selection 'GSL' compares fixed blocks.*'GSD' or 'GSDHb'/,
    ],
    [run({ partition: 'Sort', selection: 'IHT' }), /^ARGUMENT: bcd: selection 'IHT' forms its own blocks/],
    [
      run({ partition: [[0]], selection: 'GS' }),
      /^ARGUMENT: bcd: the blocks of partition must hold each coordinate/,
    ],
    [run({ partition: [[0, 1], [1]], selection: 'GS' }), /^ARGUMENT: bcd: the blocks of partition/], // prettier-ignore
    [
      run({ blockSize: 1, selection: 'GSTree' }),
      /^ARGUMENT: bcd: selection 'GSTree' is for quadratics .*, and the problem is leastSquares/,
    ],
    [run({ blockSize: 1, update: 'bpExact' }), /^ARGUMENT: bcd: update 'bpExact' is for quadratics/],
    [run({ blockSize: 1, update: 'Lb-NN' }), /^ARGUMENT: bcd: update 'Lb-NN' is for problems with x ≥ 0/],
    [run({ blockSize: 1, update: 'Hb' }, bounded), /^ARGUMENT: bcd: update 'Hb' is for smooth problems/],
    [
      run({ blockSize: 1, selection: 'IHT' }, bounded),
      /^ARGUMENT: bcd: selection 'IHT' is for smooth problems/,
    ],
    [run({ blockSize: 1, start: [-1, 0] }, bounded), /^ARGUMENT: bcd: start must be at least 0/],
    [run({ blockSize: 1, start: [1] }), /^SHAPE: bcd: start must be a vector of length 2/],
    [run({ blockSize: 1, tolerance: NaN }), /^ARGUMENT: bcd: tolerance must be/],
    [run({ blockSize: 1, norm: 3 }), /^ARGUMENT: bcd: norm must be 1 or 2, got 3/],
    [run({ blockSize: 1, maxIters: 3 }), /^ARGUMENT: bcd: there is no option maxIters/],
    [run({ blockSize: 1 }, tensor([1])), /^ARGUMENT: bcd: problem must be made by blockProblems/],
    [run({ blockSize: 1 }, undefined), /^ARGUMENT: bcd: problem must be made|^nothing/],
  ];
  it.each(cases)('%#', (call, message) => expect(thrown(call)).toMatch(message));
});
