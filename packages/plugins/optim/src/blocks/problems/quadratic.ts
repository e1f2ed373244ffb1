import { atLeastOne, check, checkOptions, show, type Rule } from '@core/registry/checks';
import { ArgumentError, ShapeError } from '@core/tensor';
import {
  addColumn,
  checkSymmetric,
  columnsOf,
  denseOf,
  principalPart,
  timesVector,
  vectorOf,
  type MatrixLike,
  type SparseColumns,
  type VectorLike,
} from '../columns.js';
import { latticeRedBlack, latticeTrees } from '../forests.js';
import { clamped, type BlockProblem, type Quadratic } from '../problem.js';

/**
 * f(x) = ½ xᵀ A x - bᵀ x. Lᵢ = Aᵢᵢ, and the bound is A_bb. The gradient A x - b is kept, so that greedy rules have it for
 * nothing, and a block's step costs the edges at the block.
 *
 * @param A [p, p], symmetric positive semi-definite (of which the diagonal is checked), a tensor (zeros are left out) or sparse
 * @param b [p]
 * @throws ShapeError, ArgumentError
 */
export function quadratic(A: MatrixLike, b: VectorLike): BlockProblem {
  const matrix = columnsOf('quadratic', 'A', A);
  checkSymmetric('quadratic', 'A', matrix);
  const rhs = vectorOf('quadratic', 'b', b, matrix.rows);
  return quadraticOf('quadratic', { matrix, rhs });
}

export interface LabelPropagationOptions {
  /** The graph is a lattice whose nodes are numbered down its columns; TreePartitions and RedBlackTree then know its blocks. */
  readonly lattice?: { readonly rows: number; readonly columns: number };
}

/** A quadratic over the nodes without a label. */
export interface LabelPropagation extends BlockProblem {
  /** Node of each coordinate, ascending. */
  readonly unlabeled: Int32Array;
}

/**
 * Labels of a graph's other nodes: min over them of ½ Σ over edges of wᵢⱼ (yᵢ - yⱼ)², that is f(x) = ½ xᵀ A x - bᵀ x with
 * A = (diag(W 1) - W)_uu and bᵢ = Σ over labelled l of wᵢₗ yₗ.
 *
 * @param W [n, n], symmetric weights of at least 0; the diagonal is ignored
 * @param y [n], 0 for nodes without a label, as in the official code
 * @throws ShapeError, ArgumentError
 */
export function labelPropagation(
  W: MatrixLike,
  y: VectorLike,
  options: LabelPropagationOptions = {},
): LabelPropagation {
  const owner = 'labelPropagation';
  checkOptions(owner, options, { lattice: latticeRule });
  const weights = columnsOf(owner, 'W', W);
  checkSymmetric(owner, 'W', weights);
  if (!weights.values.every((weight) => weight >= 0))
    throw new ArgumentError(`${owner}: W must hold weights of at least 0`);
  const labels = vectorOf(owner, 'y', y, weights.rows);
  const places = labels.reduce(
    (map, label, node) => (label === 0 ? map.set(node, map.size) : map),
    new Map<number, number>(),
  );
  const unlabeled = Int32Array.from(places.keys());
  if (unlabeled.length === 0 || unlabeled.length === labels.length)
    throw new ArgumentError(
      `${owner}: y must have both labels and zeros, got ${labels.length - unlabeled.length} labels for ${labels.length} nodes`,
    );

  const rhs = new Float64Array(unlabeled.length);
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  unlabeled.forEach((node, place) => {
    const column = new Map<number, number>([[place, 0]]);
    let degree = 0;
    for (let at = weights.starts[node]!; at < weights.starts[node + 1]!; at++) {
      const [other, weight] = [weights.indices[at]!, weights.values[at]!];
      if (other === node) continue;
      degree += weight;
      const row = places.get(other);
      if (row === undefined) rhs[place]! += weight * labels[other]!;
      else column.set(row, -weight);
    }
    column.set(place, degree);
    for (const [row, value] of [...column].sort(([i], [j]) => i - j)) {
      indices.push(row);
      values.push(value);
    }
    starts.push(indices.length);
  });
  const matrix: SparseColumns = {
    rows: unlabeled.length,
    columns: unlabeled.length,
    starts: Int32Array.from(starts),
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
  return {
    ...quadraticOf(owner, { matrix, rhs, ...latticeBlocks(options, labels.length, places) }),
    unlabeled,
  };
}

const latticeRule: Rule = {
  words: '{ rows, columns }',
  holds: (value) => typeof value === 'object' && value !== null && 'rows' in value && 'columns' in value,
};

function latticeBlocks(
  { lattice }: LabelPropagationOptions,
  nodes: number,
  places: ReadonlyMap<number, number>,
): Pick<Quadratic, 'redBlack' | 'trees'> {
  if (lattice === undefined) return {};
  const { rows, columns } = lattice;
  check('labelPropagation', 'lattice.rows', rows, atLeastOne);
  check('labelPropagation', 'lattice.columns', columns, atLeastOne);
  if (rows * columns !== nodes)
    throw new ShapeError(
      `labelPropagation: a lattice of ${show(rows)} rows and ${show(columns)} columns has ${rows * columns} nodes, W has ${nodes}`,
    );
  const without = (blocks: readonly Int32Array[]): Int32Array[] =>
    blocks
      .map((block) => Int32Array.from([...block].flatMap((node) => places.get(node) ?? [])))
      .filter((block) => block.length > 0);
  return {
    redBlack: without(latticeRedBlack(rows, columns)),
    trees: without(latticeTrees(rows, columns)),
  };
}

function quadraticOf(name: string, data: Quadratic): BlockProblem {
  const { matrix, rhs } = data;
  const size = matrix.columns;
  const diagonal = new Float64Array(size);
  const rowSums = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    for (let at = matrix.starts[j]!; at < matrix.starts[j + 1]!; at++) {
      if (matrix.indices[at] === j) diagonal[j] = matrix.values[at]!;
      rowSums[j]! += Math.abs(matrix.values[at]!);
    }
  }
  if (!diagonal.every((value) => value >= 0))
    throw new ArgumentError(`${name}: A must be positive semi-definite; its diagonal has a negative entry`);
  const places = new Int32Array(size).fill(-1);
  const part = (block: Int32Array): Float64Array => denseOf(principalPart(matrix, block, places));
  return {
    name,
    size,
    lipschitz: clamped(diagonal),
    products: (x) => timesVector(matrix, x).map((value, i) => value - rhs[i]!),
    value: ({ x, products }) => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += x[i]! * (products[i]! - rhs[i]!);
      return sum / 2;
    },
    gradient: ({ products }, block) =>
      block === undefined ? products.slice() : Float64Array.from(block, (i) => products[i]!),
    hessian: (_, block) => part(block),
    bound: part,
    boundTimes: (v) => timesVector(matrix, v),
    boundRowSums: () => clamped(rowSums),
    move: ({ x, products }, block, by) => {
      block.forEach((j, k) => {
        x[j]! += by[k]!;
        if (by[k] !== 0) addColumn(matrix, j, by[k]!, products);
      });
    },
    quadratic: data,
  };
}
