import { tree, type Tensor } from '@core/tensor';
import { maskGradient } from './maskGradient.js';
import type { Mask } from './problem.js';

/** What the gradient by the scores is made of, each by path: θ, m, g and s. */
export interface ScoreParts {
  readonly weights: Mask;
  readonly mask: Mask;
  readonly slopes: Mask;
  readonly scores: Mask;
}

/** dl/ds = sign(s) ⊙ dl/dm: straight through the mask to |s|. */
export function derivedGradient({ weights, mask, slopes, scores }: ScoreParts, coefficient: number): Mask {
  const byMask = maskGradient(weights, mask, slopes, { implicitCoefficient: coefficient });
  return tree.map((slope: Tensor, score: Tensor) => slope.mul(score.sign()), byMask, scores);
}

/** a - a²/γ with a = θ ⊙ g ⊙ sign(s), autodiff's gradient by the scores: what the published loop computes. */
export function releasedGradient({ weights, slopes, scores }: ScoreParts, coefficient: number): Mask {
  return tree.map(
    (weight: Tensor, slope: Tensor, score: Tensor) => {
      const direct = weight.mul(slope).mul(score.sign());
      return direct.sub(direct.square().mul(coefficient));
    },
    weights,
    slopes,
    scores,
  );
}
