import {
  checkOptions,
  checkRequired,
  functionRule,
  nonNegative,
  oneOf,
  positive,
} from '@core/registry/checks';
import { ArgumentError, grad, tree, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { l1 } from '../kappas/box.js';
import type { Kappa } from '../kappas/kappa.js';
import { kappaRule, overTree, type KappaScope } from '../kappas/scope.js';
import { likeParams } from '../leaves.js';
import { scalarDType } from '../math.js';
import { energyParts } from './energy.js';

export interface LionFlowOptions<P extends Tree> {
  /** f: the loss as a function of the parameters. */
  readonly loss: (params: P) => Tensor;
  /** K. Default `kappas.l1()`. */
  readonly kappa?: Kappa;
  /** Default 'leaf'. */
  readonly scope?: KappaScope;
  /** α, weight of the loss. Default 1. */
  readonly alpha?: number;
  /** γ, decay of the momentum. Default 1. */
  readonly gamma?: number;
  /** ε, how far x looks ahead along the momentum's way; ε γ <= 1. Default 0.1, which is Lion's 1 - β₁. */
  readonly epsilon?: number;
  /** λ. Default 0. */
  readonly weightDecay?: number;
  /** Length of an Euler step. Default 1e-3. */
  readonly timeStep?: number;
}

/** A point of the flow; m follows the negative gradient. */
export type LionFlowState<P extends Tree> = { readonly params: P; readonly m: P };

export interface LionFlow<P extends Tree> {
  init(params: P): LionFlowState<P>;
  /** One explicit Euler step. */
  step(state: LionFlowState<P>): LionFlowState<P>;
  /** The Lyapunov function H(x, m), a scalar. */
  energy(state: LionFlowState<P>): Tensor;
}

/**
 * Lion-K in continuous time, to look at what the theory says.
 *
 *     m' = -α ∇f(x) - γ m,   x' = ∂K(m + ε m') - λ x
 *     H(x, m) = α f(x) + γ/λ K*(λ x) + (1 - ε γ)/(1 + ε λ) (K*(λ x) + K(m) - λ ⟨m, x⟩)
 *
 * H falls all along the flow from where λ x is in the domain of K*, and the least H over m is α f(x) + γ/λ K*(λ x), which is
 * what is minimised. Lion is the flow with α = γ = 1, ε = 1 - β₁ in steps of 1 - β₂. Without decay, the terms with K* are
 * left out.
 *
 * Source: Chen et al. 2023 (arXiv:2310.05898), the continuous time analysis.
 *
 * @throws ArgumentError, also for ε γ > 1, where H need not fall
 */
export function lionFlow<P extends Tree>(options: LionFlowOptions<P>): LionFlow<P> {
  const owner = 'lionFlow';
  checkOptions(owner, options, {
    loss: functionRule,
    kappa: kappaRule,
    scope: oneOf('leaf', 'tree'),
    alpha: positive,
    gamma: positive,
    epsilon: nonNegative,
    weightDecay: nonNegative,
    timeStep: positive,
  });
  checkRequired(owner, options, ['loss']);
  const { loss, kappa = l1(), scope = 'leaf', alpha = 1, gamma = 1, epsilon = 0.1 } = options;
  const { weightDecay = 0, timeStep = 1e-3 } = options;
  if (epsilon * gamma > 1)
    throw new ArgumentError(`${owner}: epsilon · gamma must be at most 1, got ${epsilon} · ${gamma}`);
  const k = overTree(owner, kappa, scope);
  const along = (a: Tree, scale: number, b: Tree): Tree =>
    tree.map((x: Tensor, y: Tensor) => x.add(y.mul(scale)), a, b);
  return {
    init: (params) => ({ params, m: likeParams(owner, params, zerosLike) as P }), // the parameters' structure
    step: ({ params, m }) => {
      const slope = grad(loss)(params);
      const force = tree.map((g: Tensor, v: Tensor) => g.mul(-alpha).sub(v.mul(gamma)), slope, m);
      const direction = k.gradient(along(m, epsilon, force));
      const velocity = along(direction, -weightDecay, params);
      // The same structure, as sums with it.
      return { params: along(params, timeStep, velocity) as P, m: along(m, timeStep, force) as P };
    },
    energy: ({ params, m }) => {
      const { conjugate, gap } = energyParts(k, params, m, weightDecay);
      const rest = gap.mul((1 - epsilon * gamma) / (1 + epsilon * weightDecay));
      return loss(params)
        .cast(scalarDType())
        .mul(alpha)
        .add(conjugate === undefined ? rest : conjugate.mul(gamma / weightDecay).add(rest));
    },
  };
}
