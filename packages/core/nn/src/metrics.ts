import { DTypeError, ShapeError, segmentSum, topK, onesLike } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { checkNumbers, notEmpty, positiveInteger, show } from './check.js';

function checkLabels(metric: string, logits: Tensor, labels: Tensor): void {
  if (logits.ndim !== 2 || labels.ndim !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new ShapeError(
      `${metric}: needs logits [n, classes] and labels [n], got ${show(logits.shape)} and ${show(labels.shape)}`,
    );
  }
  if (labels.dtype !== 'int32')
    throw new DTypeError(`${metric}: labels must be int32 class numbers, got ${labels.dtype}`);
  notEmpty(metric, logits);
  checkNumbers(metric, 'label', labels, logits.shape[1]!);
}

/**
 * Fraction of rows whose largest logit is at the label; a float32 scalar.
 *
 * Shapes: logits [n, classes], labels int32 [n].
 * @throws ShapeError, DTypeError, IndexError for labels that do not fit
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkLabels('accuracy', logits, labels);
  return logits.argmax(1).equal(labels).cast('float32').mean();
}

/** Fraction of rows whose label is among the k largest logits. Shapes and errors as `accuracy`. */
export function topKAccuracy(logits: Tensor, labels: Tensor, k: number): Tensor {
  checkLabels('topKAccuracy', logits, labels);
  positiveInteger('topKAccuracy', 'k', k);
  const { indices } = topK(logits, Math.min(k, logits.shape[1]!));
  return indices.equal(labels.expandDims(1)).any(1).cast('float32').mean();
}

/** Counts [classes, classes]: row = label, column = prediction; int32. Shapes and errors as `accuracy`. */
export function confusionMatrix(logits: Tensor, labels: Tensor): Tensor {
  checkLabels('confusionMatrix', logits, labels);
  const classes = logits.shape[1]!;
  const cells = labels.mul(classes).add(logits.argmax(1));
  return segmentSum(onesLike(cells), cells, classes * classes).reshape([classes, classes]);
}
