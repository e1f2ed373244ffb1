import { checkOptions, positive, scalar, wholeNumber } from '@core/registry/checks';
import { concat, ones, tensor, type Tensor } from '@core/tensor';
import {
  checkPolynomial,
  chebyshevWeights,
  featureRows,
  polynomialKind,
  type PolynomialKind,
} from './polynomial.js';
import {
  adaptedWeights,
  adapterGradients,
  betaOf,
  checkLoraAttention,
  type LoraAttention,
  type LoraAttentionResult,
} from './problem.js';

export interface LoraGradApproxOptions {
  /** Of the polynomial in place of exp. Even ones keep more sums positive. At most 14 for chebyshev. Default 6. */
  readonly degree?: number;
  /** Default 'taylor'. */
  readonly kind?: PolynomialKind;
  /**
   * R: the largest absolute score, where it is known, as a number or a scalar tensor. Chebyshev's interval is [-R, R], and
   * an interval that is too wide costs it its advantage. Default: the longest query times the longest key, which can be
   * found in linear time.
   */
  readonly radius?: number | Tensor;
}

export interface LoraGradApproxResult extends LoraAttentionResult {
  /**
   * The smallest row sum of approximated exponentials over the largest. Where it is not above 0 the polynomial has failed,
   * and gradients mean nothing. Nothing is clamped.
   */
  readonly smallestNormalizer: Tensor;
  /** R as given, or the bound: the longest query times the longest key times |β|. `polynomialError` takes it. */
  readonly radius: Tensor;
}

/**
 * `loraAttentionLoss` in time and memory linear in the length, by a chain of factors of low rank:
 *
 *     f ≈ D⁻¹ U1·V1ᵀ            k = (e + degree over degree) columns, features of queries and keys
 *     q = c (XV W̃V)ᵀ            rank v as it stands
 *     f ∘ q ≈ U3·V3ᵀ            row by row Kronecker products, k v columns, never formed:
 *     (f ∘ q) XK = Σ_i c_i ∘ (D⁻¹ U1 (V1ᵀ (C_i ∘ XK))),  C = XV W̃V and c by columns
 *     diag(ρ) f XK ≈ ρ ∘ (D⁻¹ U1 (V1ᵀ XK))
 *
 * Time: k (v d' + d' + v + d″) multiplications for each query and for each key; memory: k numbers each. The error depends
 * on the scores, not on the length: see `polynomialError`, `normGauge`.
 *
 * Source: Hu et al. 2024 (arXiv:2406.03136), theorem on almost linear approximation; the paper gives no code.
 *
 * @throws as `loraAttentionLoss`; ArgumentError for the options
 */
export function loraGradApprox(
  problem: LoraAttention,
  options: LoraGradApproxOptions = {},
): LoraGradApproxResult {
  const owner = 'loraGradApprox';
  checkLoraAttention(owner, problem);
  checkOptions(owner, options, { degree: wholeNumber, kind: polynomialKind, radius: scalar(positive) });
  const { degree = 6, kind = 'taylor', radius: given } = options;
  checkPolynomial(owner, degree, kind);
  const { inputs, target } = problem;
  const weights = adaptedWeights(problem);
  const queries = inputs.query.matmul(weights.query).mul(betaOf(problem));
  const keys = inputs.key.matmul(weights.key);
  const values = inputs.value.matmul(weights.value);
  const radius =
    given === undefined ? longest(queries).mul(longest(keys)) : tensor(given, { dtype: queries.dtype });
  const { u, v } = factors(queries, keys, radius, degree, kind);

  const [n = 0] = queries.shape;
  const [m = 0, size = 0] = values.shape;
  const width = inputs.key.shape[1] ?? 0;
  const sums = column(v.sum(1).matmul(u)); // D's diagonal: U1 (V1ᵀ 1)
  /** f·x */
  const attend = (x: Tensor): Tensor => u.matmul(v.matmul(x), { transposeA: true }).div(sums);

  const [output, mixed] = apart(attend(concat([values, inputs.value], 1)), size);
  const c = output.sub(target);
  const rho = c.mul(output).sum(1, { keepDims: true });
  // Both terms of p·XK in one product: (C_i ∘ XK) for every i, and XK itself for ρ.
  const right = concat([values, ones([m, 1], { dtype: values.dtype })], 1);
  const spread = right.reshape([m, size + 1, 1]).mul(inputs.key.reshape([m, 1, width]));
  const attended = attend(spread.reshape([m, (size + 1) * width])).reshape([n, size + 1, width]);
  const left = concat([c, rho.neg()], 1).reshape([n, size + 1, 1]);
  const scores = inputs.query.matmul(left.mul(attended).sum(1), { transposeA: true });
  return {
    loss: c.square().sum().mul(0.5),
    grads: adapterGradients(problem, scores, mixed.matmul(c, { transposeA: true })),
    smallestNormalizer: sums.min().div(sums.abs().max()),
    radius,
  };
}

/** Features of queries and keys, a row for each feature, such that exp(queries·keysᵀ) ≈ uᵀ·v up to a factor. */
function factors(
  queries: Tensor,
  keys: Tensor,
  radius: Tensor,
  degree: number,
  kind: PolynomialKind,
): { u: Tensor; v: Tensor } {
  if (kind === 'taylor') return { u: featureRows(queries, degree), v: featureRows(keys, degree) };
  // Powers of t = score / R; a wider interval than needed does no harm where R is nearly 0.
  const safe = radius.maximum(0.1);
  const weights = chebyshevWeights(safe, degree, queries.dtype);
  return { u: featureRows(queries.div(safe), degree), v: featureRows(keys, degree, weights) };
}

/** Length of the longest row. */
function longest(x: Tensor): Tensor {
  return x.square().sum(1).max().sqrt();
}

function column(x: Tensor): Tensor {
  return x.reshape([x.size, 1]);
}

/** The first columns, and the others. */
function apart(x: Tensor, count: number): [Tensor, Tensor] {
  return [x.slice([0, 0], [null, count]), x.slice([0, count])];
}
