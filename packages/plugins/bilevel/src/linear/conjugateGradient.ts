import { full, where, zeros, zerosLike, type Tensor } from '@core/tensor';
import { iterate } from './loop.js';

export interface ConjugateGradientOptions {
  /** The most products with the matrix. */
  readonly iterations: number;
  /** Ends at |r| <= tolerance |b|. */
  readonly tolerance: number;
  /** Where it starts. Default 0, which saves the product for the first residual. */
  readonly start?: Tensor | undefined;
}

export interface ConjugateGradientResult {
  readonly solution: Tensor;
  /** Iterations made, int32. */
  readonly iterations: Tensor;
  /** |b - A q| / |b| as the recursion has it; 0 for b = 0. */
  readonly residual: Tensor;
  /** False where some p·Ap <= 0 ended it: the matrix is not positive definite, and the solution is not to be trusted. */
  readonly positive: Tensor;
  /** The least p·Ap/|p|² met; Infinity where nothing had to be done. */
  readonly curvature: Tensor;
}

/**
 * Solves A q = b for a positive definite A on vectors [n], by products alone:
 *
 *     a = r·r / p·Ap,  q += a p,  r' = r - a Ap,  p ← r' + (r'·r' / r·r) p
 *
 * Source: Hestenes & Stiefel 1952.
 */
export function conjugateGradient(
  apply: (p: Tensor) => Tensor,
  b: Tensor,
  { iterations, tolerance, start }: ConjugateGradientOptions,
): ConjugateGradientResult {
  const r = start === undefined ? b : b.sub(apply(start));
  const rr = r.square().sum();
  const bb = b.square().sum();
  const enough = bb.mul(tolerance * tolerance);
  const end = iterate(
    (c) => {
      const ap = apply(c.p);
      const curvature = c.p.mul(ap).sum();
      const bent = curvature.greater(0);
      // A step of length zero where it ends, so that nothing becomes NaN.
      const a = where(bent, c.rr.div(where(bent, curvature, 1)), 0);
      const rest = c.r.sub(ap.mul(a));
      const square = rest.square().sum();
      const b1 = square.div(c.rr);
      return {
        q: c.q.add(c.p.mul(a)),
        r: rest,
        p: rest.add(c.p.mul(b1)),
        rr: square,
        count: c.count.add(1),
        positive: bent,
        least: c.least.minimum(curvature.div(c.p.square().sum())),
        active: bent.logicalAnd(square.greater(enough)).logicalAnd(square.greater(0)),
      };
    },
    {
      q: start ?? zerosLike(b),
      r,
      p: r,
      rr,
      count: zeros([], { dtype: 'int32' }),
      positive: full([], true, { dtype: 'bool' }),
      least: full([], Infinity, { dtype: b.dtype }),
      active: rr.greater(enough).logicalAnd(rr.greater(0)),
    },
    iterations,
  );
  const nothing = bb.equal(0);
  return {
    solution: end.q,
    iterations: end.count,
    residual: where(nothing, 0, end.rr.div(where(nothing, 1, bb)).sqrt()),
    positive: end.positive,
    curvature: end.least,
  };
}
