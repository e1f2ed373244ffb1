import {
  arange,
  eye,
  grad,
  jit,
  linalg,
  logSoftmax,
  scan,
  sigmoid,
  take,
  zeros,
  type Tensor,
} from '@core/tensor';
import type { Rows } from './pooledClasses.js';

/** +1 for a class, -1 for the others, [classes, n]. */
export function signs(labels: Tensor, classes: number): Tensor {
  return arange(classes).expandDims(1).equal(labels).cast('float64').mul(2).sub(1);
}

/** Newton steps are few: the losses are smooth and strongly convex. */
const newtonSteps = 20;

/**
 * One logistic classifier for each class against the others, [classes, d], trained to the end with weights for the examples:
 * min Σ w_j log(1 + exp(-t_j a_j·y)) / n + ridge |y|² / 2, by Newton's method.
 */
export function weightedHeads(rows: Rows, weights: Tensor, classes: number, ridge: number): Tensor {
  const d = rows.features.shape[1] ?? 0;
  const fit = jit((a: Tensor, t: Tensor, w: Tensor) => {
    const share = w.div(w.shape[0] ?? 1);
    const step = (y: Tensor): Tensor => {
      const scores = y.matmul(a.T);
      const off = sigmoid(scores.mul(t).neg());
      const slope = off.mul(t).mul(share).matmul(a).neg().add(y.mul(ridge));
      const curve = off.mul(off.neg().add(1)).mul(share);
      const hessian = a.T.matmul(curve.expandDims(2).mul(a)).add(eye(d, d, { dtype: 'float64' }).mul(ridge));
      return y.sub(linalg.solve(hessian, slope.expandDims(2)).squeeze(2));
    };
    const start = zeros([classes, d], { dtype: 'float64' });
    return scan((y: Tensor) => [step(y), null] as const, start, null, { length: newtonSteps })[0];
  });
  const heads = fit(rows.features, signs(rows.labels, classes), weights);
  fit.dispose();
  return heads;
}

/** Softmax regression by gradient descent with momentum, [classes, d]. */
export function softmaxHeads({ features, labels }: Rows, classes: number, ridge: number): Tensor {
  const loss = (y: Tensor, a: Tensor, targets: Tensor): Tensor => {
    const logs = logSoftmax(a.matmul(y.T), 1);
    return logs.mul(targets).sum(1).mean().neg().add(y.square().sum().mul(ridge / 2)); // prettier-ignore
  };
  const fit = jit((a: Tensor, targets: Tensor) => {
    const step = ([y, velocity]: readonly [Tensor, Tensor]) => {
      const next = velocity.mul(0.9).sub(grad(loss)(y, a, targets).mul(0.2));
      return [[y.add(next), next] as const, null] as const;
    };
    const start = zeros([classes, features.shape[1] ?? 0], { dtype: 'float64' });
    return scan(step, [start, start] as const, null, { length: 500 })[0][0];
  });
  const heads = fit(features, take(eye(classes, classes, { dtype: 'float64' }), labels));
  fit.dispose();
  return heads;
}
