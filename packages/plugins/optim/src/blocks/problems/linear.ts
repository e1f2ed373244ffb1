import { checkOptions, nonNegative } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import {
  addColumn,
  columnsOf,
  gram,
  gramRowSums,
  squaredNorms,
  timesVector,
  transposeTimes,
  vectorOf,
  type MatrixLike,
  type SparseColumns,
  type VectorLike,
} from '../columns.js';
import { clamped, type BlockProblem } from '../problem.js';
import { ridge } from './ridge.js';

export interface LinearProblemOptions {
  /** Adds ½ l2 ‖x‖². At least 0. Default 0. */
  readonly l2?: number;
}

/**
 * Least squares, f(x) = ½ ‖A x - b‖². Lᵢ = ‖aᵢ‖², and the bound is the Hessian A_bᵀ A_b itself. The residual is kept.
 *
 * @param A [n, p], a tensor (zeros are left out) or sparse
 * @param b [n]
 * @throws ShapeError, ArgumentError
 */
export function leastSquares(A: MatrixLike, b: VectorLike, options: LinearProblemOptions = {}): BlockProblem {
  checkOptions('leastSquares', options, { l2: nonNegative });
  const a = columnsOf('leastSquares', 'A', A);
  const targets = vectorOf('leastSquares', 'b', b, a.rows);
  const problem = linear(a, {
    name: 'leastSquares',
    targets,
    loss: (residual) => 0.5 * residual * residual,
    slope: (residual) => residual,
    curvature: () => 1,
    bound: 1,
  });
  return ridge(problem, options.l2 ?? 0);
}

/**
 * Logistic regression, f(x) = Σᵢ log(1 + exp(-bᵢ aᵢᵀ x)), a sum over samples. Lᵢ and the bound are those of least squares over
 * 4, as the logistic function is at most 1/4 steep.
 *
 * The official code adds its L2 to every entry of the bound; here it is on the diagonal, where it belongs (the code is only
 * run with 0).
 *
 * @param A [n, p], a tensor (zeros are left out) or sparse
 * @param b [n], -1 or 1
 * @throws ShapeError, ArgumentError
 */
export function logistic(A: MatrixLike, b: VectorLike, options: LinearProblemOptions = {}): BlockProblem {
  checkOptions('logistic', options, { l2: nonNegative });
  const a = columnsOf('logistic', 'A', A);
  const labels = vectorOf('logistic', 'b', b, a.rows);
  if (!labels.every((label) => label === 1 || label === -1))
    throw new ArgumentError('logistic: b must hold -1 and 1 only');
  const problem = linear(a, {
    name: 'logistic',
    loss: (z, row) => softplus(-labels[row]! * z),
    slope: (z, row) => -labels[row]! * sigmoid(-labels[row]! * z),
    curvature: (z) => sigmoid(z) * sigmoid(-z),
    bound: 0.25,
  });
  return ridge(problem, options.l2 ?? 0);
}

const sigmoid = (z: number): number => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** A function of one product z = aᵢᵀ x (less its target) for each row. */
interface RowLoss {
  readonly name: string;
  /** Subtracted from A x. Default 0. */
  readonly targets?: Float64Array;
  loss(z: number, row: number): number;
  slope(z: number, row: number): number;
  curvature(z: number, row: number): number;
  /** The largest curvature. */
  readonly bound: number;
}

function linear(a: SparseColumns, rows: RowLoss): BlockProblem {
  const work = new Float64Array(a.rows);
  const scaled = (of: Float64Array): Float64Array => of.map((value) => rows.bound * value);
  return {
    name: rows.name,
    size: a.columns,
    lipschitz: clamped(scaled(squaredNorms(a))),
    products: (x) => timesVector(a, x).map((z, row) => z - (rows.targets?.[row] ?? 0)),
    value: ({ products }) => {
      let sum = 0;
      for (let row = 0; row < a.rows; row++) sum += rows.loss(products[row]!, row);
      return sum;
    },
    gradient: ({ products }, block) => {
      if (block === undefined)
        return transposeTimes(
          a,
          products.map((z, row) => rows.slope(z, row)),
        );
      const g = new Float64Array(block.length);
      block.forEach((column, k) => {
        let sum = 0;
        for (let at = a.starts[column]!; at < a.starts[column + 1]!; at++) {
          const row = a.indices[at]!;
          sum += a.values[at]! * rows.slope(products[row]!, row);
        }
        g[k] = sum;
      });
      return g;
    },
    hessian: ({ products }, block) => gram(a, block, work, (row) => rows.curvature(products[row]!, row)),
    bound: (block) => scaled(gram(a, block, work)),
    boundTimes: (v) => scaled(transposeTimes(a, timesVector(a, v))),
    boundRowSums: () => clamped(scaled(gramRowSums(a))),
    move: ({ x, products }, block, by) => {
      block.forEach((column, k) => {
        x[column]! += by[k]!;
        if (by[k] !== 0) addColumn(a, column, by[k]!, products);
      });
    },
  };
}
