import { blockUntilReady, jit, numpy as np, tree } from '@jax-js/jax';
import { meanMagnitude, numbers } from '../../numbers.mjs';
import { array } from './kernels.mjs';

/** A compiled step that turns a state (consumed) into the next one: `step(state, ...rest)` gives { state, loss? }. */
export function compiledStep(step, initial, rest) {
  const compiled = jit(step);
  let state = initial;
  const once = async () => {
    const result = compiled(state, ...rest.map((tensors) => tree.ref(tensors)));
    state = result.state;
    await blockUntilReady(result);
    return result.loss;
  };
  return {
    current: () => state,
    once,
    run: async () => (await once())?.dispose(),
    release() {
      compiled.dispose();
      tree.dispose([state, ...rest]);
    },
  };
}

/** Adam, with decoupled weight decay where it is not 0: Kingma & Ba 2015; Loshchilov & Hutter 2019. */
export function adam({ rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 } = {}) {
  return {
    init: (params) => ({
      step: np.array(new Float32Array(1), { shape: [] }),
      m: tree.map((p) => np.zerosLike(p.ref), params),
      v: tree.map((p) => np.zerosLike(p.ref), params),
    }),
    update(gradients, state, params) {
      const step = state.step.add(1);
      const corrected = (moment, beta) => moment.div(np.subtract(1, np.power(beta, step.ref)));
      const m = tree.map((m, g) => m.mul(beta1).add(g.ref.mul(1 - beta1)), state.m, gradients);
      const v = tree.map((v, g) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), state.v, gradients);
      const next = tree.map(
        (p, m, v) => {
          const direction = corrected(m.ref, beta1).div(np.sqrt(corrected(v.ref, beta2)).add(epsilon));
          return p.mul(1 - rate * decay).sub(direction.mul(rate));
        },
        params,
        m,
        v,
      );
      return { params: next, state: { step, m, v } };
    },
  };
}

const momentum = ({ rate, momentum }) => ({
  init: (params) => tree.map((p) => np.zerosLike(p.ref), params),
  update(gradients, buffers, params) {
    const next = tree.map((b, g) => b.mul(momentum).add(g), buffers, gradients);
    return { params: tree.map((p, b) => p.sub(b.ref.mul(rate)), params, next), state: next };
  },
});

/** A step with given gradients, on `size` numbers in equal arrays. */
function optimizerStep(optimizer, { size, tensors }) {
  const length = size / tensors;
  const group = (seed) =>
    Array.from({ length: tensors }, (_, i) => array(numbers(length, { seed: seed + i }), [length]));
  const params = group(100);
  const step = compiledStep(
    ({ params, state }, gradients) => ({ state: optimizer.update(gradients, state, params) }),
    { params, state: optimizer.init(params) },
    [group(200)],
  );
  return {
    ...step,
    /** How far three steps have moved the parameters. */
    async check() {
      for (let i = 0; i < 3; i++) await step.run();
      const moved = await Promise.all(
        step.current().params.map(async (leaf, i) => {
          const before = numbers(length, { seed: 100 + i });
          return meanMagnitude((await leaf.ref.data()).map((value, j) => value - before[j]));
        }),
      );
      return moved.reduce((a, b) => a + b);
    },
  };
}

export const optimizers = {
  adamw: (subject) => optimizerStep(adam({ decay: 0.01 }), subject),
  sgd: (subject) => optimizerStep(momentum({ rate: 1e-2, momentum: 0.9 }), subject),
};
