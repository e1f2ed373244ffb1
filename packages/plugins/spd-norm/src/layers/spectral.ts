import { check, positive } from '@core/registry/checks';
import { tensor, type Tensor } from '@core/tensor';
import { stateless, type Empty, type Layer } from '@core/nn';
import { symExp, symLog, symReEig } from '../matrices/functions.js';
import { spdExample } from './shapes.js';

/** Eigenvalues below epsilon are raised to it, as ReLU for matrices. Default 1e-5. Source: Huang and Van Gool 2017, eq. 4. */
export function reEig({ epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Layer<Empty, Empty> {
  check('reEig', 'epsilon', epsilon, positive);
  return onMatrices('reEig', (x) => symReEig(x, epsilon));
}

/**
 * Logarithms: from the manifold to symmetric matrices, on which ordinary layers work. With `vectorize` (default false) each
 * becomes the vector [n (n + 1) / 2] of its lower triangle, as `vech`. Source: Huang and Van Gool 2017, eq. 7.
 */
export function logEig({ vectorize = false }: { readonly vectorize?: boolean } = {}): Layer<Empty, Empty> {
  if (!vectorize) return onMatrices('logEig', symLog);
  return stateless(
    (x) => vech(symLog(x)),
    (shape) => {
      const { n } = spdExample('logEig', shape);
      return [...shape.slice(0, -2), (n * (n + 1)) / 2];
    },
  );
}

/** Exponentials: from symmetric matrices to the manifold. */
export const expEig = (): Layer<Empty, Empty> => onMatrices('expEig', symExp);

function onMatrices(owner: string, f: (x: Tensor) => Tensor): Layer<Empty, Empty> {
  return stateless(f, (shape) => {
    spdExample(owner, shape);
    return shape;
  });
}

/**
 * The lower triangles of symmetric matrices [..., n, n], row by row, as vectors [..., n (n + 1) / 2]; elements off the diagonal
 * times √2, so that lengths and products are those of the matrices.
 */
export function vech(x: Tensor): Tensor {
  const n = x.shape.at(-1) ?? 0;
  const places: number[] = [];
  const factors: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      places.push(i * n + j);
      factors.push(i === j ? 1 : Math.SQRT2);
    }
  }
  const flat = x.reshape([...x.shape.slice(0, -2), n * n]);
  return flat.take(tensor(places, { dtype: 'int32' }), -1).mul(tensor(factors, { dtype: x.dtype }));
}
