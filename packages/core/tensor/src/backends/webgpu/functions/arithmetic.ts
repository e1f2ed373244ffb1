import type { WgslFunction } from './function.js';
import { bitsOf, isNaN } from './numbers.js';

/** ±1, zeros and NaN as they are. */
export const sign: WgslFunction = {
  name: 'sign_',
  code: `fn sign_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  let itself = size == 0u || size > ${bitsOf.infinity};
  return bitcast<f32>(select((bits & 0x80000000u) | 0x3f800000u, bits, itself));
}`,
};

/** NaN wins, the first one where both are. */
const extreme = (name: string, operator: string): WgslFunction => ({
  name,
  code: `fn ${name}(a: f32, b: f32) -> f32 {
  let a_bits = bitcast<u32>(a);
  let b_bits = bitcast<u32>(b);
  let ordered = select(b_bits, a_bits, a ${operator} b);
  let second = select(ordered, b_bits, (b_bits & 0x7fffffffu) > ${bitsOf.infinity});
  return bitcast<f32>(select(second, a_bits, (a_bits & 0x7fffffffu) > ${bitsOf.infinity}));
}`,
});

export const maximum = extreme('maximum_', '>');
export const minimum = extreme('minimum_', '<');

/** a = b; compilers may take x = x for true. */
export const equal: WgslFunction = {
  name: 'equal_',
  uses: [isNaN],
  code: 'fn equal_(a: f32, b: f32) -> bool { return a == b && !is_nan(a); }',
};

/**
 * Truncated, and modulo 2^32 as JavaScript has it where that is out of range, by the bits of the float; 0 for NaN and
 * infinities. WGSL's conversion stops at the ends of the range.
 */
export const toInteger: WgslFunction = {
  name: 'to_integer',
  code: `fn to_integer(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let field = (bits >> 23u) & 0xffu;
  if (field < 158u) { return i32(x); }
  let mantissa = (bits & 0x007fffffu) | 0x00800000u;
  let size = bitcast<i32>(select(0u, mantissa << ((field - 150u) & 31u), field < 182u));
  return select(size, -size, bits >= 0x80000000u);
}`,
};
