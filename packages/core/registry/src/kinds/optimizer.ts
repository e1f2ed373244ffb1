import type { Tensor, Tree } from '@core/tensor';

/**
 * First-order optimizer as a pair of pure functions (contract 4.2).
 *
 * `params = applyUpdates(params, updates)` moves the parameters: updates are added, so they point downhill already.
 * Both functions are pure and written with tensor operations only, so that an optimizer works inside `jit`, under
 * `vmap`, and can be differentiated through. `State` is a tree of tensors (the step count is an int32 scalar, not a
 * JS number), so that it can be saved and resumed to the same bits. Declare it as a `type`, not as an `interface`:
 * only type aliases are assignable to `Tree`.
 *
 * Shapes: `grads`, `updates` and `params` have the same structure, shapes and dtypes.
 */
export interface Optimizer<State = Tree> {
  init(params: Tree): State;
  update(grads: Tree, state: State, params: Tree): { updates: Tree; state: State };
  /**
   * Numbers worth a curve, such as an energy or a count, as scalars by name: of a state, the parameters that belong to it, and
   * the loss there. Pure and written with tensor operations, as `update`. Optional; training loops ask now and then.
   */
  measures?(state: State, at: MeasuredAt): Readonly<Record<string, Tensor>>;
  /**
   * Throws what a compiled update could not, such as that gradients were not finite. It reads values of the state, so loops call
   * it outside of compiled steps, where they wait for the device anyway. Optional.
   */
  check?(state: State): Promise<void>;
  /**
   * The parameters to measure and to keep, where they are not those that are trained: averages of them, as schedule-free
   * methods have. Pure, like the others; training goes on with `params`, some of whose tensors may be among the result's.
   * Default: `params` themselves.
   */
  evaluationParams?(state: State, params: Tree): Tree;
}

/** Where an optimizer's `measures` are taken. */
export interface MeasuredAt {
  readonly params: Tree;
  /** A scalar: the loss of these parameters, on whatever examples it was computed. */
  readonly loss: Tensor;
}
