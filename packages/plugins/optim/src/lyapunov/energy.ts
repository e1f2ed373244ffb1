import { tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { scalarDType } from '../math.js';
import type { TreeKappa } from '../kappas/scope.js';

/** ⟨a, b⟩ over all leaves. */
export function inner(a: Tree, b: Tree): Tensor {
  const others = tree.leaves(b);
  return tree.leaves(a).reduce(
    (sum, x, i) => sum.add(x.cast(scalarDType()).mul((others[i] ?? x).cast(scalarDType())).sum()),
    zeros([], { dtype: scalarDType() }),
  ); // prettier-ignore
}

/** The parts that every Lyapunov function of Lion-K is made of; m follows the negative gradient. */
export interface EnergyParts {
  /** K*(λ x); absent without decay. */
  readonly conjugate?: Tensor;
  /** K*(λ x) + K(m) - λ ⟨m, x⟩, at least 0 by Fenchel and Young; without decay K(m). */
  readonly gap: Tensor;
}

export function energyParts(kappa: TreeKappa, x: Tree, m: Tree, weightDecay: number): EnergyParts {
  const kinetic = kappa.value(m);
  if (weightDecay === 0) return { gap: kinetic };
  const conjugate = kappa.conjugate(tree.map((leaf: Tensor) => leaf.mul(weightDecay), x));
  return { conjugate, gap: conjugate.add(kinetic).sub(inner(m, x).mul(weightDecay)) };
}
