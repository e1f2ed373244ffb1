import { full, tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { leafwise } from '../leaves.js';
import { complement, scalarDType } from '../math.js';
import { like } from '../kappas/kappa.js';
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

export function energyParts(kappa: TreeKappa, x: Tree, m: Tree, weightDecay: number | Tensor): EnergyParts {
  const kinetic = kappa.value(m);
  if (weightDecay === 0) return { gap: kinetic };
  const conjugate = kappa.conjugate(tree.map((leaf: Tensor) => leaf.mul(like(leaf, weightDecay)), x));
  return { conjugate, gap: conjugate.add(kinetic).sub(inner(m, x).mul(weightDecay)) };
}

/** Lion-K's numbers at a step. */
export interface LionNumbers {
  readonly learningRate: number | Tensor;
  readonly beta1: number | Tensor;
  readonly beta2: number | Tensor;
  /** 0 as a number: the terms with K* are left out. */
  readonly weightDecay: number | Tensor;
}

/** H(x, m) - f(x) of the discrete method: K*(λ x)/λ + c (K*(λ x) + K(m) - λ ⟨m, x⟩), as `lionLyapunov` defines it. */
export function lionEnergy(kappa: TreeKappa, numbers: LionNumbers, x: Tree, m: Tree): Tensor {
  const wide = (value: number | Tensor): Tensor =>
    typeof value === 'number' ? full([], value, { dtype: scalarDType() }) : value.cast(scalarDType());
  const [rate, b1, b2, decay] = [numbers.learningRate, numbers.beta1, numbers.beta2, numbers.weightDecay].map(wide) as [Tensor, Tensor, Tensor, Tensor]; // prettier-ignore
  const step = rate.div(complement(rate.mul(decay)));
  const share = step.mul(b1).div(step.mul(decay).mul(complement(b1)).add(complement(b2)));
  const { conjugate, gap } = energyParts(kappa, x, m, numbers.weightDecay);
  const rest = gap.mul(share);
  // A decay that a schedule brings to 0 leaves K*(0) = 0.
  return conjugate === undefined ? rest : conjugate.div(decay.maximum(1e-30)).add(rest);
}

/** The momentum that follows the negative gradient. */
export function downwards(owner: string, params: Tree, m: Tree): Tree {
  return leafwise(owner, params, { m }, ['down'], ({ m: up }) => ({ down: up.neg() }), leafDType(m)).down;
}

/** The dtype of a momentum that is stored in one dtype for all parameters. */
function leafDType(m: Tree): Tensor['dtype'] | undefined {
  const [first, ...others] = tree.leaves(m).map((leaf) => leaf.dtype);
  return others.every((dtype) => dtype === first) ? first : undefined;
}
