import { atLeastOne, checkOptions, positive } from '@core/registry/checks';
import { ArgumentError, LinalgError, tensor, type Tensor } from '@core/tensor';
import {
  checkSymmetric,
  columnsOf,
  vectorOf,
  type MatrixLike,
  type SparseColumns,
  type VectorLike,
} from './columns.js';

/**
 * Solves A x = r for a symmetric positive definite A whose graph is a forest, in O(n): leaves are eliminated upwards
 * (d_parent -= a² / d_leaf, r_parent -= a r_leaf / d_leaf), and the way back gives x.
 *
 * @param A [n, n], a tensor (zeros are left out) or sparse
 * @param rhs [n]
 * @returns x, float64 [n]
 * @throws ArgumentError when the graph has a cycle, LinalgError for a matrix that is not positive definite, ShapeError
 */
export function forestSolve(A: MatrixLike, rhs: VectorLike): Tensor {
  const { matrix, right } = system('forestSolve', A, rhs);
  const x = solveForest(matrix, right);
  if (x === undefined)
    throw new ArgumentError('forestSolve: the graph of A has a cycle; a forest has none (see isForest)');
  return tensor(x);
}

/** The solution, or undefined where there is a cycle. */
export function solveForest(matrix: SparseColumns, rhs: Float64Array): Float64Array | undefined {
  const size = matrix.columns;
  const parents = new Int32Array(size).fill(-2); // -1: a root
  const links = new Float64Array(size); // the entry towards the parent
  const order: number[] = [];
  const d = new Float64Array(size);
  for (let root = 0; root < size; root++) {
    if (parents[root] !== -2) continue;
    parents[root] = -1;
    order.push(root);
    for (let next = order.length - 1; next < order.length; next++) {
      const node = order[next]!;
      for (let at = matrix.starts[node]!; at < matrix.starts[node + 1]!; at++) {
        const [other, value] = [matrix.indices[at]!, matrix.values[at]!];
        if (other === node) d[node] = value;
        else if (value !== 0 && other !== parents[node]) {
          if (parents[other] !== -2) return undefined;
          parents[other] = node;
          links[other] = value;
          order.push(other);
        }
      }
    }
  }
  const r = rhs.slice();
  for (let k = size - 1; k >= 0; k--) {
    const node = order[k]!;
    if (!(d[node]! > 0))
      throw new LinalgError(
        `forestSolve: the matrix is not positive definite: the pivot of node ${node} is ${d[node]}`,
      );
    const parent = parents[node]!;
    if (parent < 0) continue;
    const share = links[node]! / d[node]!;
    d[parent]! -= share * links[node]!;
    r[parent]! -= share * r[node]!;
  }
  for (const node of order) {
    const parent = parents[node]!;
    r[node] = (r[node]! - (parent < 0 ? 0 : links[node]! * r[parent]!)) / d[node]!;
  }
  return r;
}

export interface GabpOptions {
  /** Default 100, as in the official code; a forest needs at most its longest path. */
  readonly maxRounds?: number;
  /** Ends when the squared change of all messages' means in a round is below it. Default 1e-8. */
  readonly tolerance?: number;
}

/**
 * Solves A x = r by Gaussian belief propagation: node i tells its neighbour j the precision P_ij = -a_ij² / P_i\j and the mean
 * that it believes in without j. The same solution as `forestSolve` on forests, and right on any graph if it converges.
 *
 * @param A [n, n], symmetric with a positive diagonal, a tensor (zeros are left out) or sparse
 * @param rhs [n]
 * @returns x, float64 [n]
 * @throws LinalgError when messages do not settle in maxRounds, ArgumentError, ShapeError
 */
export function gabp(A: MatrixLike, rhs: VectorLike, options: GabpOptions = {}): Tensor {
  checkOptions('gabp', options, { maxRounds: atLeastOne, tolerance: positive });
  const { matrix, right } = system('gabp', A, rhs);
  return tensor(passMessages(matrix, right, options));
}

/** `gabp` on parts that are known to fit. */
export function passMessages(
  { columns: size, starts, indices, values }: SparseColumns,
  rhs: Float64Array,
  { maxRounds = 100, tolerance = 1e-8 }: GabpOptions,
): Float64Array {
  // The entry in column i and row j holds the message from i to j; its mirror image the one that comes back.
  const mirrors = new Int32Array(values.length);
  const next = starts.slice(0, size);
  for (let at = 0; at < values.length; at++) mirrors[at] = next[indices[at]!]!++;
  const precisions = new Float64Array(values.length);
  const weighted = new Float64Array(values.length); // precision times mean
  const marginal = (i: number): { precision: number; sum: number } => {
    let [precision, sum] = [0, rhs[i]!];
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      precision += indices[at] === i ? values[at]! : precisions[mirrors[at]!]!;
      if (indices[at] !== i) sum += weighted[mirrors[at]!]!;
    }
    return { precision, sum };
  };
  for (let round = 0; ; round++) {
    let change = 0;
    for (let i = 0; i < size; i++) {
      const all = marginal(i);
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const a = values[at]!;
        if (indices[at] === i || a === 0) continue;
        const precision = all.precision - precisions[mirrors[at]!]!;
        const old = precisions[at] === 0 ? 0 : weighted[at]! / precisions[at]!;
        weighted[at] = (-a * (all.sum - weighted[mirrors[at]!]!)) / precision;
        precisions[at] = (-a * a) / precision;
        change += (weighted[at]! / precisions[at]! - old) ** 2;
      }
    }
    if (change < tolerance) break;
    if (round + 1 >= maxRounds || !Number.isFinite(change))
      throw new LinalgError(
        `gabp: messages did not settle in ${maxRounds} rounds (last change ${change}); the graph has cycles, or needs more`,
      );
  }
  return Float64Array.from({ length: size }, (_, i) => {
    const { precision, sum } = marginal(i);
    return sum / precision;
  });
}

function system(
  owner: string,
  A: MatrixLike,
  rhs: VectorLike,
): { matrix: SparseColumns; right: Float64Array } {
  const matrix = columnsOf(owner, 'A', A);
  checkSymmetric(owner, 'A', matrix);
  return { matrix, right: vectorOf(owner, 'rhs', rhs, matrix.rows) };
}
