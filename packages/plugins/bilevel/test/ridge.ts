import { eye, linalg, type Tensor } from '@core/tensor';
import type { BilevelProblem } from '../src/index.js';
import { normal } from './support.js';

/** Ridge regression with a penalty e^t for each feature, learned on validation data; and its closed forms. */
export function ridge(seed: number, dimension = 8, rows = 30) {
  const truth = normal(seed, [dimension]);
  const part = (k: number, n: number) => {
    const x = normal(seed + k, [n, dimension]);
    return { x, y: x.matmul(truth).add(normal(seed + k + 1, [n]).mul(0.5)), n };
  };
  const [train, validation] = [part(10, rows), part(20, 20)];
  const squares = ({ x, y, n }: typeof train, w: Tensor): Tensor =>
    x
      .matmul(w)
      .sub(y)
      .square()
      .sum()
      .div(2 * n);
  const problem: BilevelProblem<Tensor, Tensor> = {
    upper: (_t, w) => squares(validation, w),
    lower: (t, w) => squares(train, w).add(t.exp().mul(w.square()).sum().mul(0.5)),
  };
  const hessian = (t: Tensor): Tensor => train.x.T.matmul(train.x).div(train.n).add(diagonal(t.exp()));
  const solution = (t: Tensor): Tensor => linalg.solve(hessian(t), train.x.T.matmul(train.y).div(train.n));
  const gradient = (t: Tensor): Tensor => {
    const w = solution(t);
    const v = validation.x.T.matmul(validation.x.matmul(w).sub(validation.y)).div(validation.n);
    return t
      .exp()
      .mul(w)
      .mul(linalg.solve(hessian(t), v))
      .neg();
  };
  const objective = (t: Tensor): Tensor => squares(validation, solution(t));
  return {
    problem,
    hessian,
    solution,
    gradient,
    objective,
    penalties: normal(seed + 30, [dimension])
      .mul(0.5)
      .sub(1),
  };
}

function diagonal(of: Tensor): Tensor {
  return eye(of.size, of.size, { dtype: 'float64' }).mul(of);
}
