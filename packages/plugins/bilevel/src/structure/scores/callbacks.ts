import { checkOptions, checkRequired, functionRule, show, type Rule } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, tensor } from '@core/tensor';
import type { Order } from '../orders.js';
import { readSamples, type Samples } from '../samples.js';
import { clearColumn, exchanged, type ColumnFits, type StructureScore } from './score.js';

/** A score's own way where it has one, else its two functions, called for every column and every trial. */
export function fitsOf(owner: string, score: StructureScore, data: Tensor): ColumnFits {
  const samples = readSamples(owner, data);
  if (score.prepare !== undefined) return score.prepare(owner, samples);
  return callbackFits(owner, score, data, samples);
}

export const scoreRule: Rule = {
  words: 'a score such as leastSquares() makes, or { fit, score }',
  holds: (value) => typeof value === 'object' && value !== null,
};

/** @throws ArgumentError unless it is `{ fit, score }` */
export function checkScore(owner: string, score: StructureScore): void {
  const name = `${owner}: score`;
  checkOptions(name, score, { fit: functionRule, score: functionRule, prepare: functionRule });
  checkRequired(name, score, ['fit', 'score']);
}

function callbackFits(
  owner: string,
  { fit, score }: StructureScore,
  data: Tensor,
  { nodes }: Samples,
): ColumnFits {
  const matrix = (weights: Float64Array): Tensor =>
    tensor(weights.slice(), { shape: [nodes, nodes] }).cast(data.dtype);
  const take = (at: readonly number[]): Tensor => data.take(tensor(Int32Array.from(at)), 1);
  const columns = (order: Order, first: number, last: number, weights: Float64Array): void => {
    for (let at = first; at <= last; at++) {
      const [node, parents] = [order[at]!, order.slice(0, at)];
      clearColumn(weights, node, nodes);
      if (parents.length === 0) continue;
      const fitted: unknown = fit(take(parents), take([node]).reshape([-1]));
      if (!(fitted instanceof Tensor) || fitted.size !== parents.length || fitted.ndim !== 1)
        throw new ShapeError(
          `${owner}: score.fit must give weights [${parents.length}], one for each parent, gave ${show(fitted)}`,
        );
      const values = fitted.dataSync();
      const bad = Array.from(values, Number).findIndex((value) => !Number.isFinite(value));
      if (bad >= 0)
        throw new ArgumentError(`${owner}: score.fit gave ${String(values[bad])} for node ${node}`);
      parents.forEach((parent, i) => (weights[parent * nodes + node] = Number(values[i])));
    }
  };
  const loss = (weights: Float64Array): number => {
    const value: unknown = score(data, matrix(weights)).loss;
    if (value instanceof Tensor && value.ndim === 0) return Number(value.item());
    throw new ShapeError(`${owner}: score.score must give { loss, grad } with a scalar, gave ${show(value)}`);
  };
  return {
    columns,
    loss,
    trials: (order, weights) => (first, last) => {
      const trial = weights.slice();
      columns(exchanged(order, first, last), first, last, trial);
      return loss(trial);
    },
  };
}
