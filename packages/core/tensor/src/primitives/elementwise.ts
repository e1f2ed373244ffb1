import type { DType } from '../dtype.js';
import { isFloat } from '../dtype.js';
import { ArgumentError, DTypeError } from '../errors.js';
import type { Aval } from '../shape.js';
import { broadcastShapes, describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';
import { alignRanks } from './batching.js';
import * as p from './calls.js';
import { elementwiseKernel } from './kernels/elementwise.js';
import { erf, erfc, erfinv, lgamma, polygamma } from './kernels/special.js';
import type { BinaryName, PrimitiveName, UnaryName } from './parameters.js';
import { definePrimitive } from './primitive.js';
import type { Differentiation, ElementExpression, Expression, Primitive } from './primitive.js';

/** `t` times the derivative at x, y = f(x). Elementwise, so the same function serves forward and reverse mode. */
type UnaryDerivative = (t: Tensor, x: Tensor, y: Tensor) => Tensor;
type BinaryDerivative = (t: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;

const accepted = {
  float: ['float32', 'float64'],
  number: ['float32', 'float64', 'int32'],
  integer: ['int32'],
  bits: ['int32', 'bool'],
  any: ['float32', 'float64', 'int32', 'bool'],
} as const satisfies Record<string, readonly DType[]>;

type Kind = keyof typeof accepted;

const piecewiseConstant = 'piecewise constant: the derivative is zero wherever it exists';
const discrete = 'the result is discrete';

function checkKind(op: string, x: Aval, kind: Kind): void {
  const allowed: readonly DType[] = accepted[kind];
  if (allowed.includes(x.dtype)) return;
  throw new DTypeError(
    `${op}: needs ${allowed.join(' or ')}, got ${describe(x)}; cast it first: x.cast('${allowed[0]}')`,
  );
}

/** A record's shape rule, batching and kernel; all elementwise primitives share these. */
function elementwise<N extends UnaryName | BinaryName>(
  name: N,
  kind: Kind,
  expression: Expression | ((dtype: DType) => Expression),
  result?: DType,
) {
  const ofDtypes: ElementExpression<N> =
    typeof expression === 'function' ? ([dtype]) => expression(dtype!) : () => expression;
  return {
    name,
    expression: ofDtypes,
    shape: (inputs: readonly Aval[]): Aval[] => {
      const first = inputs[0]!;
      for (const x of inputs) {
        checkKind(name, x, kind);
        if (x.dtype !== first.dtype)
          throw new DTypeError(
            `${name}: dtypes differ: ${inputs.map(describe).join(' and ')}; cast one of them`,
          );
      }
      return [
        {
          shape: inputs.length === 1 ? first.shape : broadcastShapes(name, ...inputs.map((x) => x.shape)),
          dtype: result ?? first.dtype,
        },
      ];
    },
    batch: ({ inputs, batched }: { inputs: readonly Tensor[]; batched: readonly boolean[] }): Tensor[] =>
      bind(name as UnaryName, alignRanks(inputs, batched), {}),
    kernel: elementwiseKernel<N>(ofDtypes),
  };
}

function unary<N extends UnaryName>(
  name: N,
  expression: Expression | ((dtype: DType) => Expression),
  derivative: UnaryDerivative | string,
  kind: Kind = 'float',
  result?: DType,
): Primitive<N> {
  const rules: Differentiation<UnaryName> =
    typeof derivative === 'string'
      ? { notDifferentiable: derivative }
      : {
          jvp: ({ primals, tangents, outputs }) => [derivative(tangents[0]!, primals[0]!, outputs[0]!)],
          vjp: ({ inputs, outputs, cotangents }) => [derivative(cotangents[0]!, inputs[0]!, outputs[0]!)],
        };
  // The rules do not depend on the name: every unary primitive has empty parameters.
  return {
    ...elementwise(name, kind, expression, result),
    ...(rules as unknown as Differentiation<N>),
  };
}

function binary<N extends BinaryName>(
  name: N,
  expression: Expression | ((dtype: DType) => Expression),
  derivatives: readonly [BinaryDerivative, BinaryDerivative] | string,
  kind: Kind = 'number',
  result?: DType,
): Primitive<N> {
  const rules: Differentiation<BinaryName> =
    typeof derivatives === 'string'
      ? { notDifferentiable: derivatives }
      : {
          jvp: ({ primals: [a, b], tangents, outputs: [y] }) => {
            const parts = derivatives.flatMap((derivative, i) =>
              tangents[i] ? [derivative(tangents[i], a!, b!, y!)] : [],
            );
            return [p.broadcastTo(parts.length === 2 ? p.add(parts[0]!, parts[1]!) : parts[0]!, y!.shape)];
          },
          vjp: ({ inputs: [a, b], outputs: [y], cotangents: [ct], needs }) =>
            [a!, b!].map((input, i) =>
              needs[i] ? p.sumTo(derivatives[i]!(ct!, a!, b!, y!), input.shape) : null,
            ),
        };
  return {
    ...elementwise(name, kind, expression, result),
    ...(rules as unknown as Differentiation<N>),
  };
}

const js = (code: string, helpers?: Expression['helpers']): Expression =>
  helpers ? { code, helpers } : { code };

// --- scalar helpers that have no Math function of their own ---

/** IEEE 754 pow; JS differs from it where the base is 1 or -1 and the exponent is not finite. */
function ieeePow(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return Math.pow(a, b);
}

function integerPow(a: number, b: number): number {
  if (b < 0)
    throw new ArgumentError(
      `pow: integer power with the negative exponent ${b}; cast the base to float32 or float64 first`,
    );
  let result = 1;
  for (let base = a, n = b; n > 0; n >>>= 1, base = Math.imul(base, base))
    if (n & 1) result = Math.imul(result, base);
  return result;
}

function integerFloorDivide(a: number, b: number): number {
  if (b === 0) throw new ArgumentError('floorDivide: integer division by zero');
  return Math.floor(a / b);
}

/** Remainder with the divisor's sign, as in NumPy and Python. */
function flooredRemainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

function integerRemainder(a: number, b: number): number {
  if (b === 0) throw new ArgumentError('remainder: integer division by zero');
  return flooredRemainder(a, b);
}

/** IEEE 754 rounding: halves to even. */
function roundHalfEven(a: number): number {
  const r = Math.round(a);
  return Math.abs(a % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

/** 1/(1+e^-a) without overflow, full relative accuracy in the left tail. */
function sigmoid(a: number): number {
  if (a >= 0) return 1 / (1 + Math.exp(-a));
  const e = Math.exp(a);
  return e / (1 + e);
}

// --- unary ---

const one = 1;
const reciprocal = (t: Tensor, x: Tensor): Tensor => p.div(t, x);

export const unaryPrimitives = {
  neg: unary('neg', js('-a'), (t) => p.neg(t), 'number'),
  abs: unary('abs', js('Math.abs(a)'), (t, x) => p.mul(t, p.sign(x)), 'number'),
  sign: unary('sign', js('Math.sign(a)'), piecewiseConstant, 'number'),
  exp: unary('exp', js('Math.exp(a)'), (t, _x, y) => p.mul(t, y)),
  // e^x of x, not y + 1, which has no digits left where y is close to -1.
  expm1: unary('expm1', js('Math.expm1(a)'), (t, x) => p.mul(t, p.exp(x))),
  log: unary('log', js('Math.log(a)'), reciprocal),
  log1p: unary('log1p', js('Math.log1p(a)'), (t, x) => p.div(t, p.add(x, one))),
  sqrt: unary('sqrt', js('Math.sqrt(a)'), (t, _x, y) => p.div(p.mul(t, 0.5), y)),
  sin: unary('sin', js('Math.sin(a)'), (t, x) => p.mul(t, p.cos(x))),
  cos: unary('cos', js('Math.cos(a)'), (t, x) => p.neg(p.mul(t, p.sin(x)))),
  tan: unary('tan', js('Math.tan(a)'), (t, _x, y) => p.mul(t, p.add(p.square(y), one))),
  asin: unary('asin', js('Math.asin(a)'), (t, x) => p.div(t, p.sqrt(p.sub(one, p.square(x))))),
  acos: unary('acos', js('Math.acos(a)'), (t, x) => p.neg(p.div(t, p.sqrt(p.sub(one, p.square(x)))))),
  atan: unary('atan', js('Math.atan(a)'), (t, x) => p.div(t, p.add(p.square(x), one))),
  sinh: unary('sinh', js('Math.sinh(a)'), (t, x) => p.mul(t, p.cosh(x))),
  cosh: unary('cosh', js('Math.cosh(a)'), (t, x) => p.mul(t, p.sinh(x))),
  tanh: unary('tanh', js('Math.tanh(a)'), (t, _x, y) => p.mul(t, p.sub(one, p.square(y)))),
  asinh: unary('asinh', js('Math.asinh(a)'), (t, x) => p.div(t, p.sqrt(p.add(p.square(x), one)))),
  acosh: unary('acosh', js('Math.acosh(a)'), (t, x) => p.div(t, p.sqrt(p.mul(p.sub(x, one), p.add(x, one))))),
  atanh: unary('atanh', js('Math.atanh(a)'), (t, x) => p.div(t, p.mul(p.sub(one, x), p.add(x, one)))),
  sigmoid: unary('sigmoid', js('sigmoid(a)', { sigmoid }), (t, _x, y) => p.mul(t, p.mul(y, p.sub(one, y)))),
  // log(1 + e^a) = max(a, 0) + log1p(e^-|a|)
  softplus: unary('softplus', js('Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))'), (t, x) =>
    p.mul(t, p.sigmoid(x)),
  ),
  erf: unary('erf', js('erf(a)', { erf }), (t, x) =>
    p.mul(t, p.mul(p.exp(p.neg(p.square(x))), 2 / Math.sqrt(Math.PI))),
  ),
  erfc: unary('erfc', js('erfc(a)', { erfc }), (t, x) =>
    p.mul(t, p.mul(p.exp(p.neg(p.square(x))), -2 / Math.sqrt(Math.PI))),
  ),
  erfinv: unary('erfinv', js('erfinv(a)', { erfinv }), (t, _x, y) =>
    p.mul(t, p.mul(p.exp(p.square(y)), Math.sqrt(Math.PI) / 2)),
  ),
  lgamma: unary('lgamma', js('lgamma(a)', { lgamma }), (t, x) => p.mul(t, p.polygamma(0, x))),
  floor: unary('floor', js('Math.floor(a)'), piecewiseConstant),
  ceil: unary('ceil', js('Math.ceil(a)'), piecewiseConstant),
  round: unary('round', js('roundHalfEven(a)', { roundHalfEven }), piecewiseConstant),
  trunc: unary('trunc', js('Math.trunc(a)'), piecewiseConstant),
  isNaN: unary('isNaN', js('a !== a ? 1 : 0'), discrete, 'number', 'bool'),
  isFinite: unary('isFinite', js('a - a === 0 ? 1 : 0'), discrete, 'number', 'bool'),
  not: unary('not', (dtype) => js(dtype === 'bool' ? 'a === 0 ? 1 : 0' : '~a'), discrete, 'bits'),
};

// --- binary ---

const first: BinaryDerivative = (t) => t;
const half =
  (mask: (a: Tensor, b: Tensor) => Tensor) =>
  (t: Tensor, a: Tensor, b: Tensor): Tensor =>
    p.where(mask(a, b), t, p.where(p.equal(a, b), p.mul(t, 0.5), 0));

/** a^(b-1) b, and 0 where b is 0 whatever a is. */
const powBase: BinaryDerivative = (t, a, b) => {
  const zero = p.equal(b, 0);
  return p.mul(t, p.where(zero, 0, p.mul(b, p.pow(a, p.where(zero, 1, p.sub(b, 1))))));
};

/** a^b log a, and 0 where a is 0 (the limit from the right for b > 0). */
const powExponent: BinaryDerivative = (t, a, _b, y) =>
  p.mul(t, p.mul(y, p.log(p.where(p.equal(a, 0), 1, a))));

const atan2Scale = (a: Tensor, b: Tensor): Tensor => p.add(p.square(a), p.square(b));

const comparison = <N extends BinaryName>(name: N, operator: string, kind: Kind = 'number') =>
  binary(name, js(`a ${operator} b ? 1 : 0`), discrete, kind, 'bool');

export const binaryPrimitives = {
  add: binary('add', js('a + b'), [first, first]),
  sub: binary('sub', js('a - b'), [first, (t) => p.neg(t)]),
  mul: binary('mul', (dtype) => js(dtype === 'int32' ? 'Math.imul(a, b)' : 'a * b'), [
    (t, _a, b) => p.mul(t, b),
    (t, a) => p.mul(t, a),
  ]),
  div: binary(
    'div',
    js('a / b'),
    [(t, _a, b) => p.div(t, b), (t, _a, b, y) => p.neg(p.mul(t, p.div(y, b)))],
    'float',
  ),
  floorDivide: binary(
    'floorDivide',
    (dtype) =>
      dtype === 'int32' ? js('integerFloorDivide(a, b)', { integerFloorDivide }) : js('Math.floor(a / b)'),
    piecewiseConstant,
  ),
  remainder: binary(
    'remainder',
    (dtype) =>
      dtype === 'int32'
        ? js('integerRemainder(a, b)', { integerRemainder })
        : js('flooredRemainder(a, b)', { flooredRemainder }),
    [first, (t, a, b) => p.neg(p.mul(t, p.floor(p.div(a, b))))],
  ),
  pow: binary(
    'pow',
    (dtype) =>
      dtype === 'int32' ? js('integerPow(a, b)', { integerPow }) : js('ieeePow(a, b)', { ieeePow }),
    [powBase, powExponent],
  ),
  atan2: binary(
    'atan2',
    js('Math.atan2(a, b)'),
    [
      (t, a, b) => p.mul(t, p.div(b, atan2Scale(a, b))),
      (t, a, b) => p.neg(p.mul(t, p.div(a, atan2Scale(a, b)))),
    ],
    'float',
  ),
  // NaN wins; ties share the derivative.
  maximum: binary('maximum', js('a > b || a !== a ? a : b'), [half(p.greater), half(p.less)]),
  minimum: binary('minimum', js('a < b || a !== a ? a : b'), [half(p.less), half(p.greater)]),
  equal: comparison('equal', '===', 'any'),
  notEqual: comparison('notEqual', '!==', 'any'),
  less: comparison('less', '<'),
  lessEqual: comparison('lessEqual', '<='),
  greater: comparison('greater', '>'),
  greaterEqual: comparison('greaterEqual', '>='),
  and: binary('and', js('a & b'), discrete, 'bits'),
  or: binary('or', js('a | b'), discrete, 'bits'),
  xor: binary('xor', js('a ^ b'), discrete, 'bits'),
  // Shifting by 32 or more leaves nothing, as on GPUs, rather than wrapping the amount as JS does.
  shiftLeft: binary('shiftLeft', js('b >>> 0 > 31 ? 0 : a << b'), discrete, 'integer'),
  shiftRight: binary('shiftRight', js('b >>> 0 > 31 ? 0 : a >>> b'), discrete, 'integer'),
};

// --- the others ---

const chosen = (): Expression => js('a !== 0 ? b : c');

const where = definePrimitive<'where'>({
  name: 'where',
  shape: ([condition, whenTrue, whenFalse]) => {
    if (condition!.dtype !== 'bool')
      throw new DTypeError(
        `where: the condition must be bool, got ${describe(condition!)}; write a comparison`,
      );
    if (whenTrue!.dtype !== whenFalse!.dtype)
      throw new DTypeError(
        `where: dtypes differ: ${describe(whenTrue!)} and ${describe(whenFalse!)}; cast one of them`,
      );
    return [
      {
        shape: broadcastShapes('where', condition!.shape, whenTrue!.shape, whenFalse!.shape),
        dtype: whenTrue!.dtype,
      },
    ];
  },
  jvp: ({ primals: [condition], tangents: [, t, f], outputs: [y] }) => [
    p.broadcastTo(p.where(condition!, t ?? p.scalar(0, y!.dtype), f ?? p.scalar(0, y!.dtype)), y!.shape),
  ],
  vjp: ({ inputs: [condition, whenTrue, whenFalse], cotangents: [ct], needs }) => [
    null,
    needs[1] ? p.sumTo(p.where(condition!, ct!, 0), whenTrue!.shape) : null,
    needs[2] ? p.sumTo(p.where(condition!, 0, ct!), whenFalse!.shape) : null,
  ],
  batch: ({ inputs, batched }) => bind('where', alignRanks(inputs, batched), {}),
  expression: chosen,
  kernel: elementwiseKernel(chosen),
});

const converted: ElementExpression<'cast'> = ([from], { dtype }) => {
  if (dtype === 'bool') return js('a !== 0 ? 1 : 0');
  return js(dtype === 'int32' && isFloat(from!) ? 'Math.trunc(a)' : 'a');
};

const cast = definePrimitive<'cast'>({
  name: 'cast',
  shape: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  jvp: ({ tangents: [t], params: { dtype } }) => [isFloat(dtype) ? p.cast(t!, dtype) : null],
  vjp: ({ inputs: [x], cotangents: [ct] }) => [p.cast(ct!, x!.dtype)],
  batch: ({ inputs: [x], params: { dtype } }) => [p.cast(x!, dtype)],
  expression: converted,
  kernel: elementwiseKernel(converted),
});

const polygammaOf: ElementExpression<'polygamma'> = (_, { order }) =>
  js(`polygamma(${order}, a)`, { polygamma });

const polygammaPrimitive = definePrimitive<'polygamma'>({
  name: 'polygamma',
  shape: ([x]) => {
    checkKind('polygamma', x!, 'float');
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },
  jvp: ({ primals: [x], tangents: [t], params: { order } }) => [p.mul(t!, p.polygamma(order + 1, x!))],
  vjp: ({ inputs: [x], cotangents: [ct], params: { order } }) => [p.mul(ct!, p.polygamma(order + 1, x!))],
  batch: ({ inputs: [x], params: { order } }) => [p.polygamma(order, x!)],
  expression: polygammaOf,
  kernel: elementwiseKernel(polygammaOf),
});

export const elementwisePrimitives = {
  ...unaryPrimitives,
  ...binaryPrimitives,
  where,
  cast,
  polygamma: polygammaPrimitive,
} satisfies {
  readonly [N in PrimitiveName]?: unknown;
};
