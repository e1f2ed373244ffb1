import { atLeastOne, check, checkOptions, checkRequired, functionRule, show } from '@core/registry/checks';
import { ShapeError, Tensor, arange, grad, linalg, take, type Tree } from '@core/tensor';
import type { FiniteSum, FiniteSumConstants } from './finiteSum.js';

export interface LossSumOptions<P extends Tree> {
  /** n, the number of examples. */
  readonly size: number;
  readonly start: P;
  /** The mean loss of the examples with these indices, int32 [b], as a scalar; differentiable in the point. */
  readonly loss: (point: P, indices: Tensor) => Tensor;
  readonly resolvent?: (point: P, step: Tensor) => P;
  readonly constants?: FiniteSumConstants;
}

/**
 * The minimisation of a mean of losses as a finite sum: F_i is the gradient of loss i.
 *
 * @throws ArgumentError
 */
export function lossSum<P extends Tree>(options: LossSumOptions<P>): FiniteSum<P> {
  const owner = 'lossSum';
  const anything = { words: 'a value', holds: () => true };
  checkOptions(owner, options, {
    size: atLeastOne,
    start: anything,
    loss: functionRule,
    resolvent: functionRule,
    constants: anything,
  });
  checkRequired(owner, options, ['size', 'start', 'loss']);
  const { loss, ...rest } = options;
  const everything = (): Tensor => arange(0, options.size, 1, { dtype: 'int32' });
  return {
    ...rest,
    full: (point) => grad((p: P) => loss(p, everything()))(point),
    batch: (point, indices) => grad((p: P) => loss(p, indices))(point),
    value: (point) => loss(point, everything()),
  };
}

export interface AffineSumOptions {
  /** M, [n, d, d]. */
  readonly matrices: Tensor;
  /** q, [n, d]. */
  readonly offsets: Tensor;
  /** u₀, [d]. */
  readonly start: Tensor;
  readonly resolvent?: (point: Tensor, step: Tensor) => Tensor;
}

/**
 * F_i(u) = M_i u + q_i as a finite sum, with its constants:
 *
 *     cocoercive on average:  the largest eigenvalue of S^(-1/2) (mean M_iᵀ M_i) S^(-1/2),  S = sym(mean M_i)
 *     Lipschitz on average:   the root of the largest eigenvalue of mean M_iᵀ M_i
 *
 * and the same of the mean operator. Without the cocoercive ones where S is not positive definite, as in bilinear games. F
 * itself is computed from the mean matrix. The operator is monotone where S is positive semidefinite; this is not checked.
 *
 * @throws ArgumentError, ShapeError
 */
export function affineSum(options: AffineSumOptions): FiniteSum {
  const owner = 'affineSum';
  const isTensor = { words: 'a tensor', holds: (value: unknown) => value instanceof Tensor };
  checkOptions(owner, options, {
    matrices: isTensor,
    offsets: isTensor,
    start: isTensor,
    resolvent: functionRule,
  });
  checkRequired(owner, options, ['matrices', 'offsets', 'start']);
  const { matrices, offsets, ...rest } = options;
  const [n, d] = [matrices.shape[0] ?? 0, matrices.shape[1] ?? 0];
  check(owner, 'the number of matrices', n, atLeastOne);
  const fits = (x: Tensor, ...shape: readonly number[]): boolean => x.shape.join() === shape.join();
  if (!fits(matrices, n, d, d) || !fits(offsets, n, d) || !fits(rest.start, d))
    throw new ShapeError(
      `${owner}: wanted matrices [n, d, d], offsets [n, d] and start [d], got ${show(matrices)}, ${show(offsets)}, ${show(rest.start)}`,
    );
  const [matrix, offset] = [matrices.mean(0), offsets.mean(0)];
  const apply = (m: Tensor, u: Tensor): Tensor => m.matmul(u.expandDims(1)).squeeze(-1);
  return {
    ...rest,
    size: n,
    full: (u) => apply(matrix, u).add(offset),
    batch: (u, indices) =>
      apply(take(matrices, indices, 0), u)
        .add(take(offsets, indices, 0))
        .mean(0),
    constants: affineConstants(matrices, matrix),
  };
}

function affineConstants(matrices: Tensor, matrix: Tensor): FiniteSumConstants {
  const largest = (a: Tensor): number => Math.max(...linalg.eigvalsh(a).dataSync().map(Number));
  const onAverage = matrices.transpose([0, 2, 1]).matmul(matrices).mean(0);
  const ofMean = matrix.transpose().matmul(matrix);
  const [values, vectors] = linalg.eigh(matrix.add(matrix.transpose()).mul(0.5));
  const eigenvalues = Array.from(values.dataSync(), Number);
  const lipschitz = { lipschitz: Math.sqrt(largest(onAverage)), meanLipschitz: Math.sqrt(largest(ofMean)) };
  if (Math.min(...eigenvalues) <= 1e-12 * Math.max(...eigenvalues.map(Math.abs))) return lipschitz;
  const root = vectors.mul(values.rsqrt()); // S^(-1/2) up to a rotation, which leaves eigenvalues as they are
  const between = (a: Tensor): number => largest(root.transpose().matmul(a).matmul(root));
  return { ...lipschitz, cocoercivity: between(onAverage), meanCocoercivity: between(ofMean) };
}
