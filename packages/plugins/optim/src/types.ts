import type { Tensor } from '@core/tensor';
import type { MeasuredAt, Optimizer, Schedule } from '@core/registry';

export type { MeasuredAt, Optimizer, Schedule };

/**
 * A gradient transformation: the same pair of functions as an optimizer, with gradients (or what an earlier transform
 * made of them) as input and something nearer to a step as output. An optimizer is a chain of them that ends with a
 * negative learning rate.
 */
export type Transform<State = unknown> = Optimizer<State>;

/** The state of an optimizer or transform. */
export type StateOf<T> = T extends { init(params: never): infer State } ? State : never;

/**
 * A number that an update rule uses.
 *
 * - A number starts in the optimizer's state, as a scalar tensor. `withHyperparameters` changes it there between steps,
 *   and a compiled step is not compiled again.
 * - A scalar tensor is used as it is at every update, so that it can be an argument of the function that makes the
 *   optimizer, be batched by `vmap` and be differentiated.
 * - A schedule is called with the step count (0 at the first update) at every update.
 */
export type Hyperparameter = number | Tensor | Schedule;

/**
 * One value for each leaf of a parameter tree: one for all, a tree of values whose branches may end early, or a function of
 * the leaf's dotted path (`conv1.weight`) and the parameter. It may look at shapes, not at elements.
 */
export type PerLeaf<T extends boolean | string> =
  T | readonly PerLeaf<T>[] | { readonly [key: string]: PerLeaf<T> } | ((path: string, param: Tensor) => T);

/** Which leaves something applies to, such as `(path, param) => param.ndim > 1`. */
export type Mask = PerLeaf<boolean>;
