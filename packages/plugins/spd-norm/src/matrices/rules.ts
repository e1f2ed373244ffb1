import { log, where, type Tensor } from '@core/tensor';
import type { ScalarFunction } from './dividedDifferences.js';

/*
 * Scalar functions with divided differences that lose nothing near equal arguments: with low > 0, log(high / low) is
 * log1p(gap / low), and gap is exact where it is small.
 */

const logRatio = (low: Tensor, gap: Tensor): Tensor => gap.div(low).log1p();

export const logarithm: ScalarFunction = {
  name: 'log',
  value: log,
  quotient: (high, low, gap, safe) => where(gap.equal(0), high.reciprocal(), logRatio(low, gap).div(safe)),
};

export const exponential: ScalarFunction = {
  name: 'exp',
  value: (x) => x.exp(),
  quotient: (high, _low, gap, safe) =>
    high.exp().mul(where(gap.equal(0), 1, gap.neg().expm1().neg().div(safe))),
};

/** Eigenvalues that rounding made negative count as 0. */
export const root: ScalarFunction = {
  name: 'sqrt',
  value: (x) => x.maximum(0).sqrt(),
  quotient: (high, low) => high.maximum(0).sqrt().add(low.maximum(0).sqrt()).reciprocal(),
};

export const inverseRoot: ScalarFunction = {
  name: 'invSqrt',
  value: (x) => x.rsqrt(),
  quotient: (high, low) => {
    const [a, b] = [high.sqrt(), low.sqrt()];
    return a.mul(b).mul(a.add(b)).reciprocal().neg();
  },
};

/** x^exponent = highᵉ (1 - exp(-e log(high / low))) / gap. */
export function power(exponent: number): ScalarFunction {
  return {
    name: `pow(${exponent})`,
    value: (x) => x.pow(exponent),
    quotient: (high, low, gap, safe) =>
      where(
        gap.equal(0),
        high.pow(exponent - 1).mul(exponent),
        high.pow(exponent).mul(logRatio(low, gap).mul(-exponent).expm1().neg().div(safe)),
      ),
  };
}

/** max(x, epsilon), with derivative 0 at epsilon. */
export function rectification(epsilon: number): ScalarFunction {
  return {
    name: `reEig(${epsilon})`,
    value: (x) => where(x.greater(epsilon), x, epsilon),
    quotient: (high, low, gap, safe) =>
      where(
        gap.equal(0),
        high.greater(epsilon).cast(high.dtype),
        high.maximum(epsilon).sub(low.maximum(epsilon)).div(safe),
      ),
  };
}
