import { divide } from './division.js';
import type { WgslFunction } from './function.js';
import { bitsOf, replace, withSign } from './numbers.js';

/**
 * |a| mod |b| and the quotient (modulo 2^32), for finite |a| >= |b| > 0, by long division of the mantissas, eight bits at
 * a time: with a = m 2^e and b = d 2^f the rest is (m 2^(e - f) mod d) 2^f. Exact, and all in integers.
 */
const longDivision: WgslFunction = {
  name: 'long_division',
  code: `struct Division { quotient: u32, rest: f32 }
fn long_division(a_bits: u32, b_bits: u32) -> Division {
  let a_field = max(a_bits >> 23u, 1u);
  let b_field = max(b_bits >> 23u, 1u);
  let m = (a_bits & 0x007fffffu) | select(0u, 0x00800000u, a_bits >= 0x00800000u);
  let d = (b_bits & 0x007fffffu) | select(0u, 0x00800000u, b_bits >= 0x00800000u);
  var quotient = m / d;
  var rest = m - quotient * d;
  for (var steps = a_field - b_field; steps > 0u;) {
    let step = min(steps, 8u);
    let dividend = rest << step;
    let digit = dividend / d;
    quotient = (quotient << step) + digit;
    rest = dividend - digit * d;
    steps -= step;
  }
  // As a float: shifted up to its place, unless it is a subnormal number, or 0.
  let room = min(countLeadingZeros(rest) - 8u, b_field - 1u);
  let mantissa = rest << room;
  let field = select(b_field - 1u - room, 0u, rest == 0u);
  return Division(quotient, bitcast<f32>(mantissa + (field << 23u)));
}`,
};

/** a mod b with b's sign. Exact but for the rounding of a sum. */
export const remainder: WgslFunction = {
  name: 'remainder_',
  uses: [longDivision, replace, withSign],
  code: `fn remainder_(a: f32, b: f32) -> f32 {
  let a_size = bitcast<u32>(a) & 0x7fffffffu;
  let b_size = bitcast<u32>(b) & 0x7fffffffu;
  if (a_size >= ${bitsOf.infinity} || b_size == 0u || b_size > ${bitsOf.infinity}) {
    return replace(a, true, ${bitsOf.nan});
  }
  var r = a;
  if (a_size >= b_size) { r = with_sign(long_division(a_size, b_size).rest, a); }
  let across = (bitcast<u32>(r) & 0x7fffffffu) != 0u && bitcast<i32>(bitcast<u32>(a) ^ bitcast<u32>(b)) < 0;
  return select(r, r + b, across);
}`,
};

/** ⌊a / b⌋; exact up to 2^24, beyond which floats are whole numbers, and it is the quotient. */
export const floorDivide: WgslFunction = {
  name: 'floor_divide',
  uses: [longDivision, divide],
  code: `fn floor_divide(a: f32, b: f32) -> f32 {
  let q = divide(a, b);
  let a_size = bitcast<u32>(a) & 0x7fffffffu;
  let b_size = bitcast<u32>(b) & 0x7fffffffu;
  let large = (bitcast<u32>(q) & 0x7fffffffu) >= 0x4b800000u;
  if (large || a_size == 0u || b_size == 0u || b_size >= ${bitsOf.infinity}) { return q; }
  let opposite = bitcast<i32>(bitcast<u32>(a) ^ bitcast<u32>(b)) < 0;
  if (a_size < b_size) { return select(0.0, -1.0, opposite); }
  let division = long_division(a_size, b_size);
  let n = f32(division.quotient);
  return select(n, -n - select(1.0, 0.0, division.rest == 0.0), opposite);
}`,
};
