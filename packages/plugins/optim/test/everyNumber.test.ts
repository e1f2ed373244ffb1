import { describe, expect, it } from 'vitest';
import { jit, tree, type Tensor, type Tree } from '@core/tensor';
import { applyUpdates, withHyperparameters, type Optimizer, type Schedule } from '../src/index.js';
import { optimizers, type Listed, type NumericOption } from './manifest.js';
import { distance, f64, flat, follow, randomTensor } from './support.js';

/*
 * Every number of every optimizer in the manifest, as the config schemas list them: given as numbers, schedules and tensors, and
 * changed in the state, they do the same, in one compiled function that is traced once.
 */

const some = (seed: number) => ({
  weight: randomTensor(seed, [3, 2]),
  bias: randomTensor(seed + 10, [2]),
  scale: randomTensor(seed + 20, []),
});
const params = some(1);
/** As many as it takes until RAdam's steps are adaptive. */
const grads = [2, 3, 4, 5, 6, 7, 8].map(some);
type Params = typeof params;
type Values = Readonly<Record<string, number>>;

/** Numbers that are no part of the rule's arithmetic, and why they cannot change from step to step. */
const fixed: Readonly<Record<string, string>> = {
  epsilonRoot: 'says whether there is anything inside the root',
  windowSize: 'the length of a state',
  maxPreconditionDimension: 'decides on the shapes of a state',
  minimumFactoredSize: 'decides on the shapes of a state',
  newtonSchulzSteps: 'the length of a program',
  initialAccumulator: 'what a state starts at',
  warmupSteps: 'a schedule, in steps',
  every: 'a rhythm, in steps',
  throwAfter: 'a limit, in steps',
  period: 'a rhythm, in steps',
  batchSize: 'a fact about the gradients',
};

/** Names that a number has in the state, where it is not the option's. */
const inState: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'schedule-free-adamw': { beta1: 'momentum', beta2: 'alpha' },
};

/** Names that several groups have, all of which `withHyperparameters` reaches: Muon's matrices, and what moves the others. */
const shared: Readonly<Record<string, readonly string[]>> = { muon: ['learningRate'] };

const scheduled = ({ numbers }: Listed): readonly NumericOption[] => numbers.filter((one) => one.scheduled);

/** The value at step t: away from the base, within the range, and large enough to matter. */
function at({ base, high, low, integer }: NumericOption, t: number): number {
  if (integer) return 1 + (t % 2);
  if (high === Infinity) return Math.max(base, 0.01) * (1 + t / 4);
  return base + (t / 10) * (low + 0.3 * (high - low) - base);
}

const allAt = (listed: Listed, t: number): Values =>
  Object.fromEntries(scheduled(listed).map((option) => [option.name, at(option, t)]));

/** Paths of the numbers in a state. */
const numberPaths = (state: Tree): readonly string[] =>
  tree.paths(state).filter((path) => /(^|\.)hyperparameters\.\w+$/.test(path));

const leavesByPath = (of: Tree): ReadonlyMap<string, Tensor> => {
  const leaves = tree.leaves(of);
  return new Map(tree.paths(of).map((path, i) => [path, leaves[i] as Tensor])); // as many
};

/** The state with the numbers that another one holds. */
function withNumbersOf<S extends Tree>(state: S, other: Tree): S {
  const found = leavesByPath(other);
  const paths = new Set(numberPaths(state));
  return tree.mapWithPath((path, leaf) => (paths.has(path) ? (found.get(path) ?? leaf) : leaf), state);
}

/** One step with plain numbers each, in eager code: what everything else is held to. */
function byNumbers(listed: Listed): Params {
  let now = { params, state: listed.make(allAt(listed, 0)).init(params) };
  grads.forEach((g, t) => {
    const optimizer = listed.make(allAt(listed, t));
    const state = withNumbersOf(now.state, optimizer.init(params));
    now = follow(optimizer, now.params, [g], state);
  });
  return now.params;
}

describe.each(optimizers)('$name', (listed) => {
  const options = scheduled(listed);
  const want = once(() => byNumbers(listed));

  it('lists every number as changeable, or says why not', () => {
    const unexplained = listed.numbers.filter((one) => !one.scheduled && fixed[one.name] === undefined);
    expect(unexplained).toEqual([]);
  });

  it('takes schedules, in one trace', () => {
    const table = (option: NumericOption): Schedule => {
      const values = f64(grads.map((_, t) => at(option, t)));
      return (t) => values.take(t);
    };
    const optimizer = listed.make(Object.fromEntries(options.map((option) => [option.name, table(option)])));
    const { step, traces } = counted((p: Params, s: Tree, g: Tree) => stepOf(optimizer, p, s, g));
    let now = { params, state: optimizer.init(params) };
    for (const g of grads) now = step(now.params, now.state, g);
    expect(distance(now.params, want())).toBeLessThan(1e-12);
    expect(traces()).toBe(1);
  });

  it('takes tensors that are arguments of the compiled step, in one trace', () => {
    const tensors = (t: number): Readonly<Record<string, Tensor>> =>
      Object.fromEntries(Object.entries(allAt(listed, t)).map(([name, value]) => [name, f64(value)]));
    const { step, traces } = counted((p: Params, s: Tree, g: Tree, given: Readonly<Record<string, Tensor>>) =>
      stepOf(listed.make(given), p, s, g),
    );
    let now = { params, state: listed.make(tensors(0)).init(params) };
    grads.forEach((g, t) => {
      now = step(now.params, now.state, g, tensors(t));
    });
    expect(distance(now.params, want())).toBeLessThan(1e-12);
    expect(traces()).toBe(1);
  });

  it('sees changes of its state between steps, in one trace', () => {
    const optimizer = listed.make(allAt(listed, 0));
    const { step, traces } = counted((p: Params, s: Tree, g: Tree) => stepOf(optimizer, p, s, g));
    let now = { params, state: optimizer.init(params) };
    grads.forEach((g, t) => {
      const state = withNumbersOf(now.state, listed.make(allAt(listed, t)).init(params));
      now = step(now.params, state, g);
    });
    expect(distance(now.params, want())).toBeLessThan(1e-12);
    expect(traces()).toBe(1);
  });

  it.each(options)('$name acts, alike however it is given, and withHyperparameters reaches it', (option) => {
    const run = (value: number | Tensor | Schedule): Tree =>
      follow(listed.make({ [option.name]: value }), params, grads).params;
    const value = at(option, 1);
    const found = run(value);
    expect(distance(run(f64(value)), found)).toBeLessThan(1e-13);
    expect(distance(run(() => value), found)).toBeLessThan(1e-13); // prettier-ignore
    expect(
      distance(
        run(() => f64(value)),
        found,
      ),
    ).toBeLessThan(1e-13);
    const others = extremes(option).map((other) => distance(run(other), found));
    expect(Math.max(...others), 'no value makes a difference').toBeGreaterThan(0);

    const optimizer = listed.make();
    const state = optimizer.init(params);
    const name = inState[listed.name]?.[option.name] ?? option.name;
    const places = numberPaths(state).filter((path) => path.split('.').at(-1) === name);
    const own = moved(state, listed.make({ [option.name]: value }).init(params));
    const isShared = shared[listed.name]?.includes(name) === true;
    if (isShared) {
      expect(places).toEqual(expect.arrayContaining([...own]));
      return;
    }
    expect(own).toEqual(places);
    const changed = withHyperparameters(state, { [name]: value });
    expect(distance(follow(optimizer, params, grads, changed).params, found)).toBeLessThan(1e-13);
  });

  it('keeps its numbers in a state that survives the old one', () => {
    const optimizer = listed.make();
    const first = optimizer.init(params);
    const { state } = optimizer.update(params, first, params);
    const again = flat(optimizer.update(params, state, params).updates);
    tree.leaves(first).forEach((leaf) => leaf.dispose());
    expect(flat(optimizer.update(params, state, params).updates)).toEqual(again);
  });

  it.each([
    ['with its defaults', listed.usual],
    ['with everything on', listed.make],
  ])('holds no number in its state that does nothing, %s', (_, make) => {
    const optimizer = make();
    const state = optimizer.init(params);
    const before = flat(follow(optimizer, params, grads).params);
    const idle = numberPaths(state).filter((path) => {
      const acts = (value: number): boolean => {
        const other = tree.mapWithPath((p, leaf) => (p === path ? leaf.mul(0).add(value) : leaf), state);
        return flat(follow(optimizer, params, grads, other).params).some((x, i) => x !== before[i]);
      };
      return !path.endsWith('.ratePower') && ![0.1, 0.9, 3, 1000].some(acts);
    });
    expect(idle).toEqual([]);
  });
});

/** Paths of the numbers in which two states differ. */
function moved(a: Tree, b: Tree): readonly string[] {
  const other = leavesByPath(b);
  const own = leavesByPath(a);
  return numberPaths(a).filter((path) => own.get(path)?.item() !== other.get(path)?.item());
}

function extremes({ base, low, high, integer }: NumericOption): readonly number[] {
  if (integer) return [1, 2, 3];
  if (high === Infinity) return [Math.max(base, 0.01) * 1000, Math.max(base, 0.01) / 1000];
  return [low + 0.1 * (high - low), low + 0.95 * (high - low)];
}

function stepOf(optimizer: Optimizer, p: Params, s: Tree, g: Tree): { params: Params; state: Tree } {
  const next = optimizer.update(g, s, p);
  return { params: applyUpdates(p, next.updates), state: next.state };
}

function counted<A extends readonly unknown[], R>(
  f: (...args: A) => R,
): { readonly step: (...args: A) => R; readonly traces: () => number } {
  let traces = 0;
  const step = jit((...args: A) => {
    traces += 1;
    return f(...args);
  });
  return { step, traces: () => traces };
}

/** Computed when it is first asked for, so that what goes wrong is a test's. */
function once<R>(compute: () => R): () => R {
  let kept: { readonly value: R } | undefined;
  return () => (kept ??= { value: compute() }).value;
}
