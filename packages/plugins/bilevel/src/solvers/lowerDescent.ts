import { scan, type Tensor, type Tree } from '@core/tensor';
import { levelsOf } from '../levels.js';
import type { BilevelProblem } from '../problem.js';
import { draw, nextKey, project, type Mover } from './shared.js';

export type LowerCarry<Y> = { readonly y: Y; readonly state: Tree; readonly key: Tensor };

/** A step of y along ∇ᵧg on a batch of its own, projected where the problem says onto what; and that gradient. */
export function lowerStep<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  carry: LowerCarry<Y>,
  by: Mover,
): { readonly next: LowerCarry<Y>; readonly slope: Y } {
  const [key, now] = nextKey(problem, carry.key);
  const at = levelsOf(owner, problem, x, carry.y, draw(problem, now));
  const slope = at.y.derivative(at.lowerByY(at.x.leaves, at.y.leaves));
  const { value, state } = by.move(carry.y, slope, carry.state);
  return { next: { y: project(problem.projections?.y, value), state, key }, slope };
}

/** `steps` of them. */
export function lowerDescent<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  from: LowerCarry<Y>,
  by: Mover,
  steps: number,
): LowerCarry<Y> {
  if (steps === 0) return from;
  const step = (carry: LowerCarry<Y>) => [lowerStep(owner, problem, x, carry, by).next, null] as const;
  return scan(step, from, null, { length: steps })[0];
}
