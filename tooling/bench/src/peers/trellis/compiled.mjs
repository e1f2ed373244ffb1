import { jit, tree } from '@core/tensor';

/**
 * A compiled step that turns a state (any tree of tensors) into the next one: `step(state, ...rest)` gives
 * { state, loss? }. The old state is given away to the call, which may write the new one over it.
 */
export function compiledStep(step, initial, rest) {
  const compiled = jit(step, { donate: [0] });
  let state = initial;
  const once = () => {
    const result = compiled(state, ...rest);
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
