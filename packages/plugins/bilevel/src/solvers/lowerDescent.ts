import { scan, type Tensor, type Tree } from '@core/tensor';
import { levelsOf } from '../levels.js';
import type { BilevelProblem } from '../problem.js';
import { draw, nextKey, project, type Mover } from './shared.js';

export type LowerCarry<Y> = { readonly y: Y; readonly state: Tree; readonly key: Tensor };

/** `steps` steps of y along ∇ᵧg, each with a batch of its own and projected where the problem says onto what. */
export function lowerDescent<X extends Tree = Tensor, Y extends Tree = Tensor, B = unknown>(
  owner: string,
  problem: BilevelProblem<X, Y, B>,
  x: X,
  from: LowerCarry<Y>,
  by: Mover,
  steps: number,
): LowerCarry<Y> {
  const step = (carry: LowerCarry<Y>): LowerCarry<Y> => {
    const [key, now] = nextKey(problem, carry.key);
    const at = levelsOf(owner, problem, x, carry.y, draw(problem, now));
    const slope = at.y.derivative(at.lowerByY(at.x.leaves, at.y.leaves));
    const { value, state } = by.move(carry.y, slope, carry.state);
    return { y: project(problem.projections?.y, value), state, key };
  };
  if (steps === 0) return from;
  return scan((carry: LowerCarry<Y>) => [step(carry), null] as const, from, null, { length: steps })[0];
}
