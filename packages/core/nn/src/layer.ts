import { ArgumentError } from '@core/tensor';
import type { DType, Shape, Tensor, Tree } from '@core/tensor';

/** What a layer computes with besides its parameters. */
export interface ApplyOptions {
  /** Random key, for dropout; required by layers that draw when `train` is set. */
  readonly key?: Tensor;
  /** Training mode: dropout drops, batch statistics are used and tracked. Default false. */
  readonly train?: boolean;
}

export interface InitOptions {
  /** Of the parameters. Default float32. */
  readonly dtype?: DType;
}

/**
 * A layer: a pair of pure functions. What is learned is in `params`, what is only tracked (running means) in `state`;
 * both are trees of tensors with readable names, `{}` where there is nothing.
 *
 * Shapes: `inputShape` and `outputShape` are those of one example; `x` and `output` have a batch axis in front.
 */
export interface Layer<Params extends Tree = Tree, State extends Tree = Tree> {
  init(
    key: Tensor,
    inputShape: Shape,
    options?: InitOptions,
  ): { params: Params; state: State; outputShape: Shape };
  apply(params: Params, state: State, x: Tensor, options?: ApplyOptions): { output: Tensor; state: State };
}

/** The type of a layer's parameters. */
export type ParamsOf<L> = L extends Layer<infer P> ? P : never;
/** The type of a layer's state. */
export type StateOf<L> = L extends Layer<Tree, infer S> ? S : never;

/** Nothing to learn or to track. */
export type Empty = Record<never, never>;

/** A layer without parameters from a function of the input; `shape` says what it does to one example's shape. */
export function stateless(
  f: (x: Tensor, options: ApplyOptions) => Tensor,
  shape: (inputShape: Shape) => Shape = (same) => same,
): Layer<Empty, Empty> {
  return {
    init: (_key, inputShape) => ({ params: {}, state: {}, outputShape: shape(inputShape) }),
    apply: (_params, state, x, options = {}) => ({ output: f(x, options), state }),
  };
}

/**
 * A layer with parameters and no state.
 *
 * @param name for messages
 * @throws ArgumentError from `apply` without parameters
 */
export function learned<P extends Tree>(
  name: string,
  init: (key: Tensor, inputShape: Shape, dtype: DType) => { params: P; outputShape: Shape },
  apply: (params: P, x: Tensor, options: ApplyOptions) => Tensor,
): Layer<P, Empty> {
  return {
    init: (key, inputShape, { dtype = 'float32' } = {}) => ({ ...init(key, inputShape, dtype), state: {} }),
    apply: (params, state, x, options = {}) => {
      requireParams(name, params);
      return { output: apply(params, x, options), state };
    },
  };
}

/** Throws ArgumentError for a layer that got none of its parameters, as when a tree has another layer's names. */
export function requireParams(name: string, params: Tree): void {
  if (Object.keys(params).length > 0) return;
  throw new ArgumentError(`${name}: got no parameters; give it those that init returned for this layer`);
}
