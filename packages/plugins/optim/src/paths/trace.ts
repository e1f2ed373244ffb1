import { atLeastOne, check, checkOptions, nonNegative, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, grad, jit, scan, tensor, vmap } from '@core/tensor';
import { applyUpdates } from '../applyUpdates.js';
import { requireTransform } from '../compose/chain.js';
import { withHyperparameters } from '../hyperparameters.js';
import { scalarDType } from '../math.js';
import { evaluationParams, scheduleFreeParts } from '../transforms/scheduleFree.js';
import type { Optimizer } from '../types.js';
import { checkObjective, type PathObjective, type Point } from './objectives.js';

/** Where an optimizer went. */
export interface Path {
  /** The start, and where it was after each step. */
  readonly points: readonly Point[];
  /** f at each of the points. */
  readonly losses: readonly number[];
  /** The rate, where the trace was asked for one. */
  readonly learningRate?: number;
}

export interface TracePathOptions {
  /** Default 300. */
  readonly steps?: number;
  /** Takes the place of the rate that the optimizer was made with; see `withHyperparameters`. Default that rate. */
  readonly learningRate?: number;
}

export interface TunePathOptions {
  /** Default 300. */
  readonly steps?: number;
  /** Rates to try, ascending. Default 1, 2 and 5 times the powers of ten from 1e-4 to 50. */
  readonly learningRates?: readonly number[];
}

/** 1, 2 and 5 times each power of ten from 1e-4 to 10. */
const defaultRates = [-4, -3, -2, -1, 0, 1].flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

/**
 * Lets an optimizer walk down an objective, in one compiled loop.
 *
 * The point is a 1 × 2 matrix to the optimizer, so that those that look at matrices see one; in float64 where the backend has it.
 * A path that leaves the finite numbers stays away: its points are then NaN or infinite. Of the schedule-free it is the path of
 * what would be evaluated, `evaluationParams`.
 *
 * ```ts
 * const { points, losses } = tracePath(adam({ learningRate: 0.1 }), pathObjectives.rosenbrock, { steps: 500 });
 * ```
 *
 * @throws ArgumentError, also for a learningRate where the state holds none; ShapeError for a loss that gives no scalar
 */
export function tracePath<State>(
  optimizer: Optimizer<State>,
  objective: PathObjective,
  options: TracePathOptions = {},
): Path {
  const owner = 'tracePath';
  checkOptions(owner, options, { steps: atLeastOne, learningRate: nonNegative });
  const { learningRate, steps = 300 } = options;
  const walk = walker(owner, optimizer, objective, steps);
  try {
    return walk.from(learningRate);
  } finally {
    walk.dispose();
  }
}

/**
 * The path with the best of some learning rates: of those that stay inside the objective's frame the one whose losses have the
 * smallest mean over the last tenth of the steps, and the smaller rate of two that are equal. Where no path stays inside, the best
 * of all.
 *
 * @throws ArgumentError, also where every rate leads away from the finite numbers
 */
export function tunePath<State>(
  optimizer: Optimizer<State>,
  objective: PathObjective,
  options: TunePathOptions = {},
): Path {
  const owner = 'tunePath';
  const rates = { words: 'a list of rates', holds: (value: unknown) => Array.isArray(value) && value.length > 0 }; // prettier-ignore
  checkOptions(owner, options, { steps: atLeastOne, learningRates: rates });
  const { learningRates = defaultRates, steps = 300 } = options;
  for (const rate of learningRates) check(owner, 'each learning rate', rate, nonNegative);
  const walk = walker(owner, optimizer, objective, steps);
  try {
    const paths = learningRates.map((rate) => walk.from(rate));
    const inside = paths.filter((path) => staysInside(path, objective));
    const best = bestOf(inside) ?? bestOf(paths);
    if (best !== undefined) return best;
  } finally {
    walk.dispose();
  }
  throw new ArgumentError(`${owner}: every rate of ${learningRates.join(', ')} leads away`);
}

function bestOf(paths: readonly Path[]): Path | undefined {
  const scored = paths.map((path) => ({ path, score: meanOfLastTenth(path.losses) }));
  const finite = scored.filter(({ score }) => Number.isFinite(score));
  return finite.sort((a, b) => a.score - b.score)[0]?.path;
}

function staysInside({ points }: Path, { frame }: PathObjective): boolean {
  return points.every(([x, y]) => x >= frame.x[0] && x <= frame.x[1] && y >= frame.y[0] && y <= frame.y[1]);
}

function meanOfLastTenth(losses: readonly number[]): number {
  const last = losses.slice(-Math.ceil(losses.length / 10));
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

/** The loop, compiled once for all rates. */
function walker<State>(
  owner: string,
  optimizer: Optimizer<State>,
  objective: PathObjective,
  steps: number,
): { from(learningRate?: number): Path; dispose(): void } {
  requireTransform(owner, 'the optimizer', optimizer);
  checkObjective(owner, objective);
  const loss = (params: Tensor): Tensor => {
    const value: unknown = objective.loss(params.reshape([2]));
    if (value instanceof Tensor && value.ndim === 0) return value;
    throw new ShapeError(`${owner}: the objective's loss must be a scalar tensor, got ${show(value)}`);
  };
  type Carry = { readonly params: Tensor; readonly state: State };
  const place = ({ params, state }: Carry): Tensor =>
    (scheduleFreeParts(state).length === 1 ? evaluationParams(state, params) : params).reshape([2]);
  const step = ({ params, state }: Carry): readonly [Carry, Tensor] => {
    const next = optimizer.update(grad(loss)(params), state, params);
    const after: Carry = { params: applyUpdates(params, next.updates as Tensor), state: next.state };
    return [after, place(after)];
  };
  const program = jit((carry: Carry) => {
    const [, places] = scan(step, carry, null, { length: steps });
    return { places, losses: vmap(loss)(places) };
  });
  return {
    from: (learningRate) => {
      const params = tensor([[...objective.start]], { dtype: scalarDType() });
      const initial = optimizer.init(params);
      const state = learningRate === undefined ? initial : withHyperparameters(initial, { learningRate });
      const { places, losses } = program({ params, state });
      const flat = Array.from(places.dataSync(), Number);
      return {
        points: [
          objective.start,
          ...Array.from({ length: steps }, (_, i): Point => [flat[2 * i] ?? NaN, flat[2 * i + 1] ?? NaN]),
        ],
        losses: [loss(params).item(), ...Array.from(losses.dataSync(), Number)],
        ...(learningRate === undefined ? {} : { learningRate }),
      };
    },
    dispose: () => program.dispose(),
  };
}
