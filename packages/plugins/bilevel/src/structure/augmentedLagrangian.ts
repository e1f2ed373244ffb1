import { nonNegative, positive } from '@core/registry/checks';
import { tensor, type Tensor } from '@core/tensor';
import { thresholdWeights } from './accuracy.js';
import { lbfgs } from './lbfgs.js';
import { orderFromWeights, orderTensor } from './orders.js';
import { checkStructureProblem, firstLosses, kept, lossesUpTo, withLoss, type StructureProblem, type StructureSolver } from './problem.js'; // prettier-ignore

export interface AugmentedLagrangianOptions {
  /** The h at which it ends, greater than 0. Default 1e-8. */
  readonly acyclicityTolerance?: number;
  /** The ρ at which it ends, greater than 0. Default 1e16. */
  readonly largestPenalty?: number;
  /** Relative decrease of the objective by a step of L-BFGS that ends a minimisation, greater than 0. Default 2.2e-9, SciPy's. */
  readonly tolerance?: number;
  /** Weights below it are 0 in the solution, at least 0. Default 0.3. */
  readonly threshold?: number;
}

export const augmentedLagrangianRules = {
  acyclicityTolerance: positive,
  largestPenalty: positive,
  tolerance: positive,
  threshold: nonNegative,
};

/** `loss` is without penalties, `acyclicity` is h; `evaluations` are those so far. */
export type NotearsMeasure = 'loss' | 'acyclicity' | 'penalty' | 'evaluations';

export type NotearsState = {
  /** What is optimised, as the model has it: W as [d, d] of the linear one. */
  readonly variables: Tensor;
  readonly acyclicity: Tensor;
  /** α and ρ of the augmented Lagrangian. */
  readonly multiplier: Tensor;
  readonly penalty: Tensor;
  readonly losses: Tensor;
  readonly rounds: Tensor;
  readonly evaluations: Tensor;
};

/** A model whose graph is learned by its weights, on given samples. */
export interface WeightedModel {
  readonly shape: readonly number[];
  /** The weight of each |x_i|. */
  readonly penalties: Float64Array;
  start(key: Tensor): Float64Array;
  /** loss + ½ρh² + αh and its gradient; the loss alone, and h. */
  evaluate(
    this: void,
    x: Float64Array,
    multiplier: number,
    penalty: number,
  ): { readonly value: number; readonly gradient: Float64Array; readonly loss: number; readonly h: number };
  /** [d, d] */
  strengths(x: Float64Array): Float64Array;
}

/** How far h must fall in a round; where it does not, ρ grows tenfold and the round begins again. */
const progress = 0.25;
/** SciPy's most iterations of L-BFGS. */
const mostIterations = 15_000;

/**
 * min loss(x) + penalties |x|₁ where h(x) = 0, by the augmented Lagrangian: a step is one round, ρ ← 10 ρ until h has fallen to a
 * quarter, then α ← α + ρ h.
 */
export function augmentedLagrangian(
  owner: string,
  options: AugmentedLagrangianOptions,
  modelFor: (samples: Tensor) => WeightedModel,
): StructureSolver<NotearsState, NotearsMeasure> {
  const { acyclicityTolerance = 1e-8, largestPenalty = 1e16, tolerance = 2.2e-9, threshold = 0.3 } = options;
  const prepared = new WeakMap<Tensor, WeightedModel>();
  const modelOf = ({ samples }: StructureProblem): WeightedModel => {
    const model = prepared.get(samples) ?? modelFor(samples);
    prepared.set(samples, model);
    return model;
  };
  const number = (scalar: Tensor): number => Number(scalar.item());
  return {
    init: (problem, key) => {
      checkStructureProblem(owner, problem);
      const model = modelOf(problem);
      const x = model.start(key);
      const { loss, h } = model.evaluate(x, 0, 1);
      return {
        variables: kept(x, model.shape),
        acyclicity: kept(h),
        multiplier: kept(0),
        penalty: kept(1),
        losses: firstLosses(loss),
        rounds: kept(0),
        evaluations: kept(1),
      };
    },
    step: (problem, state) => {
      const { shape, penalties, evaluate } = modelOf(problem);
      const settings = { penalties, iterations: mostIterations, decrease: tolerance };
      const multiplier = number(state.multiplier);
      const rounds = number(state.rounds);
      // h of the start is no measure of progress: at W = 0 it is 0.
      const before = rounds === 0 ? Infinity : number(state.acyclicity);
      let penalty = number(state.penalty);
      let evaluations = number(state.evaluations);
      let x: Float64Array = Float64Array.from(state.variables.dataSync());
      for (;;) {
        const at = penalty;
        const f = (point: Float64Array): ReturnType<typeof evaluate> => {
          evaluations += 1;
          return evaluate(point, multiplier, at);
        };
        x = lbfgs(f, x, settings).x;
        const { h, loss } = f(x);
        if (h > progress * before && penalty < largestPenalty) penalty *= 10;
        else {
          return {
            state: {
              variables: kept(x, shape),
              acyclicity: kept(h),
              multiplier: kept(multiplier + penalty * h),
              penalty: kept(penalty),
              losses: withLoss(state.losses, rounds + 1, loss),
              rounds: kept(rounds + 1),
              evaluations: kept(evaluations),
            },
            measures: { loss, acyclicity: h, penalty, evaluations },
          };
        }
      }
    },
    solution: (problem, { variables, losses, rounds }) => {
      const nodes = problem.samples.shape[1] ?? 1;
      const found = modelOf(problem).strengths(Float64Array.from(variables.dataSync()));
      const weights = thresholdWeights(kept(found, [nodes, nodes]), threshold);
      return {
        weights: weights.cast(problem.samples.dtype),
        order: orderTensor(orderFromWeights(weights, { onCycle: 'break' })),
        losses: lossesUpTo(losses, number(rounds)),
      };
    },
    finished: (_, { acyclicity, penalty, rounds }) =>
      number(rounds) > 0 && (number(acyclicity) <= acyclicityTolerance || number(penalty) >= largestPenalty),
  };
}

/** Calls a compiled function of a vector, and gives its results as numbers. */
export function evaluated(
  program: (
    x: Tensor,
    multiplier: Tensor,
    penalty: Tensor,
  ) => { value: Tensor; gradient: Tensor; loss: Tensor; h: Tensor },
  shape: readonly number[],
): WeightedModel['evaluate'] {
  const scalar = (value: number): Tensor => tensor(value, { dtype: 'float64' });
  return (x, multiplier, penalty) => {
    const at = tensor(x.slice(), { shape, dtype: 'float64' });
    const of = program(at, scalar(multiplier), scalar(penalty));
    const [value, loss, h] = [of.value, of.loss, of.h].map((t) => Number(t.item())) as [
      number,
      number,
      number,
    ];
    const gradient = Float64Array.from(of.gradient.dataSync());
    for (const t of [at, of.value, of.loss, of.h, of.gradient]) t.dispose();
    return { value, gradient, loss, h };
  };
}
