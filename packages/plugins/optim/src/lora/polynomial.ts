import {
  check,
  checkOptions,
  checkRequired,
  nonNegative,
  oneOf,
  positive,
  show,
  wholeNumber,
} from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, concat, isFloat, tensor, type DType } from '@core/tensor';

/*
 * exp(⟨x, y⟩) as a product of features: Σ_k b_k ⟨x, y⟩^k = Σ_{|e| <= degree} b_k k! (x^e / √e!) (y^e / √e!), k = |e|.
 * With b_k = 1/k! it is the Taylor sum; with other b_k the polynomial that Chebyshev's expansion gives on [-R, R].
 */

/** Which polynomial stands for exp: Taylor's about 0, or Chebyshev's on the interval of the scores. */
export type PolynomialKind = 'taylor' | 'chebyshev';

export const polynomialKind = oneOf('taylor', 'chebyshev');

/** Chebyshev's coefficients in powers lose more digits than they gain above this degree. */
const highestChebyshev = 14;

/** @throws ArgumentError for a degree that is no whole number, or too high for the kind */
export function checkPolynomial(owner: string, degree: number, kind: PolynomialKind): void {
  check(owner, 'kind', kind, polynomialKind);
  check(owner, 'degree', degree, wholeNumber);
  if (kind === 'chebyshev' && degree > highestChebyshev)
    throw new ArgumentError(
      `${owner}: degree must be at most ${highestChebyshev} for chebyshev, got ${degree}`,
    );
}

/** How many monomials of d variables have at most that degree: (d + degree over degree). */
export function polyFeatureCount(d: number, degree: number): number {
  check('polyFeatureCount', 'd', d, wholeNumber);
  check('polyFeatureCount', 'degree', degree, wholeNumber);
  let count = 1;
  for (let i = 1; i <= degree; i++) count = (count * (d + i)) / i;
  return Math.round(count);
}

/**
 * All monomials up to a degree, scaled so that ⟨features(x), features(y)⟩ = Σ_{k <= degree} ⟨x, y⟩^k / k!.
 *
 *     features(x)_e = x^e / √e!,   e all multi-indices with |e| <= degree, by degree
 *
 * Shapes: x [n, d] -> [n, (d + degree over degree)]. Differentiable.
 * Source: Hu et al. 2024 (arXiv:2406.03136) after Alman & Song 2023 (arXiv:2302.13214), lemma 2.2.
 *
 * @throws ShapeError unless x is a matrix with elements; ArgumentError for a degree that is no whole number
 */
export function polyFeatures(x: Tensor, degree: number): Tensor {
  const owner = 'polyFeatures';
  check(owner, 'degree', degree, wholeNumber);
  if (!(x instanceof Tensor) || x.ndim !== 2 || x.size === 0 || !isFloat(x.dtype))
    throw new ShapeError(`${owner}: x must be a float matrix [n, d] with elements, got ${show(x)}`);
  return featureRows(x, degree).transpose();
}

/** `polyFeatures` with a row for each feature, which is how they are computed; `weights` is a factor for each degree. */
export function featureRows(x: Tensor, degree: number, weights?: Tensor): Tensor {
  const d = x.shape[1] ?? 0;
  const columns = x.transpose();
  const variables = Array.from({ length: d }, (_, i) => columns.slice([i], [i + 1]));
  let last = columns.slice([0], [1]).mul(0).add(1);
  // Monomials of one degree are in blocks by their first variable: those without variables before i are the end of the
  // list, from starts[i], and times x_i they are block i of the next degree.
  let starts: readonly number[] = variables.map(() => 0);
  const all = [last];
  for (let k = 1; k <= degree; k++) {
    const blocks = variables.map((variable, i) => last.slice([starts[i] ?? 0]).mul(variable));
    let next = 0;
    starts = blocks.map((block) => (next += block.shape[0] ?? 0) - (block.shape[0] ?? 0));
    last = concat(blocks, 0);
    all.push(last);
  }
  const norms = monomials(d, degree).map(
    (e) => 1 / Math.sqrt(e.reduce((product, count) => product * factorial(count), 1)),
  );
  const scale = tensor(norms, { dtype: x.dtype }).reshape([norms.length, 1]);
  const parts = weights === undefined ? all : all.map((part, k) => part.mul(weights.at(k)));
  return concat(parts, 0).mul(scale);
}

/** Exponents of the features, in their order. */
function monomials(d: number, degree: number): (readonly number[])[] {
  let last: (readonly number[])[] = [Array.from({ length: d }, () => 0)];
  const all = [...last];
  for (let k = 1; k <= degree; k++) {
    const below = last;
    last = Array.from({ length: d }, (_, i) =>
      below
        .filter((e) => e.slice(0, i).every((count) => count === 0))
        .map((e) => e.map((count, j) => (j === i ? count + 1 : count))),
    ).flat();
    all.push(...last);
  }
  return all;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

/**
 * The factors b_k k! for exp(R (t - 1)) on t in [-1, 1], from Chebyshev's coefficients, which are found by a discrete
 * cosine transform. The factor e^-R keeps them from overflowing, and drops out of a softmax.
 *
 * @param radius R, a scalar tensor
 * @returns [degree + 1]
 */
export function chebyshevWeights(radius: Tensor, degree: number, dtype: DType): Tensor {
  const nodes = 256; // more than enough for any R whose softmax is not a maximum
  const angles = Array.from({ length: nodes }, (_, j) => (Math.PI * (j + 0.5)) / nodes);
  const powers = chebyshevPowers(degree);
  // Row k: what exp at each node gives to the coefficient of t^k, times k!.
  const rows = powers.map((inT, k) =>
    angles.map((angle) => {
      const sum = inT.reduce((total, c, i) => total + c * (i === 0 ? 1 : 2) * Math.cos(i * angle), 0);
      return (sum / nodes) * factorial(k);
    }),
  );
  const heights = tensor(angles.map((angle) => Math.cos(angle) - 1), { dtype }); // prettier-ignore
  return tensor(rows, { dtype }).matmul(heights.mul(radius).exp());
}

/** Row k: the coefficient of t^k in each of T_0 … T_degree. */
function chebyshevPowers(degree: number): number[][] {
  const inPowers: number[][] = [[1], [0, 1]];
  for (let i = 2; i <= degree; i++) {
    const [before, last] = [inPowers[i - 2] ?? [], inPowers[i - 1] ?? []];
    inPowers.push(Array.from({ length: i + 1 }, (_, k) => 2 * (last[k - 1] ?? 0) - (before[k] ?? 0)));
  }
  return Array.from({ length: degree + 1 }, (_, k) =>
    Array.from({ length: degree + 1 }, (__, i) => inPowers[i]?.[k] ?? 0),
  );
}

export interface PolynomialErrorOptions {
  /** R: scores lie in [-R, R]. */
  readonly radius: number;
  readonly degree: number;
  /** Default 'taylor'. */
  readonly kind?: PolynomialKind;
}

/**
 * How far the polynomial is from exp on [-R, R], and what that does to a softmax.
 *
 *     exponential: sup |exp - polynomial| <= Σ_{k > degree} R^k / k!       Taylor (attained at R)
 *                                         <= 2 Σ_{k > degree} I_k(R)       Chebyshev, I the modified Bessel functions
 *     attention:   sup |f̃ / f - 1| <= 2 η / (1 - η),  η = e^R exponential; Infinity from η = 1 on
 *
 * The second is what makes norms matter: with |scores| <= R, a degree of about max(ln(1/ε) / ln(ln(1/ε) / R), R) is
 * needed, and the features, (d + degree over degree), stay few only while R is o(log L).
 *
 * @throws ArgumentError
 */
export function polynomialError(options: PolynomialErrorOptions): {
  readonly exponential: number;
  readonly attention: number;
} {
  const owner = 'polynomialError';
  checkOptions(owner, options, { radius: nonNegative, degree: wholeNumber, kind: polynomialKind });
  checkRequired(owner, options, ['radius', 'degree']);
  const { radius, degree, kind = 'taylor' } = options;
  checkPolynomial(owner, degree, kind);
  const exponential =
    kind === 'taylor'
      ? series(radius, degree + 1)
      : 2 * Array.from({ length: 400 }, (_, i) => bessel(degree + 1 + i, radius)).reduce((a, b) => a + b);
  const relative = exponential * Math.exp(radius);
  return { exponential, attention: relative < 1 ? (2 * relative) / (1 - relative) : Infinity };
}

/** Σ_{k >= first} R^k / k! */
function series(radius: number, first: number): number {
  let term = 1;
  for (let k = 1; k <= first; k++) term *= radius / k;
  let sum = 0;
  for (let k = first; term > sum * 1e-17; k++) {
    sum += term;
    term *= radius / (k + 1);
  }
  return sum;
}

/** I_k(R) = Σ_j (R/2)^(k + 2j) / (j! (k + j)!) */
function bessel(k: number, radius: number): number {
  let term = 1;
  for (let i = 1; i <= k; i++) term *= radius / 2 / i;
  let sum = 0;
  for (let j = 1; term > sum * 1e-17; j++) {
    sum += term;
    term *= (radius / 2) ** 2 / j / (k + j);
  }
  return sum;
}

export interface DegreeForErrorOptions {
  readonly radius: number;
  /** Largest relative error of the attention probabilities. */
  readonly error: number;
  /** Default 'taylor'. */
  readonly kind?: PolynomialKind;
}

/**
 * The smallest degree with `polynomialError(...).attention` of at most `error`.
 *
 * @throws ArgumentError, also where no degree does (more than 14 for chebyshev, more than 170 for taylor)
 */
export function degreeForError(options: DegreeForErrorOptions): number {
  const owner = 'degreeForError';
  checkOptions(owner, options, { radius: nonNegative, error: positive, kind: polynomialKind });
  checkRequired(owner, options, ['radius', 'error']);
  const { radius, error, kind = 'taylor' } = options;
  const highest = kind === 'taylor' ? 170 : highestChebyshev;
  for (let degree = 0; degree <= highest; degree++)
    if (polynomialError({ radius, degree, kind }).attention <= error) return degree;
  throw new ArgumentError(
    `${owner}: no ${kind} polynomial up to degree ${highest} has an error of ${error} at radius ${radius}`,
  );
}
