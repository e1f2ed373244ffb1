import { tree, type Tree } from '@core/tensor';
import { selectLeaves } from '../leaves.js';
import type { Optimizer, Transform } from '../types.js';

/** `evaluationParams` of an optimizer around another one, if that one has them. */
export function evaluationOfInner<Outer, Inner>(
  inner: Transform<Inner>,
  stateOf: (state: Outer) => Inner,
): Pick<Optimizer<Outer>, 'evaluationParams'> {
  if (inner.evaluationParams === undefined) return {};
  const evaluationParams = inner.evaluationParams.bind(inner);
  return { evaluationParams: (state: Outer, params: Tree) => evaluationParams(stateOf(state), params) };
}

/** The same of a list of stages: those of the only stage that has any; with several nobody could say which. */
export function evaluationOfStages<Outer>(
  stages: readonly Transform[],
  stateOf: (state: Outer, stage: number) => unknown,
): Pick<Optimizer<Outer>, 'evaluationParams'> {
  const having = stages.flatMap((stage, i) => (stage.evaluationParams === undefined ? [] : [i]));
  const [only] = having;
  return only === undefined || having.length > 1
    ? {}
    : evaluationOfInner<Outer, unknown>(stages[only]!, (state) => stateOf(state, only));
}

/** A transform that moves some of the leaves. */
export interface Part<Outer> {
  readonly transform: Transform;
  readonly state: (whole: Outer) => unknown;
  /** Which leaves it moves. */
  readonly moves: (params: Tree) => readonly boolean[];
}

/** The same of transforms that share the leaves: each leaf's comes from the one that moves it, if that has any. */
export function evaluationOfParts<Outer>(
  parts: readonly Part<Outer>[],
): Pick<Optimizer<Outer>, 'evaluationParams'> {
  const having = parts.filter(({ transform }) => transform.evaluationParams !== undefined);
  if (having.length === 0) return {};
  return {
    evaluationParams: (whole, params) => {
      const { leaves, definition } = tree.flatten(params);
      for (const { transform, state, moves } of having) {
        const own = moves(params);
        const found = tree.leaves(transform.evaluationParams?.(state(whole), selectLeaves(params, own)));
        const places = own.flatMap((moved, i) => (moved ? [i] : []));
        places.forEach((place, i) => (leaves[place] = found[i]!)); // like the parameters it was given
      }
      return tree.unflatten(definition, leaves) as Tree; // leaves exchanged for leaves
    },
  };
}
