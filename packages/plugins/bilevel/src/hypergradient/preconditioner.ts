import type { Optimizer } from '@core/registry';
import { belowOne, check, nonNegative, optimizerRule, positive } from '@core/registry/checks';
import { jvp, tree, type Tensor, type Tree } from '@core/tensor';

export interface AdamPreconditionerOptions<Y> {
  /** ∇ᵧg that the last Adam step took. */
  readonly gradient: Y;
  /** Adam's first moment after that step. */
  readonly firstMoment: Y;
  /** Adam's second moment after that step. */
  readonly secondMoment: Y;
  readonly learningRate: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * The derivative of Adam's step by its gradient, a diagonal: what `hypergradient` by 'sama' takes as `precondition`.
 *
 *     P = lr ((1 - β₁) β₂ V' - β₁ (1 - β₂) g m') / (√V + ε)³,   m' = (m - (1 - β₁) g)/β₁,   V' = (V - (1 - β₂) g²)/β₂
 *
 * with V', m' the moments before the step. Bias corrections are left out, and ε is taken for 0 in the numerator.
 *
 * Source: Choe et al. 2023, SAMA (arXiv:2310.05674), Betty's `precondition`.
 *
 * @throws ArgumentError for options
 */
export function adamPreconditioner<Y>(options: AdamPreconditionerOptions<Y>): (v: Y) => Y {
  const owner = 'adamPreconditioner';
  const {
    gradient,
    firstMoment,
    secondMoment,
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
  } = options;
  check(owner, 'learningRate', learningRate, positive);
  check(owner, 'beta1', beta1, {
    words: `${belowOne.words}, and not 0`,
    holds: (b) => belowOne.holds(b) && b !== 0,
  });
  check(owner, 'beta2', beta2, {
    words: `${belowOne.words}, and not 0`,
    holds: (b) => belowOne.holds(b) && b !== 0,
  });
  check(owner, 'epsilon', epsilon, nonNegative);
  const diagonal = tree.map(
    (g: Tensor, m: Tensor, v: Tensor) => {
      // β₂ V' and β₁ m', which is all that is needed of them
      const second = v.sub(g.square().mul(1 - beta2));
      const first = m.sub(g.mul(1 - beta1));
      const numerator = second.mul(1 - beta1).sub(first.mul(g).mul(1 - beta2));
      return numerator.div(v.sqrt().add(epsilon).pow(3)).mul(learningRate);
    },
    gradient,
    firstMoment,
    secondMoment,
  );
  return (vector) => tree.map((p: Tensor, x: Tensor) => p.mul(x), diagonal, vector);
}

/**
 * The same for any optimizer, by forward mode through its step: Pv = -(∂u/∂g) v for updates u that are added to the parameters. With
 * bias corrections and ε, where Adam has them; for SGD the rate times v, where Betty takes v.
 *
 * @param at the gradient that the step took, and the optimizer's state and parameters before it
 * @throws ArgumentError for what is no optimizer
 */
export function stepPreconditioner<Y extends Tree>(
  optimizer: Optimizer,
  at: { readonly gradient: Y; readonly state: Tree; readonly params: Y },
): (v: Y) => Y {
  check('stepPreconditioner', 'optimizer', optimizer, optimizerRule);
  const update = (gradient: Y): Y => optimizer.update(gradient, at.state, at.params).updates as Y; // the parameters' structure
  return (v) => tree.map((leaf: Tensor) => leaf.neg(), jvp(update, [at.gradient], [v])[1]);
}
