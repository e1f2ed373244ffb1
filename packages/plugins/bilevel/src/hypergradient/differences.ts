import type { Tensor } from '@core/tensor';
import type { Levels } from '../levels.js';
import { norm } from '../vectors.js';
import type { HypergradientOptions } from './options.js';
import { result, type Hypergradient } from './result.js';

/**
 * J p by [∇ₓg(x, y + e p) - ∇ₓg(x, y - e p)] / 2e with e = R/|p|. Nothing is added to y and taken off again: with `nudge` the y to
 * go on from is y - e p, where Betty's weights are before they are put back.
 */
export function byDifferences<X, Y>(
  owner: string,
  at: Levels<X, Y>,
  y: Y,
  options: Extract<HypergradientOptions<X, Y>, { method: 'darts' | 'sama' }>,
): Hypergradient<X, Y> {
  const [x, leaves] = [at.x.leaves, at.y.leaves];
  const [direct, slope] = at.upperGradients(x, leaves);
  const sama = options.method === 'sama';
  const p =
    sama && options.precondition !== undefined
      ? at.y.take(options.precondition(at.y.derivative(slope)))
      : slope;
  const { radius = sama ? 1 : 0.01, nudge = false } = options;
  const e = norm(p).add(1e-15).reciprocal().mul(radius);
  const moved = (sign: number): readonly Tensor[] =>
    leaves.map((leaf, i) => leaf.add((p[i] ?? leaf).mul(e.mul(sign).cast(leaf.dtype))));
  const back = moved(-1);
  const [ahead, behind] = [at.lowerByX(x, moved(1)), at.lowerByX(x, back)];
  const factor = (options.method === 'darts' ? options.learningRate : undefined) ?? 1;
  const scale = e.mul(2).reciprocal().mul(factor);
  const gradient = direct.map((leaf, i) =>
    leaf.sub((ahead[i] ?? leaf).sub(behind[i] ?? leaf).mul(scale.cast(leaf.dtype))),
  );
  return result(owner, at, gradient, nudge ? at.y.build(back) : y);
}
