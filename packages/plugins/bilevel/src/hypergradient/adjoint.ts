import { linalg, scan, full, type Tensor } from '@core/tensor';
import { conjugateGradient } from '../linear/conjugateGradient.js';
import { matrixOf } from '../linear/solve.js';
import { scalarLike } from '../vectors.js';

/** An approximate solution q of H q = v, vectors [dim y]. */
export interface Adjoint {
  readonly q: Tensor;
  /** Products with H made, int32. */
  readonly iterations: Tensor;
  /** False where a direction with p·Hp <= 0 was met; only conjugate gradients look. */
  readonly positive: Tensor;
  /** The least p·Hp/|p|² that conjugate gradients met. */
  readonly curvature?: Tensor;
}

const count = (n: number): Tensor => full([], n, { dtype: 'int32' });
const yes = (): Tensor => full([], true, { dtype: 'bool' });

/** By LU of the whole matrix. */
export function exactAdjoint(product: (v: Tensor) => Tensor, v: Tensor): Adjoint {
  return { q: linalg.solve(matrixOf(product, v), v), iterations: count(v.size), positive: yes() };
}

export function cgAdjoint(
  product: (v: Tensor) => Tensor,
  v: Tensor,
  options: { readonly iterations: number; readonly tolerance: number; readonly start: Tensor | undefined },
): Adjoint {
  const { solution, iterations, positive, curvature } = conjugateGradient(product, v, options);
  return { q: solution, iterations, positive, curvature };
}

/**
 * q ← q - α(Hq - v), `iterations` times. From q = αv this is the Neumann sum α Σ (I - αH)ᵏ v over k <= iterations.
 */
export function fixedPointAdjoint(
  product: (v: Tensor) => Tensor,
  v: Tensor,
  options: {
    readonly iterations: number;
    readonly alpha: number | Tensor;
    readonly start?: Tensor | undefined;
  },
): Adjoint {
  const alpha =
    typeof options.alpha === 'number' ? scalarLike(options.alpha, v) : options.alpha.cast(v.dtype);
  const start = options.start ?? v.mul(alpha);
  const q =
    options.iterations === 0
      ? start
      : scan((at: Tensor) => [at.sub(product(at).sub(v).mul(alpha)), null] as const, start, null, {
          length: options.iterations,
        })[0];
  return { q, iterations: count(options.iterations), positive: yes() };
}
