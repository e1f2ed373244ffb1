import { check, checkOptions, flag, positive } from '@core/registry/checks';
import { Tensor, full, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, oneMinusPower, root, scalarDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByExadamOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.9. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients. In [0, 1). Default 0.999. */
  readonly beta2?: Hyperparameter;
  /**
   * ε: compared with v and with m² in the two ratios, and added outside the root. Greater than 0, as the ratios are 0 / 0
   * without it where a gradient is 0. Default 1e-8.
   */
  readonly epsilon?: Hyperparameter;
  /** Steps that grow by ln(√2 √(t + 1)), as in the paper's first version; its second has none. Default true. */
  readonly dynamicStep?: boolean;
}

export type ScaleByExadamState = HyperparameterState<'beta1' | 'beta2' | 'epsilon'> & {
  /** First moment. */
  readonly m: Tree;
  /** Second moment, not centred. */
  readonly v: Tree;
};

export interface ExadamDebiasOptions {
  /** t, 1 at the first update. */
  readonly step: number | Tensor;
  /** Default 0.9. */
  readonly beta1?: number | Tensor;
  /** Default 0.999. */
  readonly beta2?: number | Tensor;
  /** Default 1e-8. */
  readonly epsilon?: number | Tensor;
}

/** What depends on the step alone, in a leaf's dtype. */
interface StepScalars {
  /** 1 / (1 - β₁ᵗ) */
  readonly inverse1: Tensor;
  /** 1 / (1 - β₂ᵗ) */
  readonly inverse2: Tensor;
  /** β₁ᵗ */
  readonly power1: Tensor;
  /** β₂ᵗ / (1 - β₁ᵗ) */
  readonly crossed: Tensor;
  readonly epsilon: Tensor;
}

/**
 * EXAdam's coupled bias corrections: the first moment's looks at v, the second moment's at m.
 *
 *     d₁ = 1 + v / (v + ε) β₂ᵗ            d₂ = 1 + m² / (m² + ε) β₁ᵗ
 *     m̃ = m / (1 - β₁ᵗ) d₁               ṽ = v / (1 - β₂ᵗ) d₂
 *
 * @param m the first moment, any shape
 * @param v the second moment, of m's shape and dtype
 * @returns m̃ and ṽ, and gradientFactor, d₁ / (1 - β₁ᵗ), which the raw gradient is multiplied with
 * @throws ArgumentError for an epsilon of 0
 */
export function exadamDebias(
  m: Tensor,
  v: Tensor,
  { step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: ExadamDebiasOptions,
): { readonly m: Tensor; readonly v: Tensor; readonly gradientFactor: Tensor } {
  if (!(epsilon instanceof Tensor)) check('exadamDebias', 'epsilon', epsilon, positive);
  const scalar = (x: number | Tensor): Tensor =>
    x instanceof Tensor ? x.cast(scalarDType()) : full([], x, { dtype: scalarDType() });
  const scalars = stepScalars(scalar(beta1), scalar(beta2), scalar(epsilon), scalar(step));
  const { first, second } = debiased(m, v, inDType(scalars)(m.dtype));
  return { m: m.mul(first), v: second, gradientFactor: first };
}

function stepScalars(beta1: Tensor, beta2: Tensor, epsilon: Tensor, t: Tensor) {
  const inverse1 = oneMinusPower(beta1, t).reciprocal();
  const correction2 = oneMinusPower(beta2, t);
  return {
    inverse1,
    inverse2: correction2.reciprocal(),
    power1: complement(oneMinusPower(beta1, t)),
    crossed: complement(correction2).mul(inverse1),
    epsilon,
  };
}

/** d₁ / (1 - β₁ᵗ) and ṽ. */
function debiased(m: Tensor, v: Tensor, s: StepScalars): { first: Tensor; second: Tensor } {
  const square = m.square();
  const coupling = square.div(square.add(s.epsilon)).mul(s.power1).add(1);
  return {
    first: v.div(v.add(s.epsilon)).mul(s.crossed).add(s.inverse1),
    second: v.mul(s.inverse2).mul(coupling),
  };
}

/**
 * EXAdam's direction.
 *
 *     m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²
 *     u = (m̃ + g̃) / (√ṽ + ε)           g̃ = g / (1 - β₁ᵗ) d₁; m̃, ṽ and d₁ as `exadamDebias`
 *     dynamicStep: u ← u ln(√2 √(t + 1))
 *
 * The first u is 15.95 (11.06 with dynamicStep) for every element much larger than ε, not Adam's 1: the gradient, which has
 * no bias, is corrected like the moment.
 *
 * Source: EXAdam (arXiv:2412.20302), AhmedMostafa16/EXAdam: dynamicStep is the first version of both, without it the second.
 *
 * @throws ArgumentError
 */
export function scaleByExadam(options: ScaleByExadamOptions = {}): Transform<ScaleByExadamState> {
  const owner = 'scaleByExadam';
  checkOptions(owner, options, {
    beta1: hyper(ranges.beta1),
    beta2: hyper(ranges.beta2),
    epsilon: hyper(positive),
    dynamicStep: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, dynamicStep = true } = options;
  const numbers = hyperparameters(owner, { beta1, beta2, epsilon });
  return {
    init: (params) => ({
      ...numbers.init(),
      m: likeParams(owner, params, zerosLike),
      v: likeParams(owner, params, zerosLike),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1).cast(h.beta1.dtype);
      const scalars = inDType({
        ...stepScalars(h.beta1, h.beta2, h.epsilon, t),
        beta1: h.beta1,
        beta2: h.beta2,
        rest1: complement(h.beta1),
        rest2: complement(h.beta2),
        // ln(√2 √(t + 1)) = ln(2 (t + 1)) / 2
        growth: t.add(1).mul(2).log().mul(0.5),
      });
      const { updates, m, v } = leafwise(
        owner,
        params,
        { grads, m: state.m, v: state.v },
        ['updates', 'm', 'v'],
        ({ grads: g, m: m0, v: v0 }) => {
          const s = scalars(g.dtype);
          const m1 = m0.mul(s.beta1).add(g.mul(s.rest1));
          const v1 = v0.mul(s.beta2).add(g.square().mul(s.rest2));
          const { first, second } = debiased(m1, v1, s);
          const u = m1.add(g).mul(first).div(root(second).add(s.epsilon));
          return { updates: dynamicStep ? u.mul(s.growth) : u, m: m1, v: v1 };
        },
      );
      return { updates, state: { ...numbers.advance(state), m, v } };
    },
  };
}
