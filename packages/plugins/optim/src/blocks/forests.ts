import { atLeastOne, check } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { checkSymmetric, columnsOf, type MatrixLike, type SparseColumns } from './columns.js';

/*
 * Blocks of a graph on which a quadratic can be minimised exactly in linear time: forests, and sets without any edge. An edge is
 * a nonzero off the diagonal. (Nutini, Laradji & Schmidt, section 4.2.)
 */

/** Trees of a growing forest, as sets that know their root (union by halving the ways up). */
interface Forest {
  /** -1 outside the forest. */
  readonly parents: Int32Array;
  readonly nodes: number[];
}

const emptyForest = (size: number): Forest => ({ parents: new Int32Array(size).fill(-1), nodes: [] });

function rootOf({ parents }: Forest, node: number): number {
  while (parents[node] !== node) node = parents[node] = parents[parents[node]!]!;
  return node;
}

/** Adds a node unless two of its neighbours are in one tree already, which would close a cycle. */
function grow(forest: Forest, graph: SparseColumns, node: number): boolean {
  const roots: number[] = [];
  for (let at = graph.starts[node]!; at < graph.starts[node + 1]!; at++) {
    const other = graph.indices[at]!;
    if (other === node || graph.values[at] === 0 || forest.parents[other] === -1) continue;
    const root = rootOf(forest, other);
    if (roots.includes(root)) return false;
    roots.push(root);
  }
  forest.parents[node] = node;
  for (const root of roots) forest.parents[root] = node;
  forest.nodes.push(node);
  return true;
}

const ascending = (nodes: readonly number[]): Int32Array => Int32Array.from(nodes).sort();

/** `greedyForest` of a graph that is known to be one. */
export function forestAlong(order: ArrayLike<number>, graph: SparseColumns): Int32Array {
  const forest = emptyForest(graph.columns);
  for (let k = 0; k < order.length; k++) grow(forest, graph, order[k]!);
  return ascending(forest.nodes);
}

/**
 * Goes through the nodes in order and takes each that does not close a cycle with those taken before. O(edges), nearly.
 *
 * @param order nodes, the most wanted first; nodes that it leaves out stay out
 * @param adjacency [n, n], symmetric
 * @returns the block, ascending
 * @throws ShapeError, ArgumentError
 */
export function greedyForest(order: ArrayLike<number>, adjacency: MatrixLike): Int32Array {
  const graph = graphOf('greedyForest', 'adjacency', adjacency);
  return forestAlong(checkedOrder('greedyForest', order, graph.columns, false), graph);
}

/** Whether a graph has no cycle. */
export function isForest(adjacency: MatrixLike): boolean {
  return isAcyclic(graphOf('isForest', 'adjacency', adjacency));
}

/** `isForest` of a graph that is known to be one. */
export function isAcyclic(graph: SparseColumns): boolean {
  const forest = emptyForest(graph.columns);
  for (let node = 0; node < graph.columns; node++) if (!grow(forest, graph, node)) return false;
  return true;
}

/**
 * A partition of the nodes in blocks without edges (a colouring): each node in order gets the colour, of those that none of
 * its neighbours has, with the fewest nodes so far, or a new one.
 *
 * @param W [n, n], symmetric
 * @param order every node once; the official code goes by decreasing Lᵢ
 * @throws ShapeError, ArgumentError
 */
export function redBlack(W: MatrixLike, order: ArrayLike<number>): Int32Array[] {
  const graph = graphOf('redBlack', 'W', W);
  return coloursAlong(graph, checkedOrder('redBlack', order, graph.columns, true));
}

/** `redBlack` of a graph that is known to be one. */
export function coloursAlong(graph: SparseColumns, order: ArrayLike<number>): Int32Array[] {
  const colours = new Int32Array(graph.columns).fill(-1);
  const blocks: number[][] = [];
  for (let k = 0; k < order.length; k++) {
    const node = order[k]!;
    const taken = new Set<number>();
    for (let at = graph.starts[node]!; at < graph.starts[node + 1]!; at++)
      if (graph.indices[at] !== node && graph.values[at] !== 0) taken.add(colours[graph.indices[at]!]!);
    let best = blocks.length;
    blocks.forEach((block, colour) => {
      if (!taken.has(colour) && block.length < (blocks[best]?.length ?? Infinity)) best = colour;
    });
    (blocks[best] ??= []).push(node);
    colours[node] = best;
  }
  return blocks.map(ascending);
}

/**
 * A partition of the nodes in forests: each node in order goes to the first forest that stays one, or begins another.
 *
 * @param W [n, n], symmetric
 * @param order every node once; the official code goes by decreasing Lᵢ
 * @throws ShapeError, ArgumentError
 */
export function treePartition(W: MatrixLike, order: ArrayLike<number>): Int32Array[] {
  const graph = graphOf('treePartition', 'W', W);
  return forestsAlong(graph, checkedOrder('treePartition', order, graph.columns, true));
}

/** `treePartition` of a graph that is known to be one. */
export function forestsAlong(graph: SparseColumns, order: ArrayLike<number>): Int32Array[] {
  const forests: Forest[] = [];
  for (let k = 0; k < order.length; k++) {
    if (forests.some((forest) => grow(forest, graph, order[k]!))) continue;
    const forest = emptyForest(graph.columns);
    grow(forest, graph, order[k]!);
    forests.push(forest);
  }
  return forests.map(({ nodes }) => ascending(nodes));
}

/** The chessboard of a lattice whose nodes are numbered down its columns: red (with node 0), black. */
export function latticeRedBlack(rows: number, columns: number): [Int32Array, Int32Array] {
  return latticeSides('latticeRedBlack', rows, columns, (row, column) => (row + column) % 2 === 1);
}

/**
 * Two combs that a lattice falls into: the black one has the last row and the odd columns without their first row, the white
 * one the first row and the even columns without their last.
 *
 * @returns black, white
 */
export function latticeTrees(rows: number, columns: number): [Int32Array, Int32Array] {
  const white = (row: number, column: number): boolean => row === 0 || (row < rows - 1 && column % 2 === 0);
  return latticeSides('latticeTrees', rows, columns, white);
}

function latticeSides(
  owner: string,
  rows: number,
  columns: number,
  second: (row: number, column: number) => boolean,
): [Int32Array, Int32Array] {
  check(owner, 'rows', rows, atLeastOne);
  check(owner, 'columns', columns, atLeastOne);
  const sides: [number[], number[]] = [[], []];
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) sides[second(row, column) ? 1 : 0].push(column * rows + row);
  return [Int32Array.from(sides[0]), Int32Array.from(sides[1])];
}

function graphOf(owner: string, name: string, matrix: MatrixLike): SparseColumns {
  const graph = columnsOf(owner, name, matrix);
  checkSymmetric(owner, name, graph);
  return graph;
}

function checkedOrder(
  owner: string,
  order: ArrayLike<number>,
  size: number,
  all: boolean,
): ArrayLike<number> {
  const nodes = Array.from(order);
  const fits = nodes.every((node) => Number.isInteger(node) && node >= 0 && node < size);
  if (!fits || new Set(nodes).size !== nodes.length || (all && nodes.length !== size))
    throw new ArgumentError(
      `${owner}: order must hold ${all ? 'every node' : 'nodes'} from 0 to ${size - 1} ${all ? 'once' : 'at most once'}`,
    );
  return nodes;
}
