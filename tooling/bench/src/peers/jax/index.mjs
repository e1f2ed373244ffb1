// jax-js looks for this class when it is given a typed array, and Node has it from version 24 on only.
globalThis.Float16Array ??= class {};

export async function start() {
  const { init, defaultDevice } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const { kernels } = await import('./kernels.mjs');
  const { optimizers } = await import('./optimizers.mjs');
  const { trainingSteps } = await import('./steps.mjs');
  return { ...kernels, ...optimizers, ...trainingSteps };
}
