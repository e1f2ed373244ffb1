import { cond, scan, where, zeros, type Tensor, type Tree } from '@core/tensor';

/** φ(t) = f(u + t d) at one t. */
export type LinePoint<P extends Tree> = {
  readonly t: Tensor;
  readonly value: Tensor;
  /** φ'(t) */
  readonly slope: Tensor;
  /** ∇f(u + t d) */
  readonly gradient: P;
};

export interface LineSearchSettings {
  /** c₁ of φ(t) <= φ(0) + c₁ t φ'(0). */
  readonly sufficientDecrease: Tensor;
  /** c₂ of |φ'(t)| <= c₂ |φ'(0)|; without it only the decrease is asked for (Armijo). */
  readonly curvature: Tensor | undefined;
  readonly maxEvaluations: number;
  /** Rounding of values: a rise of this size counts as none. */
  readonly slack: Tensor;
}

type Bracket<P extends Tree> = {
  readonly low: LinePoint<P>;
  readonly high: Omit<LinePoint<P>, 'gradient'>;
  readonly bounded: Tensor;
  readonly t: Tensor;
  readonly done: Tensor;
  readonly evaluations: Tensor;
};

/**
 * A step length that satisfies the strong Wolfe conditions, or Armijo's.
 *
 * A bracket [low, high] is kept, where low decreases enough and still falls too steeply, while high does not decrease enough or
 * rises: between them there is a point to accept (Nocedal & Wright, lemma 3.1). Without high the trial doubles; then it is the
 * minimum of the cubic through both ends, kept a tenth of the bracket away from them. Where no trial was accepted, the result
 * is the best low, at the worst t = 0.
 *
 * @param origin φ at 0, with a negative slope
 * @param evaluate φ at a t
 */
export function lineSearch<P extends Tree>(
  origin: LinePoint<P>,
  first: Tensor,
  evaluate: (t: Tensor) => LinePoint<P>,
  settings: LineSearchSettings,
): { readonly accepted: LinePoint<P>; readonly success: Tensor; readonly evaluations: Tensor } {
  const { sufficientDecrease, curvature, maxEvaluations, slack } = settings;
  const no = zeros([], { dtype: 'bool' });

  const advance = (bracket: Bracket<P>): Bracket<P> => {
    const trial = evaluate(bracket.t);
    const bound = origin.value.add(sufficientDecrease.mul(trial.t).mul(origin.slope)).add(slack);
    const decreases = trial.value.lessEqual(bound); // false for NaN
    const steep = curvature === undefined ? no : trial.slope.less(curvature.mul(origin.slope));
    const rising = curvature === undefined ? no : trial.slope.greater(curvature.mul(origin.slope).neg());
    const accept = decreases.logicalAnd(steep.logicalOr(rising).logicalNot());
    const raiseLow = accept.logicalOr(decreases.logicalAnd(steep));
    const low = choose(raiseLow, trial, bracket.low);
    const { gradient: _, ...ends } = trial;
    const lowerHigh = raiseLow.logicalNot();
    const high = choose(lowerHigh, ends, bracket.high);
    const bounded = bracket.bounded.logicalOr(lowerHigh);
    return {
      low,
      high,
      bounded,
      t: where(bounded, interpolate(low, high), trial.t.mul(2)),
      done: accept,
      evaluations: bracket.evaluations.add(1),
    };
  };

  const { gradient: _, ...end } = origin;
  const start: Bracket<P> = {
    low: origin,
    high: end,
    bounded: no,
    t: first,
    done: no,
    evaluations: zeros([], { dtype: 'int32' }),
  };
  const [last] = scan(
    (bracket: Bracket<P>) =>
      [
        cond(
          bracket.done,
          (same: Bracket<P>) => same,
          (b: Bracket<P>) => advance(b),
          bracket,
        ),
        null,
      ] as const,
    start,
    null,
    { length: maxEvaluations },
  );
  return { accepted: last.low, success: last.done, evaluations: last.evaluations };
}

/** Nocedal & Wright (3.59), within the bracket. */
function interpolate(
  low: Omit<LinePoint<Tree>, 'gradient'>,
  high: Omit<LinePoint<Tree>, 'gradient'>,
): Tensor {
  const width = high.t.sub(low.t);
  const d1 = low.slope.add(high.slope).sub(high.value.sub(low.value).div(width).mul(3));
  const d2 = d1.square().sub(low.slope.mul(high.slope)).maximum(0).sqrt();
  const share = high.slope
    .add(d2)
    .sub(d1)
    .div(high.slope.sub(low.slope).add(d2.mul(2)));
  const inside = where(share.isFinite(), share.neg().add(1), 0.5).clip(0.1, 0.9);
  return low.t.add(width.mul(inside));
}

function choose<T extends Readonly<Record<string, Tree>>>(condition: Tensor, a: T, b: T): T {
  return cond(
    condition,
    (x: T) => x,
    (_x: T, y: T) => y,
    a,
    b,
  );
}
