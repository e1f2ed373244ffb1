import type { Tensor } from '@core/tensor';
import type { Order } from '../orders.js';
import type { Samples } from '../samples.js';

/**
 * How well weights fit samples, and how the weights into one node are fitted: the lower level of structure learning.
 *
 * `fit` should minimise the part of `score` that depends on that node's column. Where a score is no sum over columns, searches still
 * lower it, but only one exchange in a round is certain to.
 */
export interface StructureScore {
  /** Weights [k] of a node, [n], on the nodes before it, [n, k]; k is at least 1. */
  fit(this: void, parents: Tensor, target: Tensor): Tensor;
  /**
   * The score of W [d, d] on samples [n, d], a scalar, and its derivative by W; where a penalty has none, the slope that brings the
   * sum nearest to 0. Traced in the scores here.
   */
  score(this: void, samples: Tensor, weights: Tensor): { readonly loss: Tensor; readonly grad: Tensor };
  /** The same from what is computed of the samples once. Searches take it where it is there. */
  readonly prepare?: (owner: string, samples: Samples) => ColumnFits;
}

/** A score on given samples. Weights are [d, d], row-major; parents are rows. */
export interface ColumnFits {
  /** Fits the nodes at positions first … last of an order to all that stand before each, and writes their columns of `weights`. */
  columns(order: Order, first: number, last: number, weights: Float64Array): void;
  /** The score, a number. */
  loss(weights: Float64Array): number;
  /** The scores after two positions of an order are exchanged and the columns from one to the other fitted again. */
  trials(order: Order, weights: Float64Array, loss: number): (first: number, last: number) => number;
}

/** The order with two positions exchanged. */
export function exchanged(order: Order, first: number, last: number): number[] {
  return order.map((node, at) => order[at === first ? last : at === last ? first : at] ?? node);
}

/** Clears a node's column, whatever it held. */
export function clearColumn(weights: Float64Array, node: number, nodes: number): void {
  for (let a = 0; a < nodes; a++) weights[a * nodes + node] = 0;
}

/** What makes a sum over nodes of it: one node's fit and its part of the score. */
export interface NodeFit {
  /** Weights of a node on the parents; `start` has the ones to begin with. */
  fit(this: void, node: number, parents: Order, start: Float64Array): Float64Array;
  /** The node's part of the score. */
  loss(this: void, node: number, parents: Order, weights: Float64Array): number;
}

/** Columns, losses and trials of a score that is a sum over nodes. */
export function sumOverNodes(nodes: number, { fit, loss }: NodeFit): ColumnFits {
  const columnOf = (weights: Float64Array, node: number, parents: Order): Float64Array =>
    Float64Array.from(parents, (parent) => weights[parent * nodes + node]!);
  const all = Array.from({ length: nodes }, (_, node) => node);
  const part = (weights: Float64Array, node: number, among: Order): number => {
    const parents = among.filter((parent) => weights[parent * nodes + node] !== 0);
    return loss(node, parents, columnOf(weights, node, parents));
  };
  return {
    columns: (order, first, last, weights) => {
      for (let at = first; at <= last; at++) {
        const [node, parents] = [order[at]!, order.slice(0, at)];
        const fitted = fit(node, parents, columnOf(weights, node, parents));
        clearColumn(weights, node, nodes);
        parents.forEach((parent, i) => (weights[parent * nodes + node] = fitted[i]!));
      }
    },
    loss: (weights) => all.reduce((sum, node) => sum + part(weights, node, all), 0),
    trials: (order, weights, total) => {
      const parts = order.map((node, at) => part(weights, node, order.slice(0, at)));
      return (first, last) => {
        const moved = exchanged(order, first, last);
        let change = 0;
        for (let at = first; at <= last; at++) {
          const [node, parents] = [moved[at]!, moved.slice(0, at)];
          change += loss(node, parents, fit(node, parents, columnOf(weights, node, parents))) - parts[at]!;
        }
        return total + change;
      };
    },
  };
}
