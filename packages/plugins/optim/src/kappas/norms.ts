import { atLeastOne, check, show } from '@core/registry/checks';
import {
  ArgumentError,
  ShapeError,
  scatterAdd,
  segmentSum,
  take,
  tensor,
  where,
  zerosLike,
  type Tensor,
} from '@core/tensor';
import { root } from '../math.js';
import { amount, like, scaled, slack, type Kappa } from './kappa.js';

/** How a tensor falls into groups. */
interface Grouping {
  /** One sum for each group. */
  readonly sums: (x: Tensor) => Tensor;
  /** Each group's number at the places of its elements: of x's shape, or one that broadcasts to it. */
  readonly spread: (perGroup: Tensor, x: Tensor) => Tensor;
}

/** Σ ‖x_G‖₂ over groups G. */
function grouped(name: string, { sums, spread }: Grouping): Kappa {
  const norms = (x: Tensor): Tensor => {
    const { unit, size } = scaled(x);
    return root(sums(unit.square())).mul(size);
  };
  return {
    name,
    value: (x) => norms(x).sum(),
    gradient: (x) => {
      const { unit } = scaled(x);
      return unit.div(spread(root(sums(unit.square())), x));
    },
    conjugate: (y) => {
      const inside = norms(y).lessEqual(1 + slack(y)).all(); // prettier-ignore
      return where(inside, y.mul(0).sum(), Infinity);
    },
    project: (y) => y.div(spread(norms(y).maximum(1), y)),
  };
}

/**
 * ‖x‖₂: steps of one length, in the direction of the momentum. Minimises f in the ball ‖x‖₂ <= 1/λ. K* = 0. For steps as
 * long as Lion's the rate is √d times as large.
 * Source: Chen et al. 2023 (arXiv:2310.05898), ‖x‖_p.
 */
export function l2(): Kappa {
  return grouped('l2', { sums: (x) => x.sum(), spread: (norm) => norm });
}

/**
 * Σ ‖x_G‖₂ over groups G. Minimises f where every group has ‖x_G‖₂ <= 1/λ. ∂K = x_G/‖x_G‖₂, K* = 0.
 *
 * @param groups 'rows': what has one first index is a group (an output's weights; of a vector, each element). 'columns':
 *   what has one last index is a group; needs two axes or more. Or the group of each element, row by row, numbers from 0
 * @throws ArgumentError; ShapeError, when it is used, for tensors that have no columns or another number of elements
 */
export function groupL2(groups: 'rows' | 'columns' | readonly number[]): Kappa {
  if (groups === 'rows') {
    const matrix = (x: Tensor): Tensor => x.reshape([x.shape[0] ?? 1, x.shape.slice(1).reduce((a, b) => a * b, 1)]); // prettier-ignore
    return grouped('groupL2', {
      sums: (x) => matrix(x).sum(1),
      spread: (norms, x) => norms.reshape(x.shape.map((length, axis) => (axis === 0 ? length : 1))),
    });
  }
  if (groups === 'columns') {
    return grouped('groupL2', {
      sums: (x) => {
        if (x.ndim < 2) throw new ShapeError(`groupL2: columns need two axes or more, got ${show(x)}`);
        return x.sum(x.shape.slice(1).map((_, axis) => axis));
      },
      spread: (norms) => norms,
    });
  }
  if (
    !Array.isArray(groups) ||
    groups.length === 0 ||
    !groups.every((g) => Number.isSafeInteger(g) && g >= 0)
  )
    throw new ArgumentError(
      `groupL2: groups must be 'rows', 'columns' or a list of group numbers from 0, got ${show(groups)}`,
    );
  const ids = tensor(Int32Array.from(groups as readonly number[]), { dtype: 'int32' });
  const count = Math.max(...(groups as readonly number[])) + 1;
  return grouped('groupL2', {
    sums: (x) => {
      if (x.size !== ids.size)
        throw new ShapeError(`groupL2: groups name ${ids.size} elements, got ${show(x)} of ${x.size}`);
      return segmentSum(x.reshape([x.size]), ids, count);
    },
    spread: (norms, x) => take(norms, ids).reshape(x.shape),
  });
}

/**
 * ‖x‖_p, between Lion (p near 1) and l2. Minimises f where ‖x‖_q <= 1/λ, 1/p + 1/q = 1. K* = 0.
 *
 *     ∂K = sign(x) (|x| / ‖x‖_p)^(p-1)
 *
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 *
 * @param power p, greater than 1 (for 1 there is `l1`)
 * @throws ArgumentError
 */
export function lp(power: number | Tensor): Kappa {
  check('lp', 'power', power, {
    words: 'a finite number greater than 1 or a scalar tensor',
    holds: (value) => amount.holds(value) && !(typeof value === 'number' && value <= 1),
  });
  /** |x|^a for a > 0, whose derivative at 0 is taken for 0. */
  const raised = (x: Tensor, a: Tensor | number): Tensor => {
    const zero = x.equal(0);
    return where(zero, 0, where(zero, 1, x.abs()).pow(a));
  };
  const norm = (x: Tensor, a: Tensor | number): Tensor => {
    const { unit, size } = scaled(x);
    const sum = raised(unit, a).sum();
    return raised(sum, x.mul(0).sum().add(a).reciprocal()).mul(size);
  };
  return {
    name: 'lp',
    value: (x) => norm(x, like(x, power)),
    gradient: (x) => {
      const p = like(x, power);
      const { unit } = scaled(x);
      const length = norm(unit, p);
      const ratio = unit.div(length.add(length.equal(0).cast(x.dtype)));
      return ratio.sign().mul(raised(ratio, typeof p === 'number' ? p - 1 : p.sub(1)));
    },
    conjugate: (y) => {
      const p = like(y, power);
      const q = typeof p === 'number' ? p / (p - 1) : p.div(p.sub(1));
      return where(norm(y, q).lessEqual(1 + slack(y)), y.mul(0).sum(), Infinity);
    },
  };
}

/**
 * The sum of the k largest |x|: only those elements move, by the full rate. Minimises f where ‖x‖∞ <= 1/λ and ‖x‖₁ <= k/λ,
 * which favours sparse x. ∂K is the sign on those places (of equal ones, on the first), K* = 0.
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 *
 * @param count k, at least 1; where there are fewer elements, all of them
 * @throws ArgumentError
 */
export function topK(count: number): Kappa {
  check('topK', 'count', count, atLeastOne);
  return {
    name: 'topK',
    value: (x) => {
      const flat = x.abs().reshape([x.size]);
      return flat.topK(Math.min(count, x.size)).values.sum();
    },
    gradient: (x) => {
      const flat = x.reshape([x.size]);
      const { indices } = flat.abs().topK(Math.min(count, x.size));
      const signs = scatterAdd(zerosLike(flat), indices, take(flat.sign(), indices)).reshape(x.shape);
      return where(x.isNaN(), NaN, signs);
    },
    conjugate: (y) => {
      const far = 1 + slack(y);
      const inside = y.abs().lessEqual(far).all().logicalAnd(y.abs().sum().lessEqual(count * far)); // prettier-ignore
      return where(inside, y.mul(0).sum(), Infinity);
    },
  };
}

/**
 * ½ ‖x‖²: momentum (Polyak's, or Nesterov's with β₁ < β₂) with decay; no constraint. Minimises f(x) + λ/2 ‖x‖². ∂K = x,
 * K* = ½ ‖y‖².
 * Source: Chen et al. 2023 (arXiv:2310.05898).
 */
export function quadratic(): Kappa {
  const half = (x: Tensor): Tensor => x.square().sum().mul(0.5);
  return { name: 'quadratic', value: half, gradient: (x) => x, conjugate: half, project: (y) => y };
}
