import type { Tensor } from '@core/tensor';

/**
 * A differentiable objective over a batch, lower is better.
 *
 * Shapes: `outputs` is `[batch, ...]` (logits `[batch, classes]` for classification), `targets` is `[batch]` of int32
 * class numbers (`[batch, ...]` for logits `[batch, ..., classes]`) or has the outputs' shape; the result is a scalar of the outputs' dtype.
 */
export type Loss = (outputs: Tensor, targets: Tensor) => Tensor;
