import { jit, tree } from '@core/tensor';

/**
 * A compiled step that turns a state (any tree of tensors) into the next one: `step(state, ...rest)` gives
 * { state, loss? }, and the old state is disposed of.
 */
export function compiledStep(step, initial, rest) {
  const compiled = jit(step);
  let state = initial;
  const once = () => {
    const result = compiled(state, ...rest);
    tree.leaves(state).forEach((leaf) => leaf.dispose());
    state = result.state;
    return result.loss;
  };
  return {
    current: () => state,
    once,
    run: () => once()?.dispose(),
    release() {
      compiled.dispose();
      tree.leaves([state, rest]).forEach((leaf) => leaf.dispose());
    },
  };
}
