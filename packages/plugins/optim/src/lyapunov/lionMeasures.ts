import type { Tensor } from '@core/tensor';
import { hyperparameters } from '../hyperparameters.js';
import type { Kappa } from '../kappas/kappa.js';
import { overTree, type KappaScope } from '../kappas/scope.js';
import { perLeafValues, selectLeaves } from '../leaves.js';
import { scalarDType } from '../math.js';
import type { LionState } from '../optimizers/lionState.js';
import type { Hyperparameter, Mask, MeasuredAt } from '../types.js';
import { downwards, lionEnergy } from './energy.js';

export interface LionMeasuresOptions {
  readonly kappa: Kappa;
  readonly scope: KappaScope;
  readonly learningRate: Hyperparameter;
  readonly beta1: Hyperparameter;
  readonly beta2: Hyperparameter;
  readonly weightDecay: Hyperparameter;
  readonly weightDecayMask: Mask;
}

/**
 * `measures` of Lion and Lion-K: `lyapunov`, the function of `lionLyapunov` with the numbers of the step and the loss that a
 * training loop has at hand. Where only some leaves decay, a K of each leaf is taken with λ of those and 0 of the others; a K of
 * the whole tree has no such function then.
 */
export function lionMeasures(owner: string, options: LionMeasuresOptions) {
  const { kappa, scope, learningRate, beta1, beta2, weightDecay, weightDecayMask } = options;
  const k = overTree(owner, kappa, scope);
  const betas = hyperparameters(owner, { beta1, beta2 });
  const decays = hyperparameters(owner, { weightDecay });
  const rates = hyperparameters(owner, { learningRate });
  return (state: LionState, { params, loss }: MeasuredAt): Readonly<Record<string, Tensor>> => {
    const down = downwards(owner, params, state.moments.m);
    const numbers = { ...betas.read(state.moments), ...rates.read(state.rate) };
    const energy = (lambda: number | Tensor, chosen: readonly boolean[]): Tensor =>
      lionEnergy(k, { ...numbers, weightDecay: lambda }, selectLeaves(params, chosen), selectLeaves(down, chosen)); // prettier-ignore
    const f = loss.cast(scalarDType());
    const keep = perLeafValues(owner, 'the mask', 'boolean', weightDecayMask, params);
    if (state.decay === undefined) return { lyapunov: f.add(energy(0, keep.map(() => true))) }; // prettier-ignore
    const decaying = energy(decays.read(state.decay).weightDecay, keep);
    if (keep.every(Boolean)) return { lyapunov: f.add(decaying) };
    if (scope === 'tree') return {};
    return { lyapunov: f.add(decaying).add(energy(0, keep.map((one) => !one))) }; // prettier-ignore
  };
}
