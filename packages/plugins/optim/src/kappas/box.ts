import { check } from '@core/registry/checks';
import { where, type Tensor } from '@core/tensor';
import { amount, like, slack, type Kappa } from './kappa.js';

/** A sum of functions of single elements whose slopes are between -1 and 1: K* is finite in the box ‖y‖∞ <= 1. */
function box(
  name: string,
  value: (x: Tensor) => Tensor,
  gradient: (x: Tensor) => Tensor,
  conjugate: (y: Tensor) => Tensor,
): Kappa {
  return {
    name,
    value: (x) => value(x).sum(),
    gradient,
    conjugate: (y) => {
      const inside = y
        .abs()
        .lessEqual(1 + slack(y))
        .all();
      return where(inside, conjugate(y.clip(-1, 1)).sum(), Infinity);
    },
    project: (y) => y.clip(-1, 1),
  };
}

/**
 * ‖x‖₁: Lion itself. Minimises f in the box ‖x‖∞ <= 1/λ. ∂K = sign, K* = 0.
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 */
export function l1(): Kappa {
  return box('l1', (x) => x.abs(), (x) => x.sign(), (y) => y.mul(0)); // prettier-ignore
}

/**
 * Σ hₑ(x), Huber's function: x²/(2e) where |x| <= e, else |x| - e/2. ∂K = clip(x, -e, e)/e: Lion whose steps fade near 0,
 * so that it comes to rest. Minimises f(x) + e λ/2 ‖x‖² in the box. K* = e/2 ‖y‖².
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 *
 * @param width e, greater than 0
 */
export function huber(width: number | Tensor): Kappa {
  check('huber', 'width', width, amount);
  return box(
    'huber',
    (x) => {
      const e = like(x, width);
      const size = x.abs();
      return where(size.lessEqual(e), x.square().div(e).mul(0.5), size.sub(x.mul(0).add(e).mul(0.5)));
    },
    (x) => {
      const e = like(x, width);
      return x.div(e).clip(-1, 1);
    },
    (y) => y.square().mul(like(y, width)).mul(0.5),
  );
}

/**
 * Σ max(|x| - e, 0): no step where the momentum is at most e. Minimises f(x) + e ‖x‖₁ in the box. ∂K = sign(x) [|x| > e],
 * K* = e ‖y‖₁.
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 *
 * @param threshold e, greater than 0
 */
export function softL1(threshold: number | Tensor): Kappa {
  check('softL1', 'threshold', threshold, amount);
  return box(
    'softL1',
    (x) => x.abs().sub(like(x, threshold)).maximum(0),
    (x) => x.sign().mul(x.abs().lessEqual(like(x, threshold)).logicalNot().cast(x.dtype)),
    (y) => y.abs().mul(like(y, threshold)),
  );
}

/**
 * e Σ log cosh(x/e): steps tanh(x/e), smooth everywhere. K* is the entropy e/2 Σ (1+y) log(1+y) + (1-y) log(1-y), in the box.
 * Not among the paper's examples; one of the smooth functions that its theory asks for.
 *
 * @param width e, greater than 0
 */
export function entropy(width: number | Tensor): Kappa {
  check('entropy', 'width', width, amount);
  /** a log a, 0 at 0. */
  const surprise = (a: Tensor): Tensor => a.mul(where(a.equal(0), 1, a).log());
  return box(
    'entropy',
    (x) => {
      const e = like(x, width);
      const size = x.abs().div(e);
      return size.add(size.mul(-2).exp().log1p()).sub(Math.LN2).mul(e);
    },
    (x) => x.div(like(x, width)).tanh(),
    (y) => surprise(y.add(1)).add(surprise(y.neg().add(1))).mul(like(y, width)).mul(0.5), // prettier-ignore
  );
}
