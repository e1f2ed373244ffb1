import type { Tree } from '@core/tensor';
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
