import { DTypeError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { broadcastShapes, describe, formatShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { promoteOperands } from './convert.js';
import type { TensorLike } from './convert.js';
import { tidy } from './tidy.js';

/*
 * Matrix products by NumPy's rules. Operands are promoted to one dtype; int32 wraps around. Floats are added up in
 * float64.
 */

function operands(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const [x, y] = promoteOperands(op, a, b) as [Tensor, Tensor];
  if (x.dtype === 'bool') {
    throw new DTypeError(
      `${op}: booleans have no product of sums: ${describe(x)} x ${describe(y)}; cast one: a.cast('int32') counts, a.cast('float32') weighs`,
    );
  }
  return [x, y];
}

export interface MatmulOptions {
  /** a is [..., k, m]. Default false. */
  readonly transposeA?: boolean;
  /** b is [..., n, k]. Default false. */
  readonly transposeB?: boolean;
}

/**
 * The matrix product c[.., i, j] = Σ_k a[.., i, k] b[.., k, j].
 *
 * a [..., m, k], b [..., k, n] -> [..., m, n]; the leading axes broadcast. An operand with one axis is a row on the left
 * or a column on the right, and that axis disappears from the result: [k] x [k] -> [], [m, k] x [k] -> [m]. Operands that
 * lie transposed are read as they lie where an option says so, which saves the copy that `b.T` makes.
 * @throws ShapeError when the inner sizes differ, the leading axes do not broadcast, an operand is a scalar, or one with
 *   one axis is to be transposed; DTypeError for booleans
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  checkOptions('matmul', options, ['transposeA', 'transposeB']);
  const { transposeA = false, transposeB = false } = options;
  const [x, y] = operands('matmul', a, b);
  if (x.ndim === 0 || y.ndim === 0) {
    throw new ShapeError(
      `matmul: needs at least one axis on both sides, got ${describe(x)} x ${describe(y)}; to scale use mul`,
    );
  }
  if ((transposeA && x.ndim < 2) || (transposeB && y.ndim < 2)) {
    const [name, operand] = transposeA && x.ndim < 2 ? ['transposeA', x] : ['transposeB', y];
    throw new ShapeError(`matmul: ${name} needs an operand with two axes or more, got ${describe(operand)}`);
  }
  const outer = { a: transposeA ? -1 : -2, b: transposeB ? -2 : -1 };
  checkInner('matmul', x, y, transposeA ? x.ndim - 2 : x.ndim - 1, transposeB ? y.ndim - 1 : Math.max(y.ndim - 2, 0)); // prettier-ignore
  return tidy([x, y], () => {
    const left = x.ndim === 1 ? p.reshape(x, [1, x.size]) : x;
    const right = y.ndim === 1 ? p.reshape(y, [y.size, 1]) : y;
    const c = multiplyStacks(left, right, transposeA, transposeB);
    const shape = c.shape.slice(0, -2);
    if (x.ndim > 1) shape.push(left.shape.at(outer.a)!);
    if (y.ndim > 1) shape.push(right.shape.at(outer.b)!);
    return p.reshape(c, shape);
  });
}

/** @param axisX @param axisY the axes that are summed over */
function checkInner(op: string, x: Tensor, y: Tensor, axisX: number, axisY: number): void {
  const k = x.shape[axisX]!;
  if (k === y.shape[axisY]) return;
  if (axisX !== x.ndim - 1 || axisY !== Math.max(y.ndim - 2, 0))
    throw new ShapeError(
      `${op}: inner sizes differ: ${k} of ${formatShape(x.shape)} (axis ${axisX - x.ndim}) and ${y.shape[axisY]} of ${formatShape(y.shape)} (axis ${axisY - y.ndim})`,
    );
  throw new ShapeError(
    `${op}: inner sizes differ: ${formatShape(x.shape)} x ${formatShape(y.shape)}${suggestion(x, y, k)}`,
  );
}

function suggestion(x: Tensor, y: Tensor, k: number): string {
  const swapped = (name: string, t: Tensor): string =>
    t.ndim === 2 ? `${name}.T` : `${name}.swapAxes(-2, -1)`;
  if (y.ndim >= 2 && y.shape.at(-1) === k) return `; did you mean ${swapped('b', y)}?`;
  const inner = y.ndim === 1 ? y.shape[0] : y.shape.at(-2);
  if (x.ndim >= 2 && x.shape.at(-2) === inner) return `; did you mean ${swapped('a', x)}?`;
  return `; the last size of a (${k}) must be the ${y.ndim === 1 ? 'size' : 'second to last size'} of b (${inner})`;
}

/** Both with at least two axes. */
function multiplyStacks(x: Tensor, y: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const m = x.shape.at(transposeA ? -1 : -2)!;
  const n = y.shape.at(transposeB ? -2 : -1)!;
  const [stackX, stackY] = [x.shape.slice(0, -2), y.shape.slice(0, -2)];
  if (sizeOf(stackY) === 1 && stackY.length <= stackX.length && !transposeA) {
    // One right factor: all rows of the left stack are one tall matrix.
    const tall = p.reshape(x, [1, sizeOf(stackX) * m, x.shape.at(-1)!]);
    const c = p.matmul(tall, p.reshape(y, [1, ...y.shape.slice(-2)]), false, transposeB);
    return p.reshape(c, [...stackX, m, n]);
  }
  const stack = broadcastShapes('matmul', stackX, stackY);
  const fold = (t: Tensor, own: readonly number[]): Tensor => {
    const matrix = t.shape.slice(-2);
    if (sizeOf(own) === 1) return p.reshape(t, [1, ...matrix]);
    return p.reshape(p.broadcastTo(t, [...stack, ...matrix]), [sizeOf(stack), ...matrix]);
  };
  const c = p.matmul(fold(x, stackX), fold(y, stackY), transposeA, transposeB);
  return p.reshape(p.broadcastTo(c, [sizeOf(stack), m, n]), [...stack, m, n]);
}

/**
 * NumPy's dot: Σ over the last axis of a and the second to last (or only) axis of b, with all pairs of the other axes:
 * [..., k] x [k] -> [...], [...a, k] x [...b, k, n] -> [...a, ...b, n]. A scalar scales the other. For stacks of matrices
 * use `matmul`.
 * @throws ShapeError when the inner sizes differ; DTypeError for booleans
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = operands('dot', a, b);
  if (x.ndim === 0 || y.ndim === 0) return p.mul(x, y);
  const inner = Math.max(y.ndim - 2, 0);
  checkInner('dot', x, y, x.ndim - 1, inner);
  const rest = [...y.shape.keys()].filter((axis) => axis !== inner);
  const right = p.transpose(y, [inner, ...rest]);
  const k = x.shape.at(-1)!;
  const others = rest.map((axis) => y.shape[axis]!);
  const own = x.shape.slice(0, -1);
  const c = p.matmul(p.reshape(x, [1, sizeOf(own), k]), p.reshape(right, [1, k, sizeOf(others)]));
  return p.reshape(c, [...own, ...others]);
}

/** All products a[i] b[j] of the flattened operands: [a.size, b.size]. */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = operands('outer', a, b);
  return p.mul(p.reshape(x, [x.size, 1]), p.reshape(y, [1, y.size]));
}
