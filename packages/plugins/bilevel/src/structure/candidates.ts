import { check } from '@core/registry/checks';
import { ShapeError, type Tensor } from '@core/tensor';
import { checkWeights } from './acyclicity.js';
import { checkOrder, swap, type Order } from './orders.js';

/** Nodes [i, j] of which j stands before i in the order, so that the edge from i to j is forbidden. */
export type Pair = readonly [i: number, j: number];

export interface CandidatePairs {
  readonly small: readonly Pair[];
  /** All of `small` are in it where `sizeLarge` is at least `sizeSmall`. */
  readonly large: readonly Pair[];
}

/** Values of grad h below it are rounding: walks weigh nothing there. */
const rounding = 1e-12;

/**
 * The forbidden pairs whose edges close the fewest cycles: those with the least ∂h/∂|W|. A set has all pairs up to its size-th value,
 * ties included, by value and then by (i, j).
 *
 * In Deng et al. 2023 pairs whose score has no slope are left out as well (ξ); in their code they are not, and here as there.
 * Values below 1e-12 count as 0, so that sets do not depend on rounding.
 *
 * @param gradH [d, d], as `acyclicity(weights).grad`
 * @param mask [d, d], as `orderToMask(order)`
 * @throws ArgumentError for sizes out of 1 … d (d - 1)/2, ShapeError for matrices that do not fit
 */
export function candidatePairs(
  gradH: Tensor,
  mask: Tensor,
  sizeSmall: number,
  sizeLarge: number,
): CandidatePairs {
  const owner = 'candidatePairs';
  checkWeights(owner, gradH, undefined, 'gradH');
  const nodes = gradH.shape[0] ?? 0;
  if (mask.shape.join() !== gradH.shape.join())
    throw new ShapeError(
      `${owner}: mask must be [${gradH.shape.join()}] as gradH, got [${mask.shape.join()}]`,
    );
  checkSizes(owner, { sizeSmall, sizeLarge }, nodes);
  const [values, forbidden] = [gradH.dataSync(), mask.dataSync()];
  const pairs: { readonly pair: Pair; readonly value: number }[] = [];
  for (let i = 0; i < nodes; i++)
    for (let j = 0; j < nodes; j++) {
      if (i === j || Number(forbidden[i * nodes + j]) === 0) continue;
      const value = Number(values[i * nodes + j]);
      pairs.push({ pair: [i, j], value: Math.abs(value) < rounding ? 0 : value });
    }
  pairs.sort((x, y) => x.value - y.value); // stable, so ties stay in the order of (i, j)
  const upTo = (size: number): Pair[] => {
    const limit = pairs[size - 1]?.value ?? Infinity;
    return pairs.filter(({ value }) => value <= limit).map(({ pair }) => pair);
  };
  return { small: upTo(sizeSmall), large: upTo(sizeLarge) };
}

/** @throws ArgumentError for a size out of 1 … d (d - 1)/2 */
export function checkSizes(
  owner: string,
  sizes: Readonly<Record<string, number | undefined>>,
  nodes: number,
): void {
  const most = (nodes * (nodes - 1)) / 2;
  for (const [name, size] of Object.entries(sizes))
    if (size !== undefined)
      check(owner, name, size, {
        words: `a whole number from 1 to ${most}, the pairs that an order of ${nodes} nodes forbids`,
        holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most,
      });
}

/** A pair, and the loss after its nodes are exchanged. */
export interface Trial {
  readonly pair: Pair;
  readonly loss: number;
}

/**
 * The exchanges of a round: of the trials that lower the loss, from the best on, those whose positions, with all between, no accepted
 * one has. Their columns are different ones, so that for a score that is a sum over nodes their gains add up exactly.
 *
 * @param order the order that the trials exchanged nodes of
 * @param loss its loss
 * @returns the new order, and the pairs that were exchanged
 */
export function greedyDisjointSwaps(
  order: Order,
  trials: readonly Trial[],
  loss: number,
): { readonly order: readonly number[]; readonly pairs: readonly Pair[] } {
  const owner = 'greedyDisjointSwaps';
  const nodes = checkOrder(owner, order);
  const better = trials.filter((trial) => trial.loss < loss).sort((x, y) => x.loss - y.loss);
  const taken = new Set<number>();
  let moved = nodes;
  const pairs: Pair[] = [];
  for (const { pair } of better) {
    const [first = 0, last = 0] = pair.map((node) => nodes.indexOf(node)).sort((x, y) => x - y);
    const positions = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    if (positions.some((position) => taken.has(position))) continue;
    for (const position of positions) taken.add(position);
    moved = swap(moved, ...pair);
    pairs.push(pair);
  }
  return { order: moved, pairs };
}
