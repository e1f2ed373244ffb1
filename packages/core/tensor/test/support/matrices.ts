import { tensor } from '../../src/ops/convert.js';
import type { DType } from '../../src/dtype.js';
import { sizeOf } from '../../src/shape.js';
import type { Shape } from '../../src/shape.js';
import type { Tensor } from '../../src/tensor.js';
import { mm, mT } from '../../src/primitives/linalg/support.js';
import * as p from '../../src/primitives/calls.js';
import { generator } from './kernels.js';

/** Matrices for tests of linear algebra, the same for the same seed. */

export function randomTensor(
  seed: number,
  shape: Shape,
  dtype: DType = 'float64',
  low = -1,
  high = 1,
): Tensor {
  const random = generator(seed);
  const data = Float64Array.from({ length: sizeOf(shape) }, () => low + random() * (high - low));
  return p.cast(tensor(data, { shape }), dtype);
}

export function matrix(rows: readonly (readonly number[])[]): Tensor {
  return tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0]?.length ?? 0] });
}

/** Orthogonal matrices [..., n, n]. */
export function orthogonal(seed: number, n: number, batch: Shape = []): Tensor {
  return p.qr(randomTensor(seed, [...batch, n, n]))[0];
}

/** q diag(values) qᵀ. */
export function withEigenvalues(seed: number, values: readonly number[]): Tensor {
  const q = orthogonal(seed, values.length);
  return mm(p.mul(q, tensor(Float64Array.from(values))), q, false, true);
}

/** u diag(values) vᵀ [m, n]. */
export function withSingularValues(seed: number, m: number, n: number, values: readonly number[]): Tensor {
  const k = values.length;
  const u = p.slice(orthogonal(seed, m), [0, 0], [m, k]);
  const v = p.slice(orthogonal(seed + 100, n), [0, 0], [n, k]);
  return mm(p.mul(u, tensor(Float64Array.from(values))), v, false, true);
}

/** Symmetric positive definite [..., n, n] with eigenvalues of at least 0.5. */
export function positiveDefinite(seed: number, n: number, batch: Shape = []): Tensor {
  const a = randomTensor(seed, [...batch, n, n]);
  const identity = tensor(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 0.5 : 0)),
    { shape: [n, n] },
  );
  return p.add(mm(a, a, false, true), identity);
}

export const symmetric = (seed: number, n: number, batch: Shape = []): Tensor => {
  const a = randomTensor(seed, [...batch, n, n]);
  return p.add(a, mT(a));
};

/** Largest |a - b|. */
export function distance(a: Tensor, b: Tensor): number {
  const difference = p.abs(p.sub(a, b)).dataSync();
  let largest = 0;
  for (const x of difference) largest = Math.max(largest, Number.isNaN(x) ? Infinity : x);
  return largest;
}

/** Largest |qᵀ q - I|. */
export function orthonormality(q: Tensor): number {
  const n = q.shape.at(-1)!;
  const identity = tensor(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    { shape: [n, n] },
  );
  return distance(mm(q, q, true), p.cast(identity, q.dtype));
}
