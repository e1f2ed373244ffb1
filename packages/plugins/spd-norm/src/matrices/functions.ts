import { check, finite, positive } from '@core/registry/checks';
import type { Tensor } from '@core/tensor';
import { requirePositive, requireSymmetric } from '../checks.js';
import { eigenOf, spectralFunction, type SpectralFunction } from './spectral.js';
import { exponential, inverseRoot, logarithm, power, rectification, root } from './rules.js';
import { alignLeading, symmetrize } from './support.js';

/*
 * Functions of symmetric matrices [..., n, n], batched over leading axes. Every derivative, in either mode and of any order,
 * is exact also where eigenvalues meet; see spectral.ts.
 */

export const logFunction = spectralFunction(logarithm);
export const expFunction = spectralFunction(exponential);
const rootFunction = spectralFunction(root);
const inverseRootFunction = spectralFunction(inverseRoot);

/** Functions with a number in them, by that number: transforms keep what they have recorded for each function. */
function byNumber(make: (value: number) => SpectralFunction): (value: number) => SpectralFunction {
  const made = new Map<number, SpectralFunction>();
  return (value) => {
    const known = made.get(value) ?? make(value);
    made.set(value, known);
    return known;
  };
}

/** x^exponent as a function of matrices. */
export const powerOf = byNumber((exponent) => spectralFunction(power(exponent)));
const rectifier = byNumber((epsilon) => spectralFunction(rectification(epsilon)));

type Domain = 'all' | 'semidefinite' | 'definite';

function apply(owner: string, x: Tensor, f: SpectralFunction, domain: Domain): Tensor {
  requireSymmetric(owner, 'x', x);
  const p = symmetrize(x);
  const eigen = eigenOf(p);
  if (domain !== 'all')
    requirePositive(owner, 'x', eigen.values, { semidefinite: domain === 'semidefinite' });
  return f.value(p, eigen);
}

/**
 * The matrix logarithm, symmetric, of symmetric positive definite matrices [..., n, n].
 * @throws LinalgError for a matrix that is not symmetric positive definite, with its index and smallest eigenvalue
 */
export const symLog = (x: Tensor): Tensor => apply('symLog', x, logFunction, 'definite');

/** The matrix exponential of symmetric matrices. @throws LinalgError for a matrix that is not symmetric */
export const symExp = (x: Tensor): Tensor => apply('symExp', x, expFunction, 'all');

/**
 * The square root of symmetric positive semidefinite matrices. Eigenvalues below 0 by no more than rounding count as 0; the
 * derivative of a singular matrix is infinite.
 * @throws LinalgError for a matrix that is not symmetric positive semidefinite
 */
export const symSqrt = (x: Tensor): Tensor => apply('symSqrt', x, rootFunction, 'semidefinite');

/** x^(-1/2) of symmetric positive definite matrices. @throws LinalgError as `symLog` */
export const symInvSqrt = (x: Tensor): Tensor => apply('symInvSqrt', x, inverseRootFunction, 'definite');

/**
 * x^exponent of symmetric positive definite matrices, for any real exponent.
 * @throws LinalgError as `symLog`; ArgumentError for an exponent that is no finite number
 */
export function symPow(x: Tensor, exponent: number): Tensor {
  check('symPow', 'exponent', exponent, finite);
  return apply('symPow', x, powerOf(exponent), 'definite');
}

/**
 * Eigenvalues below epsilon are raised to it: U max(λ, ε) Uᵀ. The derivative keeps directions among eigenvalues above, drops
 * those among eigenvalues below, and is 0 at ε itself. Default ε 1e-5 and rule: SPDNet (Huang and Van Gool 2017, eq. 4).
 * @throws LinalgError for a matrix that is not symmetric; ArgumentError for an epsilon that is not positive
 */
export function symReEig(x: Tensor, epsilon = 1e-5): Tensor {
  check('symReEig', 'epsilon', epsilon, positive);
  return apply('symReEig', x, rectifier(epsilon), 'all');
}

/** The logarithm and the exponential without looking at x; x is symmetric. */
export const rawLog = (x: Tensor): Tensor => logFunction.value(x, eigenOf(x));
export const rawExp = (x: Tensor): Tensor => expFunction.value(x, eigenOf(x));

/** x^exponent without looking at x; x is symmetric. */
export const rawPower = (x: Tensor, exponent: number): Tensor =>
  exponent === 1 ? x : powerOf(exponent).value(x, eigenOf(x));

/** x^(1/2), x^(-1/2) from one decomposition, without looking at x. */
export function rawRoots(x: Tensor): { readonly root: Tensor; readonly inverseRoot: Tensor } {
  const eigen = eigenOf(x);
  return { root: rootFunction.value(x, eigen), inverseRoot: inverseRootFunction.value(x, eigen) };
}

/** Df(x)[v] for leading axes that broadcast. */
function directional(f: SpectralFunction, x: Tensor, v: Tensor): Tensor {
  return f.derivative(alignLeading(x, v), eigenOf(x), alignLeading(v, x));
}

/** The derivative of the logarithm at x in direction v. */
export const logDerivative = (x: Tensor, v: Tensor): Tensor => directional(logFunction, x, v);
/** The derivative of the exponential at x in direction v. */
export const expDerivative = (x: Tensor, v: Tensor): Tensor => directional(expFunction, x, v);
/** The derivative of x^exponent at x in direction v. */
export const powerDerivative = (x: Tensor, exponent: number, v: Tensor): Tensor =>
  exponent === 1 ? v : directional(powerOf(exponent), x, v);
