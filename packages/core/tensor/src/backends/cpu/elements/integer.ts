import type { Code } from '../wasm/code.js';
import { i32, i32x4, v128 } from '../wasm/code.js';
import type { VectorRule } from './emitter.js';

type Instruction = (...operands: Code[]) => Code;

const rule =
  (instruction: Instruction): VectorRule =>
  (e, ...operands) =>
    e.keep(instruction(...operands));

/** A shift by each lane's own amount, of which SIMD has none: the bits of the amount one after the other. */
const shift =
  (by: Instruction): VectorRule =>
  (e, a, b) => {
    let value = a;
    for (const step of [1, 2, 4, 8, 16]) {
      const asked = i32x4.ne(v128.and(b, i32x4.const(step)), i32x4.const(0));
      value = e.keep(v128.bitselect(by(value, i32.const(step)), value, asked));
    }
    return e.keep(v128.and(value, i32x4.leU(b, i32x4.const(31))));
  };

const none: VectorRule = () => i32x4.const(0);
const all: VectorRule = () => i32x4.const(-1);

/** Rules of int32; overflow wraps. */
export const integerRules = {
  neg: rule(i32x4.neg),
  abs: rule(i32x4.abs),
  sign: rule((a) => v128.or(i32x4.shrS(a, i32.const(31)), i32x4.shrU(i32x4.neg(a), i32.const(31)))),
  add: rule(i32x4.add),
  sub: rule(i32x4.sub),
  mul: rule(i32x4.mul),
  maximum: rule(i32x4.maxS),
  minimum: rule(i32x4.minS),
  equal: rule(i32x4.eq),
  notEqual: rule(i32x4.ne),
  less: rule(i32x4.ltS),
  lessEqual: rule(i32x4.leS),
  greater: rule(i32x4.gtS),
  greaterEqual: rule(i32x4.geS),
  and: rule(v128.and),
  or: rule(v128.or),
  xor: rule(v128.xor),
  not: rule(v128.not),
  shiftLeft: shift(i32x4.shl),
  shiftRight: shift(i32x4.shrU),
  isNaN: none,
  isFinite: all,
};

/** Rules of bool: masks in, masks out. */
export const boolRules = {
  and: rule(v128.and),
  or: rule(v128.or),
  xor: rule(v128.xor),
  not: rule(v128.not),
  equal: rule((a, b) => v128.not(v128.xor(a, b))),
  notEqual: rule(v128.xor),
};
