import { checkDType } from '../dtype.js';
import type { DType } from '../dtype.js';
import { ArgumentError, DTypeError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { broadcastShapes, describe } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { checkFinite } from './arguments.js';
import { asTensor, promoteFloats, promoteOperands, requireDType } from './convert.js';
import type { TensorLike } from './convert.js';

/*
 * Elementwise operations. Operands broadcast NumPy-style and are promoted along bool < int32 < float32 < float64; JS
 * numbers take the tensor's dtype. Functions of real analysis turn integers into float32. All throw ShapeError when
 * shapes do not broadcast, and DTypeError when the dtype makes no sense.
 */

function floatUnary(name: string, call: (x: Tensor) => Tensor) {
  return (x: TensorLike): Tensor => call(promoteFloats(name, x)[0]!);
}

function numeric(name: string, call: (a: Tensor, b: Tensor) => Tensor) {
  return (a: TensorLike, b: TensorLike): Tensor => {
    const [x, y] = promoteOperands(name, a, b) as [Tensor, Tensor];
    if (x.dtype !== 'bool') return call(x, y);
    throw new DTypeError(
      `${name}: makes no sense on two bools (${describe(x)}, ${describe(y)}); cast them, or use logicalAnd, logicalOr, logicalXor`,
    );
  };
}

function comparison(name: string, call: (a: Tensor, b: Tensor) => Tensor) {
  return (a: TensorLike, b: TensorLike): Tensor => {
    const [x, y] = promoteOperands(name, a, b) as [Tensor, Tensor];
    return x.dtype === 'bool' ? call(p.cast(x, 'int32'), p.cast(y, 'int32')) : call(x, y);
  };
}

/** a + b */
export const add = numeric('add', p.add);
/** a - b */
export const sub = numeric('sub', p.sub);
/** a · b, elementwise. For matrices see `matmul`. */
export const mul = numeric('mul', p.mul);

/**
 * a / b. Two integer tensors are refused: the result could mean two things.
 * @throws DTypeError for int32 / int32
 */
export function div(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands('div', a, b) as [Tensor, Tensor];
  if (x.dtype === 'int32' || x.dtype === 'bool') {
    throw new DTypeError(
      `div: ${describe(x)} / ${describe(y)} is ambiguous; write floorDivide(a, b) for whole numbers, or cast: a.cast('float32').div(b)`,
    );
  }
  return p.div(x, y);
}

/** floor(a / b), for integers too. @throws ArgumentError for an integer division by zero */
export const floorDivide = numeric('floorDivide', p.floorDivide);
/** a - floor(a / b)·b: the result has b's sign, as in NumPy and Python. */
export const remainder = numeric('remainder', p.remainder);
/** Larger of the two; NaN wins. */
export const maximum = numeric('maximum', p.maximum);
/** Smaller of the two; NaN wins. */
export const minimum = numeric('minimum', p.minimum);

/** Angle of the point (x, y), in (-π, π]. */
export function atan2(y: TensorLike, x: TensorLike): Tensor {
  const [a, b] = promoteFloats('atan2', y, x) as [Tensor, Tensor];
  return p.atan2(a, b);
}

/** base ** exponent, IEEE 754. Small whole-number exponents given as JS numbers become products. */
export function pow(base: TensorLike, exponent: TensorLike): Tensor {
  if (exponent === 2) return square(base);
  const [x, y] = promoteOperands('pow', base, exponent) as [Tensor, Tensor];
  return exponent === 3 ? p.mul(p.square(x), x) : p.pow(x, y);
}

/** x · x */
export function square(x: TensorLike): Tensor {
  return p.square(requireDType('square', asTensor('square', x), ['float32', 'float64', 'int32']));
}

/** log(e^a + e^b) without overflow. */
export function logaddexp(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteFloats('logaddexp', a, b) as [Tensor, Tensor];
  broadcastShapes('logaddexp', x.shape, y.shape);
  const ordered = p.greaterEqual(x, y);
  const larger = p.where(ordered, x, y);
  const smaller = p.where(ordered, y, x);
  // Equal infinities have no difference, and the result is that infinity whatever is added.
  const atInfinity = p.and(p.equal(larger, smaller), p.not(p.isFinite(larger)));
  return p.add(larger, p.softplus(p.where(atInfinity, 0, p.sub(smaller, larger))));
}

/** -x */
export function neg(x: TensorLike): Tensor {
  const t = asTensor('neg', x);
  return p.neg(t.dtype === 'bool' ? p.cast(t, 'int32') : t);
}

/** |x| */
export function abs(x: TensorLike): Tensor {
  return p.abs(asTensor('abs', x));
}

/** -1, 0 or 1; NaN stays NaN. */
export function sign(x: TensorLike): Tensor {
  return p.sign(asTensor('sign', x));
}

/** 1 / x */
export const reciprocal = floatUnary('reciprocal', (x) => p.div(1, x));
export const exp = floatUnary('exp', p.exp);
/** e^x - 1, exact for small x */
export const expm1 = floatUnary('expm1', p.expm1);
export const log = floatUnary('log', p.log);
/** log(1 + x), exact for small x */
export const log1p = floatUnary('log1p', p.log1p);
export const log2 = floatUnary('log2', (x) => p.mul(p.log(x), Math.LOG2E));
export const log10 = floatUnary('log10', (x) => p.mul(p.log(x), Math.LOG10E));
export const sqrt = floatUnary('sqrt', p.sqrt);
/** 1 / √x */
export const rsqrt = floatUnary('rsqrt', (x) => p.div(1, p.sqrt(x)));
export const sin = floatUnary('sin', p.sin);
export const cos = floatUnary('cos', p.cos);
export const tan = floatUnary('tan', p.tan);
export const asin = floatUnary('asin', p.asin);
export const acos = floatUnary('acos', p.acos);
export const atan = floatUnary('atan', p.atan);
export const sinh = floatUnary('sinh', p.sinh);
export const cosh = floatUnary('cosh', p.cosh);
export const tanh = floatUnary('tanh', p.tanh);
export const asinh = floatUnary('asinh', p.asinh);
export const acosh = floatUnary('acosh', p.acosh);
export const atanh = floatUnary('atanh', p.atanh);
export const erf = floatUnary('erf', p.erf);
/** 1 - erf(x), exact also where erf(x) is nearly 1 */
export const erfc = floatUnary('erfc', p.erfc);
export const erfinv = floatUnary('erfinv', p.erfinv);
/** log |Γ(x)| */
export const lgamma = floatUnary('lgamma', p.lgamma);
/** ψ(x), the derivative of log Γ */
export const digamma = floatUnary('digamma', (x) => p.polygamma(0, x));

/** Beyond this order the values overflow float64 nearly everywhere, and the series takes ever longer. */
const largestOrder = 100;

/** The `order`-th derivative of digamma. @throws ArgumentError unless order is a whole number from 0 to 100 */
export function polygamma(order: number, x: TensorLike): Tensor {
  if (!Number.isInteger(order) || order < 0 || order > largestOrder)
    throw new ArgumentError(
      `polygamma: order must be a whole number from 0 to ${largestOrder}, got ${show(order)}`,
    );
  return p.polygamma(order, promoteFloats('polygamma', x)[0]!);
}

function rounding(name: string, call: (x: Tensor) => Tensor) {
  return (x: TensorLike): Tensor => {
    const t = requireDType(name, asTensor(name, x), ['float32', 'float64', 'int32']);
    return t.dtype === 'int32' ? t : call(t);
  };
}

export const floor = rounding('floor', p.floor);
export const ceil = rounding('ceil', p.ceil);
/** Nearest whole number, halves to even (IEEE 754, NumPy). */
export const round = rounding('round', p.round);
/** Towards zero. */
export const trunc = rounding('trunc', p.trunc);

/** Where x is NaN, as bool. */
export const isNaN = floatUnary('isNaN', p.isNaN);
/** Where x is neither infinite nor NaN, as bool. */
export const isFinite = floatUnary('isFinite', p.isFinite);

/** a === b, elementwise; NaN equals nothing. */
export const equal = comparison('equal', p.equal);
export const notEqual = comparison('notEqual', p.notEqual);
export const less = comparison('less', p.less);
export const lessEqual = comparison('lessEqual', p.lessEqual);
export const greater = comparison('greater', p.greater);
export const greaterEqual = comparison('greaterEqual', p.greaterEqual);

function logical(name: string, call: (a: Tensor, b: Tensor) => Tensor) {
  return (a: TensorLike, b: TensorLike): Tensor => {
    const [x, y] = [asTensor(name, a), asTensor(name, b)];
    broadcastShapes(name, x.shape, y.shape);
    return call(p.cast(x, 'bool'), p.cast(y, 'bool'));
  };
}

/** Numbers count as true unless 0. */
export const logicalAnd = logical('logicalAnd', p.and);
export const logicalOr = logical('logicalOr', p.or);
export const logicalXor = logical('logicalXor', p.xor);

export function logicalNot(x: TensorLike): Tensor {
  return p.not(p.cast(asTensor('logicalNot', x), 'bool'));
}

function bitwise(name: string, call: (a: Tensor, b: Tensor) => Tensor) {
  return (a: TensorLike, b: TensorLike): Tensor => {
    const [x, y] = promoteOperands(name, a, b) as [Tensor, Tensor];
    for (const operand of [x, y]) requireDType(name, operand, ['int32', 'bool']);
    broadcastShapes(name, x.shape, y.shape);
    return call(x, y);
  };
}

export const bitwiseAnd = bitwise('bitwiseAnd', p.and);
export const bitwiseOr = bitwise('bitwiseOr', p.or);
export const bitwiseXor = bitwise('bitwiseXor', p.xor);
/** a · 2^b, bits that leave are lost. */
export const shiftLeft = bitwise('shiftLeft', p.shiftLeft);
/** Logical shift: zeros come in from the left. */
export const shiftRight = bitwise('shiftRight', p.shiftRight);

export function bitwiseNot(x: TensorLike): Tensor {
  return p.not(requireDType('bitwiseNot', asTensor('bitwiseNot', x), ['int32', 'bool']));
}

/**
 * whenTrue where the condition holds, else whenFalse; all three broadcast. The derivative of the branch not taken is
 * zero, but a NaN made inside it still meets 0 · NaN in the chain rule: choose a harmless argument there instead.
 */
export function where(condition: TensorLike, whenTrue: TensorLike, whenFalse: TensorLike): Tensor {
  const test = p.cast(asTensor('where', condition), 'bool');
  const [x, y] = promoteOperands('where', whenTrue, whenFalse) as [Tensor, Tensor];
  return p.where(test, x, y);
}

function bound(call: (a: Tensor, b: Tensor) => Tensor) {
  return numeric('clip', (x, limit) => {
    broadcastShapes('clip', x.shape, limit.shape);
    return call(x, limit);
  });
}

const notBelow = bound(p.maximum);
const notAbove = bound(p.minimum);

/** x kept within [min, max]; either bound may be null. @throws ArgumentError when both bounds are missing */
export function clip(x: TensorLike, min: TensorLike | null, max: TensorLike | null): Tensor {
  if (min === null && max === null) throw new ArgumentError('clip: give min, max or both');
  let t = asTensor('clip', x);
  if (min !== null) t = notBelow(t, min);
  if (max !== null) t = notAbove(t, max);
  return t;
}

/** Another dtype. Floats become int32 by dropping the fraction, anything non-zero (NaN too) becomes true. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return p.cast(asTensor('cast', x), checkDType('cast', dtype));
}

/** The same value, with derivative zero. */
export function stopGradient(x: TensorLike): Tensor {
  return p.stopGradient(asTensor('stopGradient', x));
}

/** |a - b| <= absolute + relative·|b|, elementwise as bool; equal infinities are close, NaN never is. */
export function isClose(
  a: TensorLike,
  b: TensorLike,
  options: { relative?: number; absolute?: number } = {},
): Tensor {
  checkOptions('isClose', options, ['relative', 'absolute']);
  const { relative = 1e-5, absolute = 1e-8 } = options;
  const [x, y] = promoteFloats('isClose', a, b) as [Tensor, Tensor];
  broadcastShapes('isClose', x.shape, y.shape);
  checkFinite('isClose', 'relative', relative, 0);
  checkFinite('isClose', 'absolute', absolute, 0);
  const near = p.lessEqual(p.abs(p.sub(x, y)), p.add(p.mul(p.abs(y), relative), absolute));
  return p.or(p.equal(x, y), p.and(near, p.isFinite(y)));
}
