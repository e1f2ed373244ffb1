import { show } from '@core/registry/checks';
import { ArgumentError, TreeError, type Tree } from '@core/tensor';
import { checkParams, leafwise } from '../leaves.js';
import type { Optimizer, StateOf, Transform } from '../types.js';
import { observed } from './observed.js';
import { evaluationOfStages } from './evaluation.js';

/**
 * One transform after the other: each gets what the one before made of the gradients.
 *
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3));
 * const same = chain({ clip: clipByGlobalNorm(1), adam: adamw({ learningRate: 1e-3 }) }); // with names
 * ```
 *
 * State: the stages' states, as a list, or under their names. An optimizer may be a stage too, usually the last one.
 *
 * @throws ArgumentError for something that is no transform
 */
export function chain<const T extends readonly Transform[]>(
  ...stages: T
): Optimizer<{ readonly [K in keyof T]: StateOf<T[K]> }>;
export function chain<const T extends Readonly<Record<string, Transform>>>(
  stages: T,
): Optimizer<{ readonly [K in keyof T]: StateOf<T[K]> }>;
export function chain(
  ...given: readonly (Transform | Readonly<Record<string, Transform>>)[]
): Optimizer<unknown> {
  const [first] = given;
  if (given.length === 1 && first !== undefined && !isTransform(first)) return namedChain('chain', first);
  // A record among several stages is refused here.
  const list = given.map((stage, i) => requireTransform('chain', `stage ${i}`, stage));
  return {
    init: (params) => start('chain', list, params),
    update: (grads, state, params) => run('chain', list, grads, state as readonly unknown[], params), // made by init
    ...observed(list.map((transform, i) => ({ transform, state: (all) => (all as readonly unknown[])[i] }))), // made by init
    ...evaluationOfStages(list, (state: unknown, stage) => (state as readonly unknown[])[stage]), // as above
  };
}

/** A chain with names, whose errors name the optimizer that it is. */
export function namedChain<const T extends Readonly<Record<string, Transform>>>(
  owner: string,
  stages: T,
): Optimizer<{ readonly [K in keyof T]: StateOf<T[K]> }> {
  type State = { readonly [K in keyof T]: StateOf<T[K]> };
  if (typeof stages !== 'object' || stages === null)
    throw new ArgumentError(`${owner}: stages are transforms, got ${show(stages)}`);
  const names = Object.keys(stages);
  const list = names.map((name) => requireTransform(owner, `stage ${name}`, stages[name]));
  const join = (states: readonly unknown[]): State =>
    Object.fromEntries(names.map((name, i) => [name, states[i]])) as State; // one state for each stage
  return {
    init: (params) => join(start(owner, list, params)),
    update: (grads, state, params) => {
      const before: Readonly<Record<string, unknown>> = state;
      const next = run(owner, list, grads, names.map((name) => before[name]), params); // prettier-ignore
      return { updates: next.updates, state: join(next.state) };
    },
    ...observed<State>(list.map((transform, i) => ({ transform, state: (all) => all[names[i] ?? ''] }))),
    ...evaluationOfStages(list, (state: State, stage) => state[names[stage] as keyof T]), // the names are T's keys
  };
}

function start(owner: string, stages: readonly Transform[], params: Tree): readonly unknown[] {
  checkParams(owner, params);
  return stages.map((stage) => stage.init(params));
}

function run(
  owner: string,
  stages: readonly Transform[],
  grads: Tree,
  states: readonly unknown[],
  params: Tree,
): { updates: Tree; state: readonly unknown[] } {
  if (!Array.isArray(states) || states.length !== stages.length || states.includes(undefined))
    throw new TreeError(`${owner}: the state is not one of these ${stages.length} stages; make it with init`);
  // Checked here once more, so that the message names what the caller knows, whatever the first stage looks at.
  leafwise(owner, params, { grads }, [], () => ({}));
  let updates = grads;
  const next = stages.map((stage, i) => {
    const result = stage.update(updates, states[i], params);
    updates = result.updates;
    return result.state;
  });
  return { updates, state: next };
}

function isTransform(value: unknown): value is Transform {
  if (typeof value !== 'object' || value === null) return false;
  const { init, update } = value as Partial<Transform>;
  return typeof init === 'function' && typeof update === 'function';
}

export function requireTransform(owner: string, what: string, value: unknown): Transform {
  if (isTransform(value)) return value;
  throw new ArgumentError(
    `${owner}: ${what} must be an optimizer or transform ({ init, update }), got ${show(value)}`,
  );
}
