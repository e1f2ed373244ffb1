import { customVjp, linalg, type Tensor } from '@core/tensor';
import { dividedDifferences, type ScalarFunction } from './dividedDifferences.js';
import { asRow, congruence, constant, symmetrize } from './support.js';

/** Eigenvalues [..., n] and orthonormal eigenvectors [..., n, n], in columns. Always constants for derivatives. */
export type Eigen = { readonly values: Tensor; readonly vectors: Tensor };

/** The eigenvalues of symmetric matrices, as numbers: what depends on them takes its derivatives from the matrix. */
export function eigenOf(x: Tensor): Eigen {
  const [values, vectors] = linalg.eigh(constant(x));
  return { values, vectors };
}

/** A function of symmetric matrices with all its derivatives. */
export interface SpectralFunction {
  /** f(P) = U f(λ) Uᵀ. */
  value(p: Tensor, eigen: Eigen): Tensor;
  /** Df(P)[v], linear in the symmetric v [..., n, n]: U (K ∘ Uᵀ v U) Uᵀ with the Loewner matrix K. */
  derivative(p: Tensor, eigen: Eigen, v: Tensor): Tensor;
}

type Level = (p: Tensor, eigen: Eigen, directions: readonly Tensor[]) => Tensor;

/**
 * Daleckii and Krein's calculus for one scalar function.
 *
 * The m-th derivative of f(P) = U f(λ) Uᵀ is the symmetric multilinear map with entries, in the basis U,
 *
 *     Dᵐf(P)[V₁, …, Vₘ]ᵢⱼ = Σ_σ Σ_k f[λᵢ, λ_{k₁}, …, λⱼ] (V_σ1)ᵢ_{k₁} … (V_σm)_{k_{m-1}}ⱼ
 *
 * over permutations σ and inner indices k. <Y, Dᵐf[V₁, …]> is symmetric in Y and all V, so that the way back of each map is
 * the same map with Y in a direction's place, and the next one for P: no derivative ever passes through an eigenvector,
 * whose own would be infinite where eigenvalues meet. Forward mode, `vmap` and higher orders follow from that rule.
 *
 * The matrix carries the derivative, `eigen` the numbers: a caller who knows the eigenvalues better than `eigh` of a product
 * would find them (from the singular values of a factor) passes those.
 *
 * Source: Y. Daleckii and S. Krein, 1965; N. Higham, Functions of Matrices, 2008, chapter 3.
 */
export function spectralFunction(f: ScalarFunction): SpectralFunction {
  const levels: Level[] = [];
  const level = (order: number): Level => (levels[order] ??= makeLevel(f, order, level));
  return {
    value: (p, eigen) => level(0)(p, eigen, []),
    derivative: (p, eigen, v) => level(1)(p, eigen, [v]),
  };
}

function makeLevel(f: ScalarFunction, order: number, level: (order: number) => Level): Level {
  const self: Level = customVjp(
    (_p: Tensor, eigen: Eigen, directions: readonly Tensor[]) => evaluate(f, order, eigen, directions),
    (p: Tensor, eigen: Eigen, directions: readonly Tensor[]) => [
      self(p, eigen, directions),
      { p, eigen, directions },
    ],
    ({ p, eigen, directions }, cotangent) => {
      const y = symmetrize(cotangent);
      return [
        level(order + 1)(p, eigen, [...directions, y]),
        null,
        directions.map((_, i) => self(p, eigen, directions.with(i, y))),
      ];
    },
  );
  return self;
}

function evaluate(f: ScalarFunction, order: number, eigen: Eigen, directions: readonly Tensor[]): Tensor {
  const { values, vectors } = eigen;
  if (order === 0)
    return symmetrize(vectors.mul(asRow(f.value(values))).matmul(vectors, { transposeB: true }));
  const differences = dividedDifferences(f, values, order);
  const inBasis = directions.map((v) => vectors.matmul(v, { transposeA: true }).matmul(vectors));
  if (order === 1) return congruence(vectors, differences.mul(inBasis[0]!));
  const terms = permutations(inBasis).map((ordered) => contractChain(differences, ordered));
  return congruence(vectors, terms.reduce((sum, term) => sum.add(term))); // prettier-ignore
}

/** Σ_k f[λᵢ, λ_{k₁}, …, λⱼ] (V₁)ᵢ_{k₁} (V₂)_{k₁k₂} … (Vₘ)_{k_{m-1}}ⱼ. */
function contractChain(differences: Tensor, chain: readonly Tensor[]): Tensor {
  const order = chain.length;
  const product = chain.reduce((sum, v, i) => {
    const trailing = Array.from({ length: order + 1 }, (_, axis) =>
      axis === i || axis === i + 1 ? v.shape.at(-1)! : 1,
    );
    return sum.mul(v.reshape([...v.shape.slice(0, -2), ...trailing]));
  }, differences);
  const inner = Array.from({ length: order - 1 }, (_, i) => i - order);
  return product.sum(inner);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
