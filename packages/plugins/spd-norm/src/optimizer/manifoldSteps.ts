import { linalg, type Tensor } from '@core/tensor';
import { whiten } from '../matrices/factors.js';
import { expDerivative, rawExp, rawLog } from '../matrices/functions.js';
import { rawLyapunov } from '../matrices/lyapunov.js';
import { congruence, identityLike, symmetrize, transposed } from '../matrices/support.js';

/**
 * How SPD parameters move; P is the point, g the gradient among symmetric matrices, γ the rate.
 *
 * - `'official'`: the affine-invariant gradient P g P with the Bures-Wasserstein exponential, as the official code mixes them.
 * - `'buresWasserstein'`: gradient 2 (g P + P g) and exponential of that metric.
 * - `'affineInvariant'`: gradient and exponential of that metric.
 * - `'exponential'`: gradient descent on A with P = exp(A), which is the log-Euclidean step.
 */
export const spdSteps = ['official', 'buresWasserstein', 'affineInvariant', 'exponential'] as const;
export type SpdStep = (typeof spdSteps)[number];

/** `'canonical'`: g - W gᵀ W; `'euclidean'`: g - W sym(Wᵀ g), the projection. */
export const stiefelGradients = ['euclidean', 'canonical'] as const;
export type StiefelGradient = (typeof stiefelGradients)[number];

/** A manifold as an optimizer sees it. */
export interface Motion {
  /** The tangent vector of steepest ascent at a point, of the gradient g among matrices. */
  readonly direction: (point: Tensor, g: Tensor) => Tensor;
  /** Where a tangent vector leads from the point, and other tangent vectors brought along. */
  readonly move: (point: Tensor, step: Tensor, carried?: Tensor) => { point: Tensor; carried?: Tensor };
}

/** exp_P(V) = T P T, T = I + L_P[V], and its derivative in direction X, L_P[X] P T + T P L_P[X], which carries X along. */
function buresMove(p: Tensor, step: Tensor, carried?: Tensor): ReturnType<Motion['move']> {
  const t = symmetrize(rawLyapunov(p, step)).add(identityLike(p));
  const point = congruence(t, p);
  if (carried === undefined) return { point };
  const half = symmetrize(rawLyapunov(p, carried)).matmul(p).matmul(t);
  return { point, carried: symmetrize(half).mul(2) };
}

/** exp_P(V) = F exp(S) Fᵀ with S = F⁻¹ V F⁻ᵀ; parallel transport by E = F exp(S/2) F⁻¹. */
function affineMove(p: Tensor, step: Tensor, carried?: Tensor): ReturnType<Motion['move']> {
  const f = linalg.cholesky(p);
  const s = whiten(f, step);
  const point = congruence(f, rawExp(s));
  if (carried === undefined) return { point };
  return { point, carried: congruence(f.matmul(rawExp(s.mul(0.5))), whiten(f, carried)) };
}

const affineDirection = (p: Tensor, g: Tensor): Tensor => congruence(p, g);

const spdMotions: Readonly<Record<SpdStep, Motion>> = {
  official: { direction: affineDirection, move: buresMove },
  buresWasserstein: { direction: (p, g) => symmetrize(g.matmul(p)).mul(4), move: buresMove },
  affineInvariant: { direction: affineDirection, move: affineMove },
  // Tangent vectors are those of A, where nothing has to be carried.
  exponential: {
    direction: (p, g) => expDerivative(rawLog(p), g),
    move: (p, step, carried) => ({
      point: rawExp(rawLog(p).add(step)),
      ...(carried === undefined ? {} : { carried }),
    }),
  },
};

/** SPD matrices; points and gradients are symmetrized first. */
export function spdMotion(how: SpdStep): Motion {
  const { direction, move } = spdMotions[how];
  return {
    direction: (p, g) => direction(symmetrize(p), symmetrize(g)),
    move: (p, step, carried) => move(symmetrize(p), step, carried),
  };
}

/** w minus its normal part at W: the projection W sym(Wᵀ w). */
const tangentAt = (w: Tensor, x: Tensor): Tensor => x.sub(w.matmul(symmetrize(transposed(w).matmul(x))));

/** Orthonormal columns: retraction by the orthonormal factor with a positive diagonal in R, transport by projection. */
export function stiefelMotion(how: StiefelGradient): Motion {
  return {
    direction: (w, g) =>
      how === 'canonical' ? g.sub(w.matmul(g, { transposeB: true }).matmul(w)) : tangentAt(w, g),
    move: (w, step, carried) => {
      const point = linalg.qr(w.add(step))[0];
      return { point, ...(carried === undefined ? {} : { carried: tangentAt(point, carried) }) };
    },
  };
}
