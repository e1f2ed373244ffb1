import { checkOptions, checkRequired, wholeNumber, type Rule } from '@core/registry/checks';
import { ArgumentError, full, where, zeros, Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { complement, inDType, scalarDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScheduleFreeOptions {
  /** γ. It may be a schedule, but needs none. At least 0. */
  readonly learningRate: Hyperparameter;
  /** β, where between z and x gradients are taken. Greater than 0, below 1. Default 0.9. */
  readonly momentum?: Hyperparameter;
  /** Updates over which the rate rises to its value. Default 0. */
  readonly warmupSteps?: number;
  /** r: the average weighs the t-th iterate with tʳ. At least 0. Default 0. */
  readonly averagePower?: Hyperparameter;
  /** p: the average weighs iterates with the largest rate so far to this power. At least 0. Default 2. */
  readonly ratePower?: Hyperparameter;
}

export type ScheduleFreeState = HyperparameterState<
  'learningRate' | 'momentum' | 'averagePower' | 'ratePower'
> & {
  /** z, the iterates without averaging. */
  readonly z: Tree;
  /** β of the last update: the parameters are (1 - β) z + β x. */
  readonly interpolation: Tensor;
  /** The largest rate so far. */
  readonly largestRate: Tensor;
  /** The sum of all weights so far. */
  readonly weightSum: Tensor;
};

/** Between 0 and 1, both excluded: at 0 the average could not be told from the parameters. */
export const inside: Rule = {
  words: 'a number greater than 0 and below 1',
  holds: (value) => typeof value === 'number' && value > 0 && value < 1,
};

/**
 * The last stage of a schedule-free optimizer: steps and averages at once, so that no schedule needs to know the end.
 *
 *     z ← z - γ u                                     u: what the stages before made of the gradient at y
 *     c = w / Σ w,   w = tʳ (largest γ so far)ᵖ
 *     x ← (1 - c) x + c z
 *     y ← (1 - β) z + β x                             the parameters; x is what to evaluate with: `evaluationParams`
 *
 * x is not kept: it follows from y and z. State: one array per parameter (z).
 * Source: Defazio et al. 2024 (arXiv:2405.15682), eqs. 1 to 3; facebookresearch/schedule_free, whose weights these are.
 *
 * @throws ArgumentError
 */
export function scheduleFree(options: ScheduleFreeOptions): Transform<ScheduleFreeState> {
  const owner = 'scheduleFree';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    momentum: hyper(inside),
    warmupSteps: wholeNumber,
    averagePower: hyper(ranges.averagePower),
    ratePower: hyper(ranges.ratePower),
  });
  checkRequired(owner, options, ['learningRate']);
  const { learningRate, momentum = 0.9, warmupSteps = 0, averagePower = 0, ratePower = 2 } = options;
  const numbers = hyperparameters(owner, { learningRate, momentum, averagePower, ratePower });
  return {
    init: (params) => ({
      ...numbers.init(),
      z: likeParams(owner, params, (param) => param.mul(1)),
      interpolation: full([], 1, { dtype: scalarDType() }),
      largestRate: zeros([], { dtype: scalarDType() }),
      weightSum: zeros([], { dtype: scalarDType() }),
    }),
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1).cast(h.learningRate.dtype);
      const rate = warmupSteps === 0 ? h.learningRate : h.learningRate.mul(t.div(warmupSteps).minimum(1));
      const largestRate = state.largestRate.maximum(rate);
      const weight = t.pow(h.averagePower).mul(largestRate.pow(h.ratePower));
      const weightSum = state.weightSum.add(weight);
      // No weight at all while the rate is 0.
      const some = weightSum.greater(0);
      const share = where(some, weight.div(where(some, weightSum, 1)), 0);
      // y in terms of the old y, z and u, with x = (y - (1 - β₀) z) / β₀ where β₀ is the last β.
      const ofZ = complement(h.momentum).add(h.momentum.mul(share));
      const ofY = complement(share).mul(h.momentum).div(state.interpolation);
      const scalars = inDType({
        rate,
        y: ofY.sub(1),
        z: ofZ.sub(ofY.mul(complement(state.interpolation))),
        u: rate.mul(ofZ).neg(),
      });
      const { updates, z } = leafwise(
        owner,
        params,
        { grads, z: state.z },
        ['updates', 'z'],
        ({ grads: u, z: z0, param }) => {
          const s = scalars(u.dtype);
          return {
            updates: param.mul(s.y).add(z0.mul(s.z)).add(u.mul(s.u)),
            z: z0.sub(u.mul(s.rate)),
          };
        },
      );
      const interpolation = h.momentum.mul(1);
      return { updates, state: { ...numbers.advance(state), z, interpolation, largestRate, weightSum } };
    },
    evaluationParams: (state, params) => evaluationParams(state, params),
  };
}

/**
 * The parameters to evaluate and to keep, of a schedule-free optimizer: x = (y - (1 - β) z) / β, the average of its iterates.
 * Training goes on with the parameters as they are.
 *
 * ```ts
 * const accuracy = test(model, evaluationParams(state, params));
 * ```
 *
 * Batch statistics of normalisation layers belong to y; compute them anew for x.
 *
 * @param state of `scheduleFreeSgd`, `scheduleFreeAdamw`, or of a chain with `scheduleFree` in it
 * @param params y, the parameters that the optimizer moves
 * @throws ArgumentError where the state has no such part, or several; TreeError, ShapeError where it is of other parameters
 */
export function evaluationParams<P extends Tree>(state: unknown, params: P): P {
  const owner = 'evaluationParams';
  const found = scheduleFreeParts(state);
  const [part] = found;
  if (part === undefined || found.length > 1)
    throw new ArgumentError(
      `${owner}: the state must hold one schedule-free part, found ${found.length}; ` +
        'give the state of one group and its parameters',
    );
  const inverse = part.interpolation.reciprocal();
  const scalars = inDType({ y: inverse, z: complement(inverse) });
  const { x } = leafwise(owner, params, { z: part.z }, ['x'], ({ z, param }) => {
    const s = scalars(param.dtype);
    return { x: param.mul(s.y).add(z.mul(s.z)) };
  });
  return x as P; // the structure is the parameters'
}

type Part = Pick<ScheduleFreeState, 'z' | 'interpolation'>;

/** The states of `scheduleFree` in a state, wherever they are. */
export function scheduleFreeParts(state: unknown): readonly Part[] {
  if (state instanceof Tensor || typeof state !== 'object' || state === null) return [];
  const { z, interpolation, weightSum } = state as Partial<ScheduleFreeState>;
  if (z !== undefined && interpolation instanceof Tensor && weightSum instanceof Tensor)
    return [{ z, interpolation }];
  return Object.values(state).flatMap(scheduleFreeParts);
}
