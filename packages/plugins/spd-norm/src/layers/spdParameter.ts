import type { Rule } from '@core/registry/checks';
import { eye, linalg, random, zeros, type DType, type Tensor } from '@core/tensor';
import { rawExp } from '../matrices/functions.js';
import { symmetrize } from '../matrices/support.js';

/**
 * How a parameter that lives on a manifold is kept.
 *
 * - `'riemannian'`: as the point itself, under a name that begins with `spd` or `stiefel`, for `riemannianSgd` to move on the
 *   manifold. An ordinary optimizer would leave it.
 * - `'free'`: as any matrix A, under a name that begins with `free`; the point is exp(sym A), or the orthonormal factor of A.
 *   Every optimizer keeps it.
 */
export type Parametrization = 'riemannian' | 'free';

export const parametrizationRule: Rule = {
  words: "'riemannian' or 'free'",
  holds: (value) => value === 'riemannian' || value === 'free',
};

/** An SPD parameter that starts at the identity. */
export function identityParameter(
  name: string,
  n: number,
  how: Parametrization,
  dtype: DType,
): Record<string, Tensor> {
  return how === 'riemannian'
    ? { [`spd${name}`]: eye(n, n, { dtype }) }
    : { [`free${name}`]: zeros([n, n], { dtype }) };
}

/** The SPD matrix that a parameter stands for. */
export function spdOf(params: Readonly<Record<string, Tensor>>, name: string): Tensor | undefined {
  const point = params[`spd${name}`];
  if (point !== undefined) return symmetrize(point);
  const free = params[`free${name}`];
  return free === undefined ? undefined : rawExp(symmetrize(free));
}

/** Orthonormal columns [..., n, m], uniformly distributed. */
export function stiefelParameter(
  key: Tensor,
  shape: readonly number[],
  how: Parametrization,
  dtype: DType,
): Record<string, Tensor> {
  const [n = 0, columns = 0] = shape.slice(-2);
  if (how === 'free') return { freeWeight: random.normal(key, shape, { dtype }) };
  return { stiefelWeight: random.orthogonal(key, n, { columns, shape: shape.slice(0, -2), dtype }) };
}

export function stiefelOf(params: Readonly<Record<string, Tensor>>): Tensor | undefined {
  const { stiefelWeight, freeWeight } = params;
  return stiefelWeight ?? (freeWeight === undefined ? undefined : linalg.qr(freeWeight)[0]);
}
