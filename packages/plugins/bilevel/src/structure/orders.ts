import { check, checkOptions, oneOf, show } from '@core/registry/checks';
import { ArgumentError, Tensor, argsort, tensor } from '@core/tensor';
import { checkWeights } from './acyclicity.js';

/** Nodes from the first to the last: each may have parents among those before it only. */
export type Order = readonly number[];

/**
 * The edges that an order forbids, bool [d, d]: false at (a, b) where a stands before b, true elsewhere and on the diagonal.
 *
 * @param order int32 [d], traced or not, or numbers
 * @throws ArgumentError for numbers that are no permutation of 0 … d - 1
 */
export function orderToMask(order: Order | Tensor): Tensor {
  const given =
    order instanceof Tensor ? order : tensor(checkOrder('orderToMask', order), { dtype: 'int32' });
  const position = argsort(given);
  const size = given.shape[0] ?? 0;
  return position.reshape([size, 1]).greaterEqual(position.reshape([1, size]));
}

/**
 * The order with two nodes in each other's places.
 *
 * @throws ArgumentError for an order that is no permutation, or nodes that it does not have
 */
export function swap(order: Order, i: number, j: number): number[] {
  const owner = 'swap';
  const nodes = checkOrder(owner, order);
  for (const [name, node] of [
    ['i', i],
    ['j', j],
  ] as const)
    // prettier-ignore
    check(owner, name, node, {
      words: `a node from 0 to ${nodes.length - 1}`,
      holds: (value) => nodes.includes(value as number),
    });
  return nodes.map((node) => (node === i ? j : node === j ? i : node));
}

export interface OrderOptions {
  /**
   * What to do about weights with cycles: 'throw', or 'break' them by taking edges from the strongest to the weakest and leaving out
   * those that close a cycle with the ones before. Default 'throw'.
   */
  readonly onCycle?: 'throw' | 'break';
}

/**
 * An order that the edges of a weighted graph agree with: every parent before its children. Nodes with fewer ancestors come first,
 * then those with a smaller number.
 *
 * @param weights [d, d]; an edge from a to b wherever the entry (a, b) is not 0
 * @throws ArgumentError for a graph with a cycle, which it names, or weights that are not finite
 */
export function orderFromWeights(weights: Tensor, options: OrderOptions = {}): number[] {
  const owner = 'orderFromWeights';
  checkOptions(owner, options, { onCycle: oneOf('throw', 'break') });
  checkWeights(owner, weights);
  const size = weights.shape[0] ?? 0;
  const { reaches, left } = strongestDag(owner, Array.from(weights.dataSync(), Number), size);
  if (left.length > 0 && options.onCycle !== 'break')
    throw new ArgumentError(
      `${owner}: weights has the cycle ${cycleThrough(left[0] ?? 0, reaches, size)}; give a DAG, or { onCycle: 'break' }`,
    );
  const ancestors = Array.from({ length: size }, (_, b) =>
    Array.from({ length: size }, (_, a) => reaches[a * size + b] ?? 0).reduce((sum, one) => sum + one, 0),
  );
  return Array.from(ancestors.keys()).sort((a, b) => (ancestors[a] ?? 0) - (ancestors[b] ?? 0) || a - b);
}

/**
 * Takes edges from the strongest to the weakest, but for those that close a cycle.
 * `reaches` has 1 at (a, b) where a walk leads from a to b; `left` the edges that were left out, as a d + b.
 */
export function strongestDag(
  owner: string,
  weights: readonly number[],
  size: number,
): { readonly reaches: Uint8Array; readonly left: readonly number[] } {
  const bad = weights.findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0)
    throw new ArgumentError(
      `${owner}: weights must be finite, the entry (${Math.floor(bad / size)}, ${bad % size}) is ${weights[bad]}`,
    );
  const edges = Array.from(weights.keys()).filter((at) => weights[at] !== 0);
  edges.sort((x, y) => Math.abs(weights[y] ?? 0) - Math.abs(weights[x] ?? 0) || x - y);
  const reaches = new Uint8Array(size * size);
  const left: number[] = [];
  for (const edge of edges) {
    const [a, b] = [Math.floor(edge / size), edge % size];
    if (a === b || reaches[b * size + a] === 1) left.push(edge);
    else if (reaches[edge] === 0)
      for (let from = 0; from < size; from++) {
        if (from !== a && reaches[from * size + a] === 0) continue;
        reaches[from * size + b] = 1;
        for (let to = 0; to < size; to++) if (reaches[b * size + to] === 1) reaches[from * size + to] = 1;
      }
  }
  return { reaches, left };
}

/** The cycle that an edge closes, as `0 -> 2 -> 0`: nodes that its end reaches and that reach its start, nearest first. */
function cycleThrough(edge: number, reaches: Uint8Array, size: number): string {
  const [a, b] = [Math.floor(edge / size), edge % size];
  const path = [a];
  for (let at = b; at !== a && path.length <= size;) {
    path.push(at);
    const onwards = Array.from({ length: size }, (_, node) => node).filter(
      (node) => reaches[at * size + node] === 1 && (node === a || reaches[node * size + a] === 1),
    );
    // Of those that can come next, the one that most others follow: no node between is left out.
    const after = (node: number): number =>
      onwards.filter((other) => reaches[node * size + other] === 1).length;
    at = onwards.sort((x, y) => after(y) - after(x) || x - y)[0] ?? a;
  }
  return [...path, a].join(' -> ');
}

/** The order as an array. @throws ArgumentError unless it is a permutation of 0 … d - 1 */
export function checkOrder(owner: string, order: unknown, nodes?: number): number[] {
  const values: unknown[] | undefined = order instanceof Tensor ? Array.from(order.dataSync(), Number) : Array.isArray(order) ? [...(order as unknown[])] : undefined; // prettier-ignore
  const size = nodes ?? values?.length ?? 0;
  const numbers = Array.from({ length: size }, (_, node) => node);
  const missing = numbers.filter((node) => !(values ?? []).includes(node));
  if (values === undefined || values.length !== size || missing.length > 0 || size === 0)
    throw new ArgumentError(
      `${owner}: order must hold each node from 0 to ${Math.max(size - 1, 0)} once, got ${show(values ?? order)}` +
        (values === undefined || missing.length === 0 ? '' : `, without ${missing.join(', ')}`),
    );
  return values as number[]; // all of the numbers, and no more
}

/** int32 [d]. */
export const orderTensor = (order: Order): Tensor => tensor(Int32Array.from(order));
