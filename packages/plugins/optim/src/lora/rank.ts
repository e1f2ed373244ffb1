import { check, nonNegative, show } from '@core/registry/checks';
import { ShapeError, Tensor, linalg, softmax } from '@core/tensor';
import { adaptedWeights, betaOf, checkLoraAttention, type LoraAttention } from './problem.js';

/**
 * The matrices [queries, keys] of `loraAttentionLoss` themselves, to look at: f, q, and p. They are what it never forms
 * as a whole.
 *
 * @throws as `loraAttentionLoss`
 */
export function loraAttentionMatrices(problem: LoraAttention): {
  readonly f: Tensor;
  readonly q: Tensor;
  readonly p: Tensor;
} {
  checkLoraAttention('loraAttentionMatrices', problem);
  const { inputs, target } = problem;
  const weights = adaptedWeights(problem);
  const queries = inputs.query.matmul(weights.query).mul(betaOf(problem));
  const values = inputs.value.matmul(weights.value);
  const f = softmax(queries.matmul(inputs.key.matmul(weights.key), { transposeB: true }));
  const output = f.matmul(values);
  const c = output.sub(target);
  const q = c.matmul(values, { transposeB: true });
  return { f, q, p: f.mul(q.sub(c.mul(output).sum(1, { keepDims: true }))) };
}

/**
 * How many singular values are above `tolerance` times the largest (int32 scalar), and all of them, descending.
 *
 * @param tolerance Default 1e-6
 * @throws ShapeError unless m is a matrix with elements; ArgumentError for a tolerance below 0
 */
export function rankReport(
  m: Tensor,
  tolerance = 1e-6,
): { readonly rank: Tensor; readonly singularValues: Tensor } {
  check('rankReport', 'tolerance', tolerance, nonNegative);
  if (!(m instanceof Tensor) || m.ndim !== 2 || m.size === 0)
    throw new ShapeError(`rankReport: m must be a matrix with elements, got ${show(m)}`);
  const singularValues = linalg.singularValues(m);
  const above = singularValues.greater(singularValues.max().mul(tolerance));
  return { rank: above.cast('int32').sum(), singularValues };
}
