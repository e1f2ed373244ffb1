import type { Code } from '../wasm/code.js';
import { f32x4, f64x2, i32, i32x4, i64x2, i8x16, v128 } from '../wasm/code.js';
import type { Emitter, VectorRule } from './emitter.js';

export type FloatType = 'float32' | 'float64';

const floats = { float32: f32x4, float64: f64x2 } as const;
const integers = { float32: i32x4, float64: i64x2 } as const;

const unaryNames = ['neg', 'abs', 'sqrt', 'floor', 'ceil', 'trunc', 'nearest'] as const;
const binaryNames = [
  'add', 'sub', 'mul', 'div', 'pmin', 'pmax', 'eq', 'ne', 'lt', 'gt', 'le', 'ge',
] as const; // prettier-ignore

/** Where the parts of a number lie, as integers of its width. */
const formats = {
  float32: { mantissaBits: 23, bias: 127, one: 0x3f800000n, minNormal: 2 ** -126, sign: 1n << 31n },
  float64: { mantissaBits: 52, bias: 1023, one: 0x3ff0n << 48n, minNormal: 2 ** -1022, sign: 1n << 63n },
} as const;

type Unary = Readonly<Record<(typeof unaryNames)[number], (a: Code) => Code>>;
type Binary = Readonly<Record<(typeof binaryNames)[number], (a: Code, b: Code) => Code>>;

/**
 * Arithmetic on one vector of floats, step by step: each function adds its instruction to the emitter's code and
 * returns the kept result, so results can be read as often as wanted. One text serves both float dtypes.
 *
 * `pmin(a, b)` is b < a ? b : a and `pmax(a, b)` is a < b ? b : a: one instruction each, a wins where either is NaN.
 */
export interface Vectors extends Unary, Binary {
  readonly e: Emitter;
  readonly dtype: FloatType;
  readonly format: (typeof formats)[FloatType];
  /** The number in every lane. */
  readonly number: (value: number) => Code;
  /** The lanes' bits as an integer of their width. */
  readonly bits: (value: bigint) => Code;
  /** a b + c, fused or not. */
  readonly madd: (a: Code, b: Code, c: Code) => Code;
  /** a where the mask is set, else b. */
  readonly select: (mask: Code, a: Code, b: Code) => Code;
  readonly and: (a: Code, b: Code) => Code;
  /** a where the mask is not set, else 0. */
  readonly andnot: (a: Code, mask: Code) => Code;
  readonly or: (a: Code, b: Code) => Code;
  readonly xor: (a: Code, b: Code) => Code;
  /** Of the bits as integers. */
  readonly addBits: (a: Code, b: Code) => Code;
  readonly subBits: (a: Code, b: Code) => Code;
  readonly shiftLeft: (a: Code, count: number) => Code;
  /** Zeros come in. */
  readonly shiftRight: (a: Code, count: number) => Code;
  /** The size of `size` (not negative) with the sign of `sign`. */
  readonly withSign: (size: Code, sign: Code) => Code;
  /** The sign bit alone. */
  readonly signOf: (a: Code) => Code;
  /** c[0] + c[1] x + c[2] x² + … by Horner's rule. */
  readonly polynomial: (x: Code, coefficients: readonly number[]) => Code;
}

export function vectors(e: Emitter, dtype: FloatType): Vectors {
  const float = floats[dtype];
  const integer = integers[dtype];
  const format = formats[dtype];
  const bits = (value: bigint): Code =>
    dtype === 'float32' ? i32x4.const(Number(value)) : i64x2.const(value);
  const number = (value: number): Code => float.const(value);
  const multiplyAdd = dtype === 'float32' ? e.madd32 : e.madd64;
  const sign = bits(format.sign);
  const and = (a: Code, b: Code): Code => e.keep(v128.and(a, b));
  const or = (a: Code, b: Code): Code => e.keep(v128.or(a, b));
  return {
    ...(Object.fromEntries(unaryNames.map((name) => [name, (a: Code) => e.keep(float[name](a))])) as Unary),
    ...(Object.fromEntries(
      binaryNames.map((name) => [name, (a: Code, b: Code) => e.keep(float[name](a, b))]),
    ) as Binary),
    e,
    dtype,
    format,
    number,
    bits,
    madd: (a, b, c) => e.keep(multiplyAdd(a, b, c)),
    select: (mask, a, b) => e.keep(v128.bitselect(a, b, mask)),
    and,
    andnot: (a, mask) => e.keep(v128.andnot(a, mask)),
    or,
    xor: (a, b) => e.keep(v128.xor(a, b)),
    addBits: (a, b) => e.keep(integer.add(a, b)),
    subBits: (a, b) => e.keep(integer.sub(a, b)),
    shiftLeft: (a, count) => e.keep(integer.shl(a, i32.const(count))),
    shiftRight: (a, count) => e.keep(integer.shrU(a, i32.const(count))),
    withSign: (size, of) => or(size, and(of, sign)),
    signOf: (a) => and(a, sign),
    polynomial: (x, coefficients) => {
      const [highest, ...rest] = [...coefficients].reverse();
      return e.keep(rest.reduce<Code>((sum, c) => multiplyAdd(sum, x, number(c)), number(highest!)));
    },
  };
}

/** A rule for both float dtypes from one text. */
export function floatRules(
  rule: (v: Vectors, ...operands: Code[]) => Code,
): Readonly<Record<FloatType, VectorRule>> {
  return {
    float32: (e, ...operands) => rule(vectors(e, 'float32'), ...operands),
    float64: (e, ...operands) => rule(vectors(e, 'float64'), ...operands),
  };
}

/** The rule of float32 that computes in float64, two lanes at a time, and rounds at the end: nearly correctly rounded. */
export function widened(rule: VectorRule): VectorRule {
  return (e, ...operands) => {
    const upper = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
    const low = operands.map((x) => e.keep(f64x2.promoteLowF32x4(x)));
    const high = operands.map((x) => e.keep(f64x2.promoteLowF32x4(i8x16.shuffle(x, x, upper))));
    const [first, second] = [rule(e, ...low), rule(e, ...high)].map((y) => f32x4.demoteF64x2Zero(y));
    return e.keep(i8x16.shuffle(first!, second!, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]));
  };
}
