import type { DType } from '../../../dtype.js';
import { equal, maximum, minimum, sign, toInteger } from './arithmetic.js';
import { divide, squareRoot } from './division.js';
import type { ElementCode, ElementRules } from './element.js';
import { erf, erfc } from './error.js';
import { exp, expm1, sigmoid } from './exponential.js';
import type { WgslFunction } from './function.js';
import { acosh, asinh, atanh, cosh, sinh, tanh } from './hyperbolic.js';
import { integerFloorDivide, integerPower, integerRemainder } from './integer.js';
import { erfinv } from './inverseError.js';
import { acos, asin, atan, atan2 } from './inverseTrigonometric.js';
import { lgamma } from './logGamma.js';
import { log, log1p, softplus } from './logarithm.js';
import { isFinite, isNaN } from './numbers.js';
import { polygamma } from './polygamma.js';
import { pow } from './power.js';
import { floorDivide, remainder } from './remainder.js';
import { cos, sin, tan } from './trigonometric.js';

type Text = (...operands: string[]) => string;
type DeviceType = Exclude<DType, 'float64'>;
type Codes = { readonly [D in DeviceType]?: ElementCode };

/** The codes by the (first) operand's dtype; float64 is none that the device has. */
const byType = (codes: Codes) => (dtypes: readonly DType[]) => codes[dtypes[0] as DeviceType];

const written = (text: Text): ElementCode => ({ code: (operands) => `(${text(...operands)})` });

const call = (callee: WgslFunction): ElementCode => ({
  code: (operands) => `${callee.name}(${operands.join(', ')})`,
  functions: [callee],
});

const floats = (callee: WgslFunction) => byType({ float32: call(callee) });
const builtin = (name: string) => byType({ float32: written((a) => `${name}(${a})`) });

const numbers = (text: Text) => byType({ float32: written(text), int32: written(text) });
const integers = (text: Text) => byType({ int32: written(text) });
const operator = (symbol: string): Text => (a, b) => `${a} ${symbol} ${b}`; // prettier-ignore

const comparison = (symbol: string) => numbers(operator(symbol));
const equality = (sign: '' | '!') => {
  const { code, functions } = call(equal);
  const words = written((a, b) => `${sign}(${a} == ${b})`);
  const floating: ElementCode = {
    code: (operands, place) => `(${sign}${code(operands, place)})`,
    functions: functions!,
  };
  return byType({ float32: floating, int32: words, bool: words });
};
const bitwise = (symbol: string, logical: string) =>
  byType({ int32: written(operator(symbol)), bool: written(operator(logical)) });

/** Shifting by 32 or more leaves nothing. */
const shift = (shifted: (amount: string) => Text) =>
  integers((a, b) => `select(${shifted(`(u32(${b}) & 31u)`)(a)}, 0, u32(${b}) > 31u)`);

/** What a cast does, from each dtype to each. */
const casts: { readonly [From in DeviceType]: { readonly [To in DeviceType]: ElementCode } } = {
  float32: {
    float32: written((a) => a),
    int32: call(toInteger),
    bool: written((a) => `(bitcast<u32>(${a}) & 0x7fffffffu) != 0u`),
  },
  int32: {
    float32: written((a) => `f32(${a})`),
    int32: written((a) => a),
    bool: written((a) => `${a} != 0`),
  },
  bool: {
    float32: written((a) => `f32(${a})`),
    int32: written((a) => `i32(${a})`),
    bool: written((a) => a),
  },
};

/**
 * WGSL of the elementwise primitives. Of WGSL's own functions, only those serve that are exact: its exp, log, sin, pow and
 * so on may be far off. (Names with an underscore at the end are those of which WGSL has its own.) An operand that is a
 * literal is fine, but not all operands of one function: WGSL refuses constant sums and products that overflow.
 */
export const elementRules: ElementRules = {
  neg: numbers((a) => `-(${a})`),
  abs: numbers((a) => `abs(${a})`),
  sign: byType({ float32: call(sign), int32: written((a) => `sign(${a})`) }),
  exp: floats(exp),
  expm1: floats(expm1),
  log: floats(log),
  log1p: floats(log1p),
  sqrt: floats(squareRoot),
  sin: floats(sin),
  cos: floats(cos),
  tan: floats(tan),
  asin: floats(asin),
  acos: floats(acos),
  atan: floats(atan),
  sinh: floats(sinh),
  cosh: floats(cosh),
  tanh: floats(tanh),
  asinh: floats(asinh),
  acosh: floats(acosh),
  atanh: floats(atanh),
  sigmoid: floats(sigmoid),
  softplus: floats(softplus),
  erf: floats(erf),
  erfc: floats(erfc),
  erfinv: floats(erfinv),
  lgamma: floats(lgamma),
  floor: builtin('floor'),
  ceil: builtin('ceil'),
  round: builtin('round'),
  trunc: builtin('trunc'),
  isNaN: byType({ float32: call(isNaN), int32: written(() => 'false') }),
  isFinite: byType({ float32: call(isFinite), int32: written(() => 'true') }),
  not: byType({ int32: written((a) => `~${a}`), bool: written((a) => `!${a}`) }),

  add: numbers(operator('+')),
  sub: numbers(operator('-')),
  mul: numbers(operator('*')),
  div: floats(divide),
  floorDivide: byType({ float32: call(floorDivide), int32: integerFloorDivide }),
  remainder: byType({ float32: call(remainder), int32: integerRemainder }),
  pow: byType({ float32: call(pow), int32: integerPower }),
  atan2: floats(atan2),
  maximum: byType({ float32: call(maximum), int32: written((a, b) => `max(${a}, ${b})`) }),
  minimum: byType({ float32: call(minimum), int32: written((a, b) => `min(${a}, ${b})`) }),
  equal: equality(''),
  notEqual: equality('!'),
  less: comparison('<'),
  lessEqual: comparison('<='),
  greater: comparison('>'),
  greaterEqual: comparison('>='),
  and: bitwise('&', '&'),
  or: bitwise('|', '|'),
  xor: bitwise('^', '!='),
  shiftLeft: shift((amount) => (a) => `(${a} << ${amount})`),
  shiftRight: shift((amount) => (a) => `bitcast<i32>(bitcast<u32>(${a}) >> ${amount})`),

  where: (dtypes) =>
    dtypes[1] === 'float64'
      ? undefined
      : written((condition, whenTrue, whenFalse) => `select(${whenFalse}, ${whenTrue}, ${condition})`),
  cast: ([from], { dtype }) => (from === 'float64' || dtype === 'float64' ? undefined : casts[from!][dtype]),
  polygamma: ([dtype], { order }) => {
    const callee = dtype === 'float32' ? polygamma(order) : undefined;
    return callee === undefined ? undefined : call(callee);
  },
};
