import { atLeastOne, check, checkOptions, nonNegative, positive } from '@core/registry/checks';
import { full, type Tensor } from '@core/tensor';
import { levelsOf } from '../levels.js';
import { iterate } from '../linear/loop.js';
import { checkProblem, type BilevelProblem } from '../problem.js';
import { combine, minus, norm } from '../vectors.js';
import { project } from '../solvers/shared.js';

export interface PenaltyHyperObjectiveOptions {
  /** σ of h = σf + g; F2SA's λ is 1/σ. Greater than 0. */
  readonly sigma: number;
  /** Rate of the projected gradient descent that solves both lower problems. Greater than 0. */
  readonly learningRate: number;
  /** The most steps. Default 10000. */
  readonly iterations?: number;
  /** Ends where a step is shorter than this times the rate. At least 0. Default 1e-12. */
  readonly tolerance?: number;
}

export interface PenaltyHyperObjective<X, Y> {
  /** ψ_σ(x) = (min h - min g)/σ. */
  readonly value: Tensor;
  readonly grad: X;
  /** The minimiser of σf + g. */
  readonly y: Y;
  /** The minimiser of g. */
  readonly z: Y;
}

/**
 * The penalised hyper-objective and its gradient, with both lower problems solved, over the set of `projections.y`:
 *
 *     ψ_σ(x) = (min_y σf + g - min_z g)/σ,   ∇ψ_σ = ∇ₓf(x, y) + (∇ₓg(x, y) - ∇ₓg(x, z))/σ
 *
 * It tends to min {f(x, y): y ∈ argmin g} with σ, the gradient at the rate O(σ), also where g has many minimisers. Where ψ jumps the
 * gradient grows as 1/σ. In float32 use σ >= 1e-3: the difference is divided by it.
 *
 * Source: Kwon et al. 2024 (arXiv:2309.01753), Danskin's theorem.
 *
 * @throws ArgumentError for options
 */
export function penaltyHyperObjective<X, Y, B>(
  problem: BilevelProblem<X, Y, B>,
  options: PenaltyHyperObjectiveOptions,
): (x: X, y: Y) => PenaltyHyperObjective<X, Y> {
  const owner = 'penaltyHyperObjective';
  checkProblem(owner, problem);
  checkOptions(owner, options, {
    sigma: positive,
    learningRate: positive,
    iterations: atLeastOne,
    tolerance: nonNegative,
  });
  for (const name of ['sigma', 'learningRate'] as const) check(owner, name, options[name], positive);
  const { sigma, learningRate, iterations = 10_000, tolerance = 1e-12 } = options;
  return (x, y) => {
    const at = levelsOf(owner, problem, x, y);
    const xs = at.x.leaves;
    const minimum = (weight: number): readonly Tensor[] => {
      const step = ({ w }: { readonly w: readonly Tensor[] }) => {
        const slope = at.lowerByY(xs, w);
        const whole = weight === 0 ? slope : combine([1, slope], [weight, at.upperGradients(xs, w)[1]]);
        const moved = at.y.take(
          project(problem.projections?.y, at.y.build(combine([1, w], [-learningRate, whole]))),
        );
        return { w: moved, active: norm(minus(moved, w)).greater(tolerance * learningRate) };
      };
      const first = { w: at.y.leaves, active: full([], true, { dtype: 'bool' }) };
      return iterate(step, first, iterations).w;
    };
    const [w, z] = [minimum(sigma), minimum(0)];
    const gap = minus(at.lowerByX(xs, w), at.lowerByX(xs, z));
    return {
      value: at.upper(xs, w).add(at.lower(xs, w).sub(at.lower(xs, z)).div(sigma)),
      grad: at.x.derivative(combine([1, at.upperGradients(xs, w)[0]], [1 / sigma, gap])),
      y: at.y.build(w),
      z: at.y.build(z),
    };
  };
}
