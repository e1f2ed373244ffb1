import { tree, type Tensor, type Tree } from '@core/tensor';
import { isSpec, type Context, type Optimizer, type Schedule, type Spec } from '../../src/index.js';

/** Gradient descent with heavy-ball momentum; the schedule is read at step 0 only. */
export async function create(
  config: { readonly learningRate: number | Spec; readonly momentum: number },
  context?: Context,
): Promise<Optimizer> {
  const { learningRate, momentum } = config;
  const schedule: Schedule | undefined =
    isSpec(learningRate) && context !== undefined ? await context.use(learningRate, 'schedule') : undefined;
  const rate = isSpec(learningRate) ? Number(schedule?.(0)) : learningRate;
  return {
    init: (params) => ({ velocity: tree.map((p: Tensor) => p.mul(0), params) }),
    update(grads, state) {
      const { velocity } = state as { velocity: Tree };
      const next = tree.map((v: Tensor, g: Tensor) => v.mul(momentum).add(g), velocity, grads);
      return { updates: tree.map((v: Tensor) => v.mul(-rate), next), state: { velocity: next } };
    },
  };
}
