import type { WgslFunction } from './function.js';
import { literal, powerOfTwo } from './numbers.js';

/** π/2 in two floats. */
export const halfPi = [1.5707963705062866, -4.371138828673793e-8] as const;

/** Bits of 2 / π from the weight 2^31 on. */
const twoOverPi = [
  0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
]; // prettier-ignore

/** The upper 32 bits of a b. */
export const multiplyHigh: WgslFunction = {
  name: 'multiply_high',
  code: `fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a0 * b1 + ((a0 * b0) >> 16u);
  let other = a1 * b0 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (other >> 16u);
}`,
};

/**
 * r and the quadrant with x = quadrant π/2 + r modulo 2π and |r| <= π/4, for x of at least 2^11 (M. Payne and R. Hanek,
 * "Radian reduction for trigonometric functions", 1983): x is an integer m times 2^e, so that bits of 2 / π that stand
 * above 2^(1 - e) only add whole turns; of the bits from there on, 96 are multiplied with m.
 */
export const reduceLargeAngle: WgslFunction = {
  name: 'reduce_large_angle',
  uses: [multiplyHigh, powerOfTwo],
  code: `const two_over_pi = array<u32, ${twoOverPi.length}>(${twoOverPi.map((word) => `${word}u`).join(', ')});
struct Angle { r: f32, quadrant: u32 }
fn reduce_large_angle(x: f32) -> Angle {
  let bits = bitcast<u32>(x);
  let m = (bits & 0x007fffffu) | 0x00800000u;
  // The first bit that counts, of the weight 2^(1 - e), e = (bits >> 23) - 150; infinities and NaN are not minded here.
  let start = min((bits >> 23u) - 120u, 134u);
  let word = start >> 5u;
  let shift = start & 31u;
  let p0 = two_over_pi[word];
  let p1 = two_over_pi[word + 1u];
  let p2 = two_over_pi[word + 2u];
  let p3 = two_over_pi[word + 3u];
  let w0 = (p0 << shift) | ((p1 >> 1u) >> (31u - shift));
  let w1 = (p1 << shift) | ((p2 >> 1u) >> (31u - shift));
  let w2 = (p2 << shift) | ((p3 >> 1u) >> (31u - shift));

  let added = multiply_high(m, w2);
  let low = m * w1 + added;
  let high = m * w0 + multiply_high(m, w1) + select(0u, 1u, low < added);
  // Two bits of quadrant, then the fraction: as a signed number it goes with the nearest quadrant.
  var top = (high << 2u) | (low >> 30u);
  var bottom = low << 2u;
  let negative = top >= 0x80000000u;
  if (negative) {
    bottom = ~bottom + 1u;
    top = ~top + select(0u, 1u, bottom == 0u);
  }
  let zeros = min(countLeadingZeros(top), 31u);
  let digits = (top << zeros) | ((bottom >> 1u) >> (31u - zeros));
  let most = f32(digits & 0xffffff00u);
  let rest = fma(most, ${literal(halfPi[1])}, f32(digits & 0xffu) * ${literal(halfPi[0])});
  let size = fma(most, ${literal(halfPi[0])}, rest) * power_of_two(-32 - i32(zeros));
  return Angle(select(size, -size, negative), (high + 0x20000000u) >> 30u);
}`,
};
