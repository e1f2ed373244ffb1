import {
  atLeastOne,
  belowOne,
  check,
  finite,
  fraction,
  nonNegative,
  positive,
  show,
  type Rule,
} from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, TreeError, full, zeros, type Tree } from '@core/tensor';
import { knownValue, scalarDType } from './math.js';
import type { Hyperparameter } from './types.js';

/** What each number may be, under the one name it has in every rule. */
export const ranges = {
  learningRate: nonNegative,
  beta1: belowOne,
  beta2: belowOne,
  alpha: belowOne,
  momentum: belowOne,
  dampening: fraction,
  epsilon: nonNegative,
  weightDecay: nonNegative,
  weightDecayRatio: nonNegative,
  delta: nonNegative,
  damping: positive,
  maxNorm: positive,
  maxValue: positive,
  stepSize: fraction,
  factor: finite,
  shampooBeta: belowOne,
  preconditionFrequency: atLeastOne,
  refreshProbability: fraction,
  anchoring: fraction,
  averaging: fraction,
  innerLearningRate: nonNegative,
  innerEffort: positive,
  sufficientDecrease: belowOne,
  curvature: belowOne,
  momentumDecay: nonNegative,
  rateDecay: nonNegative,
  rho: belowOne,
  gamma: nonNegative,
  decayRate: nonNegative,
  clipThreshold: positive,
  minimumScale: nonNegative,
  averagePower: nonNegative,
  ratePower: nonNegative,
} satisfies Readonly<Record<string, Rule>>;

export type HyperparameterName = keyof typeof ranges;

/** The part of a state that every rule with hyperparameters has. */
export type HyperparameterState<K extends string = string> = {
  /** Updates so far, int32. */
  readonly count: Tensor;
  /** The numbers among the options, as scalars. Schedules and tensors are not kept here. */
  readonly hyperparameters: { readonly [N in K]?: Tensor };
};

export interface HyperparameterReader<K extends string> {
  init(): HyperparameterState<K>;
  /** Every hyperparameter at this step, as a scalar of one dtype. */
  read(state: HyperparameterState<K>): Record<K, Tensor>;
  /** The state with the count advanced. */
  advance(state: HyperparameterState<K>): HyperparameterState<K>;
}

/**
 * Gives a rule its numbers, schedules and tensors alike, as scalar tensors. Values are checked by the caller.
 *
 * @param unused names whose part of the rule the other options leave out. They are not kept in the state, where a change of them
 *   would silently do nothing
 */
export function hyperparameters<K extends HyperparameterName>(
  owner: string,
  values: Readonly<Record<K, Hyperparameter>>,
  unused: readonly NoInfer<K>[] = [],
): HyperparameterReader<K> {
  const names = Object.keys(values) as K[]; // an object literal's own keys
  return {
    init: () => {
      const numbers = names.flatMap((name) => {
        const value = values[name];
        if (unused.includes(name)) return [];
        return typeof value === 'number' ? [[name, full([], value, { dtype: scalarDType() })]] : [];
      });
      return {
        count: zeros([], { dtype: 'int32' }),
        hyperparameters: Object.fromEntries(numbers) as { [N in K]?: Tensor }, // keys are names
      };
    },
    read: (state) => {
      const entries = names.map((name) => {
        const value = values[name];
        const read = unused.includes(name) && typeof value === 'number' ? () => value : value;
        return [name, resolve(owner, name, read, state)];
      });
      return Object.fromEntries(entries) as Record<K, Tensor>; // one entry for each name
    },
    advance: ({ count, hyperparameters: kept }) => ({
      count: count.add(1),
      // Tensors of its own, so that the old state may be disposed.
      hyperparameters: Object.fromEntries(
        Object.entries<Tensor | undefined>(kept).map(([name, x]) => [name, x?.mul(1)]),
      ) as typeof kept,
    }),
  };
}

function resolve(
  owner: string,
  name: HyperparameterName,
  value: Hyperparameter,
  state: { readonly count: Tensor; readonly hyperparameters: Readonly<Record<string, Tensor | undefined>> },
): Tensor {
  if (value instanceof Tensor) return value.cast(scalarDType());
  if (typeof value === 'number') {
    const kept = state.hyperparameters[name];
    if (kept !== undefined) return kept;
    throw new TreeError(
      `${owner}: the state has no hyperparameters.${name}; it was made by another optimizer`,
    );
  }
  const scheduled: unknown = value(state.count);
  if (typeof scheduled === 'number') {
    check(owner, `what the schedule of ${name} gives`, scheduled, ranges[name]);
    return full([], scheduled, { dtype: scalarDType() });
  }
  if (!(scheduled instanceof Tensor) || scheduled.ndim !== 0)
    throw new ShapeError(
      `${owner}: the schedule of ${name} must give a number or a scalar, gave ${show(scheduled)}`,
    );
  if (Number.isNaN(knownValue(scheduled)))
    throw new ArgumentError(
      `${owner}: what the schedule of ${name} gives must be ${ranges[name].words}, got NaN`,
    );
  return scheduled.cast(scalarDType());
}

/**
 * The state with other hyperparameters, wherever in it they are named so: in every stage of a chain, every group of a
 * partition. Shapes and dtypes stay, so a compiled step runs on without being compiled again.
 *
 * ```ts
 * state = withHyperparameters(state, { learningRate: 1e-4 });
 * ```
 *
 * For one group, change that part of the state: `{ ...state, biases: withHyperparameters(state.biases, …) }`.
 *
 * @throws ArgumentError for a name that the state does not hold (its option is a schedule, a tensor, or a 0 that left
 *   its rule out), or a value that it cannot have
 */
export function withHyperparameters<S>(state: S, values: Readonly<Record<string, number | Tensor>>): S {
  if (typeof values !== 'object' || values === null || values instanceof Tensor)
    throw new ArgumentError(`withHyperparameters: values must be numbers by name, got ${show(values)}`);
  const known = hyperparametersOf(state);
  for (const [name, value] of Object.entries(values)) {
    if (!known.has(name)) {
      const names = [...known.keys()].join(', ') || 'none';
      throw new ArgumentError(
        `withHyperparameters: this state holds no ${name}; it holds ${names}. ` +
          'Schedules, tensors and what was left out by a 0 are not kept in the state',
      );
    }
    if (typeof value === 'number') {
      const rule: Rule | undefined = (ranges as Readonly<Record<string, Rule>>)[name];
      check('withHyperparameters', name, value, rule ?? finite);
    } else if (!(value instanceof Tensor))
      throw new ArgumentError(
        `withHyperparameters: ${name} must be a number or a tensor, got ${show(value)}`,
      );
  }
  const put = (name: string, old: Tensor, value: number | Tensor): Tensor => {
    if (!(value instanceof Tensor)) return full(old.shape, value, { dtype: old.dtype });
    // A state that vmap made holds one scalar for each member of the batch.
    if (value.shape.join() === old.shape.join()) return value.cast(old.dtype);
    throw new ShapeError(`withHyperparameters: ${name} is ${show(old)} in the state, got ${show(value)}`);
  };
  const visit = (part: unknown): unknown => {
    if (part instanceof Tensor || typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(visit);
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        isHolder(part, key) ? exchange(value as Holder) : visit(value),
      ]),
    );
  };
  const exchange = (holder: Holder): Holder =>
    Object.fromEntries(
      Object.entries(holder).map(([name, old]) => {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        return [name, value === undefined ? old : put(name, old, value)];
      }),
    );
  return visit(state) as S; // only scalars were exchanged
}

/**
 * The hyperparameters that a state holds, by name: one scalar for each place, in a chain's or partition's order.
 *
 * ```ts
 * hyperparametersOf(state).get('learningRate')?.[0]?.item();
 * ```
 */
export function hyperparametersOf(state: unknown): ReadonlyMap<string, readonly Tensor[]> {
  const found = new Map<string, Tensor[]>();
  const visit = (part: unknown): void => {
    if (part instanceof Tensor || typeof part !== 'object' || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (!isHolder(part, key)) visit(value);
      else
        for (const [name, x] of Object.entries(value as Holder))
          found.set(name, [...(found.get(name) ?? []), x]);
    }
  };
  visit(state);
  return found;
}

type Holder = Readonly<Record<string, Tensor>>;

/** Whether `part[key]` is the record of a rule's hyperparameters, and not a parameter that is called so. */
function isHolder(part: object, key: string): boolean {
  const { hyperparameters: holder, count } = part as Partial<HyperparameterState>;
  if (key !== 'hyperparameters' || !(count instanceof Tensor) || count.dtype !== 'int32') return false;
  return (
    typeof holder === 'object' && Object.values<Tree | undefined>(holder).every((x) => x instanceof Tensor)
  );
}
