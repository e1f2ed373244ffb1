import {
  ArgumentError,
  DTypeError,
  ShapeError,
  logSigmoid,
  logSoftmax,
  softplus,
  takeAlongAxis,
  where,
} from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { checkNumbers, inRange, nonNegative, notEmpty, sameShapes, show } from '../check.js';
import { reduceLoss } from './reduction.js';
import type { ReductionOption } from './reduction.js';

export interface CrossEntropyOptions extends ReductionOption {
  /** Mixes the target with the uniform distribution: (1-s)·target + s/classes. Default 0. Szegedy et al. 2016, section 7. */
  readonly labelSmoothing?: number;
}

/**
 * -Σ target·log softmax(logits) over the last axis.
 *
 * @param logits [..., classes]
 * @param targets int32 class numbers [...], or probabilities [..., classes]
 * @throws IndexError for a class number outside 0..classes-1 (where labels are known, that is outside jit); ShapeError,
 *   DTypeError for targets of another kind; ArgumentError for options out of range
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  { labelSmoothing = 0, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  inRange('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  const logProbabilities = logSoftmax(logits);
  const expected =
    targets.dtype === 'int32'
      ? atLabels('crossEntropy', logProbabilities, targets)
      : weighted(logProbabilities, targets);
  if (labelSmoothing === 0) return reduceLoss('crossEntropy', expected.neg(), reduction);
  const smoothed = expected.mul(1 - labelSmoothing).add(logProbabilities.mean(-1).mul(labelSmoothing));
  return reduceLoss('crossEntropy', smoothed.neg(), reduction);
}

function weighted(logProbabilities: Tensor, targets: Tensor): Tensor {
  if (show(targets.shape) !== show(logProbabilities.shape)) {
    const [probabilities, labels] = [logProbabilities.shape, logProbabilities.shape.slice(0, -1)].map(show);
    throw new ShapeError(
      `crossEntropy: targets must be probabilities ${probabilities} or int32 class numbers ${labels}, got ${targets.dtype}${show(targets.shape)}`,
    );
  }
  return logProbabilities.mul(targets).sum(-1);
}

/** The entry of each row that its label names. */
function atLabels(loss: string, rows: Tensor, labels: Tensor): Tensor {
  if (labels.dtype !== 'int32')
    throw new DTypeError(
      `${loss}: labels must be int32 class numbers, got ${labels.dtype}${show(labels.shape)}`,
    );
  const expected = rows.shape.slice(0, -1);
  if (show(labels.shape) !== show(expected)) {
    throw new ShapeError(
      `${loss}: labels must have the shape ${show(expected)} for logits ${show(rows.shape)}, got ${show(labels.shape)}`,
    );
  }
  checkNumbers(loss, 'label', labels, rows.shape.at(-1)!);
  return takeAlongAxis(rows, labels.expandDims(-1), -1).squeeze(-1);
}

export interface FocalOptions extends ReductionOption {
  /** How much easy examples are played down; 0 is cross-entropy. Default 2. */
  readonly gamma?: number;
}

/** -(1 - p)^gamma log p of the labelled class, p from softmax. Lin et al. 2017, eq. 4. Shapes as `crossEntropy`. */
export function focal(
  logits: Tensor,
  labels: Tensor,
  { gamma = 2, reduction = 'mean' }: FocalOptions = {},
): Tensor {
  nonNegative('focal', 'gamma', gamma);
  const logP = atLabels('focal', logSoftmax(logits), labels);
  return reduceLoss('focal', focused(logP, gamma), reduction);
}

/** -(1 - p)^gamma log p from log p. */
function focused(logP: Tensor, gamma: number): Tensor {
  const doubt = logP.expm1().neg();
  // At p = 1 the product is 0 with slope 0, but a power below 1 has an infinite slope there.
  const certain = doubt.equal(0);
  return where(certain, 0, where(certain, 1, doubt).pow(gamma).mul(logP).neg());
}

/** Focal loss of independent yes/no answers; alpha weighs the positive ones (null: no weights). Lin et al. 2017, eq. 5. */
export function focalBinary(
  logits: Tensor,
  targets: Tensor,
  { gamma = 2, alpha = 0.25, reduction = 'mean' }: FocalOptions & { readonly alpha?: number | null } = {},
): Tensor {
  nonNegative('focalBinary', 'gamma', gamma);
  if (alpha !== null) inRange('focalBinary', 'alpha', alpha, 0, 1);
  sameShapes('focalBinary', logits, targets);
  const t = targets.cast(logits.dtype);
  const positive = focused(logSigmoid(logits), gamma).mul(t);
  const negative = focused(logSigmoid(logits.neg()), gamma).mul(t.neg().add(1));
  const elements = alpha === null ? positive.add(negative) : positive.mul(alpha).add(negative.mul(1 - alpha));
  return reduceLoss('focalBinary', elements, reduction);
}

/** -t·log σ(x) - (1-t)·log(1 - σ(x)) from logits, without overflow. */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { reduction = 'mean' }: ReductionOption = {},
): Tensor {
  sameShapes('binaryCrossEntropy', logits, targets);
  return reduceLoss(
    'binaryCrossEntropy',
    softplus(logits).sub(logits.mul(targets.cast(logits.dtype))),
    reduction,
  );
}

export interface KlOptions {
  /** 'batchmean' (default) is the mathematical one: the sum over everything but the first axis, averaged over it. */
  readonly reduction?: 'batchmean' | 'mean' | 'sum' | 'none';
  /** The target is given as log-probabilities. Default false. */
  readonly logTarget?: boolean;
}

/** KL(target ‖ prediction) = Σ target·(log target - logPrediction); 0·log 0 counts as 0. Argument order as PyTorch. */
export function klDivergence(
  logPrediction: Tensor,
  target: Tensor,
  { reduction = 'batchmean', logTarget = false }: KlOptions = {},
): Tensor {
  sameShapes('klDivergence', logPrediction, target);
  const elements = logTarget
    ? target.exp().mul(target.sub(logPrediction))
    : xLogX(target).sub(target.mul(logPrediction));
  if (reduction !== 'batchmean') return reduceLoss('klDivergence', elements, reduction);
  if (elements.ndim === 0)
    throw new ArgumentError('klDivergence: batchmean needs a batch axis; use sum for a scalar');
  notEmpty('klDivergence', elements);
  return elements.sum().div(elements.shape[0]!);
}

function xLogX(x: Tensor): Tensor {
  const positive = x.greater(0);
  return x.mul(positive.where(x, 1).log());
}
