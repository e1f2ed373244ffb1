import { ArgumentError } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { topKAccuracy as share } from '@core/nn';
import type { Metric } from '@core/registry';

/** Right answers among all so far. `type`, so that it is plain JSON data for the compiler too. */
export type Tally = { readonly correct: number; readonly count: number };

function tally(name: string, correct: (outputs: Tensor, targets: Tensor) => number): Metric<Tally> {
  return {
    name,
    goal: 'max',
    init: () => ({ correct: 0, count: 0 }),
    update: (state, outputs, targets) => ({
      correct: state.correct + correct(outputs, targets),
      count: state.count + targets.size,
    }),
    result: ({ correct: right, count }) => right / count,
  };
}

/** Share of examples whose label is among the k largest outputs; outputs [n, classes], targets int32 [n]. */
export function topKAccuracy({ k = 5 }: { readonly k?: number } = {}): Metric<Tally> {
  if (!Number.isInteger(k) || k < 1)
    throw new ArgumentError(`topKAccuracy: k must be a whole number of at least 1, got ${k}`);
  return tally(k === 1 ? 'accuracy' : `top-${k} accuracy`, (outputs, targets) =>
    // Counted, not averaged: counts add up over batches of any size.
    Math.round(share(outputs, targets, Math.min(k, outputs.shape.at(-1) ?? 1)).item() * targets.size),
  );
}

/** Share of examples whose largest output is at their label. */
export function accuracy(): Metric<Tally> {
  return topKAccuracy({ k: 1 });
}
