import type { DType } from '../dtype.js';
import type { Shape } from '../shape.js';
import { sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { bind, bind1 } from '../trace.js';
import type { BinaryName, Conv2dParameters, Pair, PaddingPairs, UnaryName } from './parameters.js';

/**
 * The primitives as plain functions, for rules and for `ops/`. No promotion and no negative axes here: inputs of one
 * call have one dtype (JS numbers take the other operand's), axes are normalised. Calls by name keep the record files
 * free of import circles, since each one's rules need most of the others.
 */
const none = {};

type Operand = Tensor | number;

function unary(name: UnaryName) {
  return (x: Tensor): Tensor => bind1(name, [x], none);
}

function binary(name: BinaryName) {
  return (a: Operand, b: Operand): Tensor => {
    if (typeof a === 'number') return bind1(name, [scalar(a, (b as Tensor).dtype), b as Tensor], none);
    return bind1(name, [a, typeof b === 'number' ? scalar(b, a.dtype) : b], none);
  };
}

export const full = (shape: Shape, value: number, dtype: DType): Tensor =>
  bind1('full', [], { shape, value, dtype });
export const scalar = (value: number, dtype: DType): Tensor => full([], value, dtype);
export const zerosLike = (x: { shape: Shape; dtype: DType }): Tensor => full(x.shape, 0, x.dtype);
export const iota = (shape: Shape, axis: number, dtype: DType): Tensor =>
  bind1('iota', [], { shape, axis, dtype });

export const neg = unary('neg');
export const abs = unary('abs');
export const sign = unary('sign');
export const exp = unary('exp');
export const expm1 = unary('expm1');
export const log = unary('log');
export const log1p = unary('log1p');
export const sqrt = unary('sqrt');
export const sin = unary('sin');
export const cos = unary('cos');
export const tan = unary('tan');
export const asin = unary('asin');
export const acos = unary('acos');
export const atan = unary('atan');
export const sinh = unary('sinh');
export const cosh = unary('cosh');
export const tanh = unary('tanh');
export const asinh = unary('asinh');
export const acosh = unary('acosh');
export const atanh = unary('atanh');
export const sigmoid = unary('sigmoid');
export const softplus = unary('softplus');
export const erf = unary('erf');
export const erfc = unary('erfc');
export const erfinv = unary('erfinv');
export const lgamma = unary('lgamma');
export const floor = unary('floor');
export const ceil = unary('ceil');
export const round = unary('round');
export const trunc = unary('trunc');
export const isNaN = unary('isNaN');
export const isFinite = unary('isFinite');
export const not = unary('not');

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const floorDivide = binary('floorDivide');
export const remainder = binary('remainder');
export const pow = binary('pow');
export const atan2 = binary('atan2');
export const maximum = binary('maximum');
export const minimum = binary('minimum');
export const equal = binary('equal');
export const notEqual = binary('notEqual');
export const less = binary('less');
export const lessEqual = binary('lessEqual');
export const greater = binary('greater');
export const greaterEqual = binary('greaterEqual');
export const and = binary('and');
export const or = binary('or');
export const xor = binary('xor');
export const shiftLeft = binary('shiftLeft');
export const shiftRight = binary('shiftRight');

export const square = (x: Tensor): Tensor => mul(x, x);

/** whenTrue or whenFalse may be a number, which takes the other's dtype. */
export function where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor {
  const dtype = typeof whenTrue === 'number' ? (whenFalse as Tensor).dtype : whenTrue.dtype;
  const lift = (x: Operand) => (typeof x === 'number' ? scalar(x, dtype) : x);
  return bind1('where', [condition, lift(whenTrue), lift(whenFalse)], none);
}

export const polygamma = (order: number, x: Tensor): Tensor => bind1('polygamma', [x], { order });
export const cast = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : bind1('cast', [x], { dtype });

export const sum = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1('sum', [x], { axes });
export const prod = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1('prod', [x], { axes });
export const reduceMax = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1('reduceMax', [x], { axes });
export const reduceMin = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1('reduceMin', [x], { axes });
export const argMax = (x: Tensor, axis: number): Tensor => bind1('argMax', [x], { axis });
export const argMin = (x: Tensor, axis: number): Tensor => bind1('argMin', [x], { axis });
export const cumsum = (x: Tensor, axis: number, reverse = false): Tensor =>
  bind1('cumsum', [x], { axis, reverse });
export const argsort = (x: Tensor, axis: number, descending = false): Tensor =>
  bind1('argsort', [x], { axis, descending });

export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : bind1('reshape', [x], { shape });
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return permutation.every((axis, i) => axis === i) ? x : bind1('transpose', [x], { permutation });
}
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : bind1('broadcastTo', [x], { shape });
export function slice(
  x: Tensor,
  starts: readonly number[],
  stops: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): Tensor {
  const whole = starts.every(
    (start, axis) => start === 0 && stops[axis] === x.shape[axis] && steps[axis] === 1,
  );
  return whole ? x : bind1('slice', [x], { starts, stops, steps });
}
export function pad(
  x: Tensor,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[] = low.map(() => 0),
  value = 0,
): Tensor {
  const nothing = [...low, ...high, ...interior].every((n) => n === 0);
  return nothing ? x : bind1('pad', [x], { low, high, interior, value });
}
export const concat = (xs: readonly Tensor[], axis: number): Tensor =>
  xs.length === 1 ? xs[0]! : bind1('concat', xs, { axis });
export const flip = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1('flip', [x], { axes });
export const dynamicSlice = (x: Tensor, starts: readonly Tensor[], sizes: readonly number[]): Tensor =>
  bind1('dynamicSlice', [x, ...starts], { sizes });
export const dynamicUpdateSlice = (x: Tensor, update: Tensor, starts: readonly Tensor[]): Tensor =>
  bind1('dynamicUpdateSlice', [x, update, ...starts], none);
export const gather = (x: Tensor, indices: Tensor): Tensor => bind1('gather', [x, indices], none);
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor): Tensor =>
  bind1('scatterAdd', [x, indices, updates], none);
export const stopGradient = (x: Tensor): Tensor => bind1('stopGradient', [x], none);

export const matmul = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
  bind1('matmul', [a, b], { transposeA, transposeB });
export const conv2d = (x: Tensor, kernel: Tensor, params: Conv2dParameters): Tensor =>
  bind1('conv2d', [x, kernel], params);
export const maxPoolIndices = (
  x: Tensor,
  params: { window: Pair; strides: Pair; padding: PaddingPairs; dilation: Pair },
): Tensor => bind1('maxPoolIndices', [x], params);

export const cholesky = (a: Tensor): Tensor => bind1('cholesky', [a], none);
export const triangularSolve = (
  a: Tensor,
  b: Tensor,
  params: { lower: boolean; transpose: boolean; unitDiagonal: boolean },
): Tensor => bind1('triangularSolve', [a, b], params);
export const solve = (a: Tensor, b: Tensor, transpose = false): Tensor =>
  bind1('solve', [a, b], { transpose });
export const slogdet = (a: Tensor): [Tensor, Tensor] => bind('slogdet', [a], none) as [Tensor, Tensor];
export const qr = (a: Tensor): [Tensor, Tensor] => bind('qr', [a], none) as [Tensor, Tensor];
export const svd = (a: Tensor): [Tensor, Tensor, Tensor] =>
  bind('svd', [a], none) as [Tensor, Tensor, Tensor];
export const eigh = (a: Tensor): [Tensor, Tensor] => bind('eigh', [a], none) as [Tensor, Tensor];

export const randomBits = (key: Tensor, size: number): Tensor => bind1('randomBits', [key], { size });
export const splitKey = (key: Tensor, count: number): Tensor => bind1('splitKey', [key], { count });
export const randomGamma = (key: Tensor, alpha: Tensor): Tensor => bind1('randomGamma', [key, alpha], none);
export const randomGammaGrad = (alpha: Tensor, sample: Tensor): Tensor =>
  bind1('randomGammaGrad', [alpha, sample], none);

/** The last two axes exchanged. */
export function matrixTranspose(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  axes[last] = last - 1;
  axes[last - 1] = last;
  return transpose(x, axes);
}

/** Sums a broadcast result's cotangent back to the shape it was broadcast from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.ndim - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < offset || (shape[axis - offset] === 1 && x.shape[axis] !== 1));
  return reshape(sum(x, axes), shape);
}

/** Adds an axis of length `size` in front. */
export function broadcastBatch(x: Tensor, size: number): Tensor {
  return broadcastTo(x, [size, ...x.shape]);
}
