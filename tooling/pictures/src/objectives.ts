import type { Optimizer } from '@core/registry';
import { cond, random, tensor, type Tensor, type Tree } from '@core/tensor';
import { hutchinson, meanSigmoid, normalizedLrGd, sophia, type SophiaState } from '@plugins/optim';
import type { PathObjective } from '@plugins/optim/paths';

/** 1 - cos of the angle to (1, 1): only the direction counts, as for weights before a normalisation layer. */
export const direction: PathObjective = {
  title: 'Direction only',
  loss: (point) => point.sum().div(point.square().sum().mul(2).sqrt()).neg().add(1),
  start: [-0.6, 0.8],
  frame: { x: [-1.2, 4.3], y: [-0.6, 3.8] },
};

const examples = tensor(
  [[2, 0.3], [0.4, 1.5], [-1.5, -0.2], [-0.1, 0.25], [0.6, -0.4]].map((row, i) => row.map((x) => (i === 2 ? -x : x))), // prettier-ignore
  { dtype: 'float64' },
);

/** yᵢ aᵢᵀθ for five examples, of which two nearly contradict the others. */
const margins = (point: Tensor): Tensor => examples.matmul(point.reshape([2, 1])).squeeze(1);

/** The mean logistic loss on them. */
export const separation: PathObjective = {
  title: 'Logistic loss',
  loss: (point) => margins(point).neg().softplus().mean(),
  start: [-2, -3],
  frame: { x: [-4, 26], y: [-5, 19] },
};

/** `normalizedLrGd` on `separation`, whose sigmoids it knows. */
export function normalized(learningRate: number): Optimizer {
  const inner = normalizedLrGd({ learningRate });
  return {
    init: (params) => inner.init(params),
    update: (grads, state, params) =>
      inner.update(grads, state as ReturnType<typeof inner.init>, params, {
        meanSigmoid: meanSigmoid(margins(params as Tensor)),
      }),
  };
}

/** Sophia with the curvature of an objective, estimated at every tenth update. */
export function curvedSophia(objective: PathObjective): Optimizer {
  const inner = sophia({ gamma: 1, weightDecay: 0 });
  return {
    init: (params) => inner.init(params),
    update: (grads, given, params) => {
      const before = given as SophiaState; // made by init
      const { count } = before.moments;
      const curved = cond(
        count.remainder(10).equal(0),
        (state: SophiaState, at: Tree) => {
          const estimate = hutchinson((p: Tensor) => objective.loss(p.reshape([2])), at as Tensor, random.foldIn(random.key(1), count)); // prettier-ignore
          return inner.updateHessian(estimate, state, at);
        },
        (state: SophiaState) => state,
        before,
        params,
      );
      return inner.update(grads, curved, params);
    },
  };
}
