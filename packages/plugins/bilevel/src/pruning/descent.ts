import { grad, tree, type Tensor, type Tree } from '@core/tensor';
import { applyMask, lossOf, type Mask, type PruningProblem } from './problem.js';

export interface Momentum {
  readonly momentum: number;
  readonly weightDecay: number;
}

/** SGD as PyTorch has it: v ← μ v + g + λ x, x ← x - rate v. */
export function sgdStep<T>(
  value: T,
  gradient: T,
  velocity: T,
  rate: Tensor,
  { momentum, weightDecay }: Momentum,
): { readonly value: T; readonly velocity: T } {
  const next = tree.map(
    (x: Tensor, g: Tensor, v: Tensor) => v.mul(momentum).add(g.add(x.mul(weightDecay))),
    value,
    gradient,
    velocity,
  );
  return {
    value: tree.map((x: Tensor, v: Tensor) => x.sub(v.mul(rate.cast(x.dtype))), value, next),
    velocity: next,
  };
}

/** g_z, the gradient by the masked parameters: dense, also where the mask is 0. */
export function gradientAtMasked<P extends Tree, B>(
  owner: string,
  problem: PruningProblem<P, B>,
  params: P,
  mask: Mask,
  batch: B | undefined,
): P {
  return grad((z: P) => lossOf(owner, problem, z, batch))(applyMask(params, mask));
}

/** A step of the weights under a mask that stays: the gradient by θ is m ⊙ g_z, and all of θ decays. */
export function maskedStep<P extends Tree, B>(
  owner: string,
  problem: PruningProblem<P, B>,
  at: { readonly params: P; readonly velocity: P; readonly mask: Mask },
  batch: B | undefined,
  rate: Tensor,
  momentum: Momentum,
): { readonly params: P; readonly velocity: P } {
  const slope = applyMask(gradientAtMasked(owner, problem, at.params, at.mask, batch), at.mask);
  const { value, velocity } = sgdStep(at.params, slope, at.velocity, rate, momentum);
  return { params: value, velocity };
}
