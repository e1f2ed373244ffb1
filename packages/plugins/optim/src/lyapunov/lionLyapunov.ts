import {
  belowOne,
  checkOptions,
  checkRequired,
  functionRule,
  nonNegative,
  oneOf,
  show,
} from '@core/registry/checks';
import { TreeError, type Tensor, type Tree } from '@core/tensor';
import { l1 } from '../kappas/box.js';
import type { Kappa } from '../kappas/kappa.js';
import { kappaRule, overTree, type KappaScope } from '../kappas/scope.js';
import { scalarDType } from '../math.js';
import type { LionState } from '../optimizers/lionState.js';
import { downwards, lionEnergy } from './energy.js';

export interface LionLyapunovOptions<P extends Tree> {
  /** f: the loss as a function of the parameters. */
  readonly loss: (params: P) => Tensor;
  /** As of `lionK`, with the same defaults. */
  readonly kappa?: Kappa;
  readonly scope?: KappaScope;
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** λ, of all leaves. */
  readonly weightDecay?: number;
}

/**
 * The function that Lion and Lion-K make smaller: a metric of the parameters and the optimizer's state.
 *
 *     H(x, m) = f(x) + K*(λ x)/λ + c (K*(λ x) + K(m) - λ ⟨m, x⟩),   c = e β₁ / (e λ (1 - β₁) + 1 - β₂),  e = η/(1 - η λ)
 *
 * For β₁ <= β₂, the full gradient, and x that meets the constraint, H(x', m') - H(x, m) <= L/2 ‖x' - x‖² after each step,
 * where f is L-smooth. Where the constraint is not met yet, H is Infinity. Without decay, H = f(x) + c K(m).
 *
 * ```ts
 * const energy = lionLyapunov({ loss, kappa: kappas.huber(0.5), learningRate: 1e-3, weightDecay: 0.8 });
 * energy(params, state).item();
 * ```
 *
 * Source: Chen et al. 2023 (arXiv:2310.05898), the discrete time analysis, for explicit decay: the step x' = (1 - η λ) x + η u
 * is an implicit one of size e.
 *
 * @returns a function of parameters and a state of `lion` or `lionK`, which gives a scalar. It works in `jit` and can be
 *   differentiated. It throws TreeError for another state
 * @throws ArgumentError
 */
export function lionLyapunov<P extends Tree>(
  options: LionLyapunovOptions<P>,
): (params: P, state: LionState) => Tensor {
  const owner = 'lionLyapunov';
  checkOptions(owner, options, {
    loss: functionRule,
    kappa: kappaRule,
    scope: oneOf('leaf', 'tree'),
    learningRate: nonNegative,
    beta1: belowOne,
    beta2: belowOne,
    weightDecay: nonNegative,
  });
  checkRequired(owner, options, ['loss']);
  const { loss, kappa = l1(), scope = 'leaf' } = options;
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options;
  const numbers = { learningRate, beta1, beta2, weightDecay };
  const k = overTree(owner, kappa, scope);
  return (params, state) => {
    const m: unknown = (state as Partial<LionState> | undefined)?.moments?.m;
    if (m === undefined)
      throw new TreeError(`${owner}: state must be one of lion or lionK, got ${show(state)}`);
    return loss(params)
      .cast(scalarDType())
      .add(lionEnergy(k, numbers, params, downwards(owner, params, state.moments.m)));
  };
}
