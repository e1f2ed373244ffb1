import { asTensor, promoteOperands } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import { checkMatrix, checkSquare } from '../primitives/linalg/support.js';
import type { Tensor } from '../tensor.js';

/** What the functions of `linalg` share in reading their arguments. */

/** Matrices [..., m, n] of floats. */
export function asMatrix(op: string, value: TensorLike): Tensor {
  const x = asTensor(op, value);
  checkMatrix(op, x);
  return x;
}

/** Matrices [..., n, n] of floats. */
export function asSquare(op: string, value: TensorLike): Tensor {
  const x = asTensor(op, value);
  checkSquare(op, x);
  return x;
}

/** Two operands of one float dtype; the first holds matrices. */
export function asSystem(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  checkMatrix(op, asTensor(op, a), 'a');
  return promoteOperands(op, a, b) as [Tensor, Tensor];
}
