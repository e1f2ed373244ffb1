import { ArgumentError, ShapeError } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { crossEntropy, mse, topKAccuracy as share } from '@core/nn';
import type { Metric } from '@core/registry';

/** Right answers among all so far. `type`, so that it is plain JSON data for the compiler too. */
export type Tally = { readonly correct: number; readonly count: number };

/** A sum over everything so far. */
export type Total = { readonly sum: number; readonly count: number };

/** Right answers of a batch whose outputs are [..., classes] and labels [...]: a whole number. */
function correct(name: string, k: number, outputs: Tensor, targets: Tensor): number {
  const classes = outputs.shape.at(-1) ?? 1;
  if (outputs.shape.slice(0, -1).join() !== targets.shape.join())
    throw new ShapeError(
      `${name}: needs outputs [..., classes] and labels [...], got [${outputs.shape.join(',')}] and [${targets.shape.join(',')}]`,
    );
  const rows = outputs.reshape([targets.size, classes]);
  // Counted, not averaged: counts add up over batches of any size.
  return Math.round(share(rows, targets.reshape([targets.size]), Math.min(k, classes)).item() * targets.size);
}

function tally(name: string, k: number): Metric<Tally> {
  return {
    name,
    goal: 'max',
    init: () => ({ correct: 0, count: 0 }),
    update: (state, outputs, targets) => ({
      correct: state.correct + correct(name, k, outputs, targets),
      count: state.count + targets.size,
    }),
    result: ({ correct: right, count }) => right / count,
  };
}

/** Share of labels that are among the k largest outputs; outputs [..., classes], targets int32 [...]. */
export function topKAccuracy({ k = 5 }: { readonly k?: number } = {}): Metric<Tally> {
  if (!Number.isInteger(k) || k < 1)
    throw new ArgumentError(`topKAccuracy: k must be a whole number of at least 1, got ${k}`);
  return tally(k === 1 ? 'accuracy' : `top-${k} accuracy`, k);
}

/** Share of labels at which the largest output is; outputs [..., classes], targets int32 [...]. */
export function accuracy(): Metric<Tally> {
  return tally('accuracy', 1);
}

/** 1 - accuracy: where nearly all is right, relative differences are seen better in what is wrong. */
export function errorRate(): Metric<Tally> {
  const right = tally('error rate', 1);
  // 19 wrong of 500 are 0.038 and not 1 - 0.962, which is more: targets are compared with it.
  return { ...right, goal: 'min', result: ({ correct: kept, count }) => (count - kept) / count };
}

/** Adds up a sum over batches, and shows a function of the mean. */
function meanOf(
  name: string,
  sum: (outputs: Tensor, targets: Tensor) => number,
  shown: (mean: number) => number,
): Metric<Total> {
  return {
    name,
    goal: 'min',
    init: () => ({ sum: 0, count: 0 }),
    update: (state, outputs, targets) => ({
      sum: state.sum + sum(outputs, targets),
      count: state.count + targets.size,
    }),
    result: (state) => shown(state.sum / state.count),
  };
}

/** Root of the mean squared error, in the targets' unit; outputs and targets of one shape. */
export function rmse(): Metric<Total> {
  return meanOf(
    'RMSE',
    (outputs, targets) => mse(outputs.cast('float64'), targets.cast('float64'), { reduction: 'sum' }).item(),
    Math.sqrt,
  );
}

/** Sum of -log softmax at the labels, in float64 so that it does not depend on the batches. */
const negativeLogLikelihood = (outputs: Tensor, targets: Tensor): number =>
  crossEntropy(outputs.cast('float64'), targets, { reduction: 'sum' }).item();

/**
 * e to the mean cross-entropy: among how many equally likely answers the model is as undecided. Outputs are logits
 * [..., classes], targets int32 [...].
 */
export function perplexity(): Metric<Total> {
  return meanOf('perplexity', negativeLogLikelihood, Math.exp);
}

/** Mean cross-entropy in bits: what a code made from the model needs for a character. Shapes as `perplexity`. */
export function bitsPerCharacter(): Metric<Total> {
  return meanOf('bits per character', negativeLogLikelihood, (mean) => mean / Math.LN2);
}
