import { DTypeError, ShapeError } from '../errors.js';
import { isFloat } from '../dtype.js';
import type { Aval } from '../shape.js';
import { describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import * as p from './calls.js';
import { matmulKernel } from './kernels/matmul.js';
import type { PrimitiveParameters } from './parameters.js';
import type { BatchContext } from './primitive.js';
import { definePrimitive } from './primitive.js';

type Parameters = PrimitiveParameters['matmul'];

/** Batch, rows, depth of a factor as the product sees it. */
function sizes(x: Aval, transposed: boolean): [number, number, number] {
  const [batch, first, second] = x.shape as [number, number, number];
  return transposed ? [batch, second, first] : [batch, first, second];
}

function shapeOf(a: Aval, b: Aval, { transposeA, transposeB }: Parameters): Aval {
  const got = `${describe(a)}${transposeA ? ' transposed' : ''} x ${describe(b)}${transposeB ? ' transposed' : ''}`;
  if (a.shape.length !== 3 || b.shape.length !== 3) {
    throw new ShapeError(`matmul: the primitive takes [batch, rows, columns] twice, got ${got}`);
  }
  if (a.dtype !== b.dtype || a.dtype === 'bool') {
    throw new DTypeError(
      `matmul: needs two tensors of one dtype that is not bool, got ${got}; cast them first`,
    );
  }
  const [batchA, m, k] = sizes(a, transposeA);
  const [batchB, inner, n] = sizes(b, transposeB);
  if (k !== inner) throw new ShapeError(`matmul: inner sizes differ: ${got}`);
  if (batchA !== batchB && batchA !== 1 && batchB !== 1) {
    throw new ShapeError(`matmul: batch sizes must be equal or one of them 1, got ${got}`);
  }
  return { shape: [batchA === 1 ? batchB : batchA, m, n], dtype: a.dtype };
}

export const matmul = definePrimitive<'matmul'>({
  name: 'matmul',
  shape: ([a, b], params) => [shapeOf(a!, b!, params)],

  jvp: ({ primals: [a, b], tangents: [da, db], params: { transposeA, transposeB } }) => {
    const left = da == null ? null : p.matmul(da, b!, transposeA, transposeB);
    const right = db == null ? null : p.matmul(a!, db, transposeA, transposeB);
    return [left === null ? right : right === null ? left : p.add(left, right)];
  },

  // With C = A B: dA = dC B^T and dB = A^T dC, each in the layout its factor has.
  vjp: ({ inputs: [a, b], cotangents: [ct], needs, params: { transposeA, transposeB } }) => {
    if (!isFloat(a!.dtype)) return [null, null];
    return [
      needs[0] ? cotangentOfA(a!, b!, ct!, transposeA, transposeB) : null,
      needs[1] ? cotangentOfB(a!, b!, ct!, transposeA, transposeB) : null,
    ];
  },

  batch: (context) => [batchMatmul(context)],
  kernel: matmulKernel,
});

function cotangentOfA(a: Tensor, b: Tensor, ct: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const d = transposeA ? p.matmul(b, ct, transposeB, true) : p.matmul(ct, b, false, !transposeB);
  return p.sumTo(d, a.shape);
}

function cotangentOfB(a: Tensor, b: Tensor, ct: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const shared = b.shape[0] === 1 && a.shape[0] === ct.shape[0] && !transposeA;
  // One right factor for a stack of left ones: summing over the stack is part of the inner sum of one tall product.
  const [left, right] = shared ? [flattenRows(a), flattenRows(ct)] : [a, ct];
  const d = transposeB ? p.matmul(right, left, true, transposeA) : p.matmul(left, right, !transposeA, false);
  return p.sumTo(d, b.shape);
}

/** [b, m, k] as [1, b*m, k]. */
function flattenRows(x: Tensor): Tensor {
  const [batch, rows, columns] = x.shape as [number, number, number];
  return p.reshape(x, [1, batch * rows, columns]);
}

/**
 * The new axis joins the batch where both factors have it, or where the other factor is one matrix for the whole
 * batch; else it joins the rows of a (or the columns of b), so that no factor is ever copied `size` times.
 */
function batchMatmul({ inputs: [a, b], batched, size, params }: BatchContext<'matmul'>): Tensor {
  const { transposeA, transposeB } = params;
  if (batched[0] && batched[1]) {
    const batch = a!.shape[1] === 1 ? b!.shape[1]! : a!.shape[1]!;
    const fold = (x: Tensor): Tensor => {
      const [, , rows, columns] = x.shape as [number, number, number, number];
      return p.reshape(p.broadcastTo(x, [size, batch, rows, columns]), [size * batch, rows, columns]);
    };
    const y = p.matmul(fold(a!), fold(b!), transposeA, transposeB);
    return p.reshape(y, [size, batch, ...y.shape.slice(1)]);
  }
  if (batched[0]) return batchLeft(a!, b!, size, transposeA, transposeB);
  // (A B)^T = B^T A^T turns the right factor into the left one.
  if (a!.shape[0] === 1) {
    const [, batch, ...rest] = b!.shape as [number, number, number, number];
    const y = p.matmul(a!, p.reshape(b!, [size * batch, ...rest]), transposeA, transposeB);
    return p.reshape(y, [size, batch, ...y.shape.slice(1)]);
  }
  const y = batchLeft(b!, a!, size, !transposeB, !transposeA);
  return p.transpose(y, [0, 1, 3, 2]);
}

/** a [size, ba, m, k] (or [.., k, m]) times b [bb, k, n] (or [bb, n, k]): [size, ba|bb, m, n]. */
function batchLeft(a: Tensor, b: Tensor, size: number, transposeA: boolean, transposeB: boolean): Tensor {
  const [, batch, first, second] = a.shape as [number, number, number, number];
  if (b.shape[0] === 1) {
    const y = p.matmul(p.reshape(a, [size * batch, first, second]), b, transposeA, transposeB);
    return p.reshape(y, [size, batch, ...y.shape.slice(1)]);
  }
  const m = transposeA ? second : first;
  // [ba, size*m, k], or [ba, k, size*m].
  const folded = transposeA
    ? p.reshape(p.transpose(a, [1, 2, 0, 3]), [batch, first, size * m])
    : p.reshape(p.transpose(a, [1, 0, 2, 3]), [batch, size * m, second]);
  const y = p.matmul(folded, b, transposeA, transposeB);
  return p.transpose(p.reshape(y, [y.shape[0]!, size, m, y.shape[2]!]), [1, 0, 2, 3]);
}
