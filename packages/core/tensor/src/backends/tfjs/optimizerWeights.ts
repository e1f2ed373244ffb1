import { ArgumentError } from '../../errors.js';
import { describe } from '../../shape.js';
import type { Tensor } from '../../tensor.js';
import { flatten, leaves, paths, unflatten } from '../../tree.js';

/** A state's tensors by their paths (`moments.m.dense/kernel`), in the tree's order. */
export function namedLeaves(state: unknown): (readonly [string, Tensor])[] {
  const tensors = leaves(state);
  return paths(state).map((path, i) => [path, tensors[i]!] as const);
}

/**
 * A state like the given one, of the tensors with its leaves' names, which become its own.
 *
 * @throws ArgumentError where names, shapes or dtypes are others; the tensors are freed then
 */
export function filled<State>(owner: string, like: State, tensors: ReadonlyMap<string, Tensor>): State {
  const wanted = namedLeaves(like);
  const problem = misfit(wanted, tensors);
  if (problem !== undefined) {
    tensors.forEach((tensor) => tensor.dispose());
    throw new ArgumentError(
      `${owner}: these weights are of another optimizer or other variables: ${problem}`,
    );
  }
  // The structure is the state's own.
  return unflatten(
    flatten(like).definition,
    wanted.map(([name]) => tensors.get(name)!),
  ) as State;
}

function misfit(
  wanted: readonly (readonly [string, Tensor])[],
  found: ReadonlyMap<string, Tensor>,
): string | undefined {
  for (const [name, leaf] of wanted) {
    const tensor = found.get(name);
    if (tensor === undefined) return `there is no ${name}`;
    if (describe(tensor) !== describe(leaf))
      return `${name} is ${describe(tensor)}, wanted ${describe(leaf)}`;
  }
  const names = new Set(wanted.map(([name]) => name));
  const stray = [...found.keys()].find((name) => !names.has(name));
  return stray === undefined ? undefined : `there is no place for ${stray}`;
}
