import { divide } from './division.js';
import type { WgslFunction } from './function.js';
import { reduceLargeAngle } from './largeAngle.js';
import { bitsOf, isFinite, literal, polynomial, replace } from './numbers.js';

/** (sin r - r) / r³ and (cos r - 1 + r²/2) / r⁴ in powers of r² for |r| <= π/4, Chebyshev interpolation. */
const series = {
  sin: [-0.16666666663741367, 0.00833333183062943, -0.00019840063040804117, 2.7246868722877944e-6],
  cos: [0.04166666666422613, -0.0013888887635227975, 2.4800580601354642e-5, -2.7298407652795173e-7],
};

/** π/2 in parts of twelve bits, whose products with integers up to 2^12 are exact, and the rest. */
const halfPiParts = [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.563344151594519e-12] as const;

/** |x| = q π/2 + r modulo 2π with |r| <= π/4 (W. J. Cody and W. Waite). */
const reduceAngle: WgslFunction = {
  name: 'reduce_angle',
  uses: [reduceLargeAngle],
  code: `fn reduce_angle(size: f32) -> Angle {
  if (size < 6000.0) {
    let n = round(size * ${literal(2 / Math.PI)});
    let most = fma(n, ${literal(-halfPiParts[1])}, fma(n, ${literal(-halfPiParts[0])}, size));
    let r = fma(n, ${literal(-halfPiParts[3])}, fma(n, ${literal(-halfPiParts[2])}, most));
    return Angle(r, u32(n));
  }
  return reduce_large_angle(size);
}`,
};

/** Sine and cosine for |r| <= π/4. */
export const smallAngle: WgslFunction = {
  name: 'small_sine',
  code: `fn small_sine(r: f32) -> f32 {
  let z = r * r;
  return fma(z * r, ${polynomial('z', series.sin)}, r);
}
fn small_cosine(r: f32) -> f32 {
  let z = r * r;
  return fma(z, ${polynomial('z', [-0.5, ...series.cos])}, 1.0);
}`,
};

const common = [reduceAngle, smallAngle, isFinite, replace];

/** Measured: within 2.3 ulp. */
export const sin: WgslFunction = {
  name: 'sin_',
  uses: common,
  code: `fn sin_(x: f32) -> f32 {
  let angle = reduce_angle(abs(x));
  let odd = (angle.quadrant & 1u) != 0u;
  let size = bitcast<u32>(select(small_sine(angle.r), small_cosine(angle.r), odd));
  let sign = ((angle.quadrant << 30u) ^ bitcast<u32>(x)) & 0x80000000u;
  return replace(bitcast<f32>(size ^ sign), !is_finite(x), ${bitsOf.nan});
}`,
};

/** Measured: within 2.3 ulp. */
export const cos: WgslFunction = {
  name: 'cos_',
  uses: common,
  code: `fn cos_(x: f32) -> f32 {
  let angle = reduce_angle(abs(x));
  let odd = (angle.quadrant & 1u) != 0u;
  let size = bitcast<u32>(select(small_cosine(angle.r), small_sine(angle.r), odd));
  let sign = ((angle.quadrant + 1u) << 30u) & 0x80000000u;
  return replace(bitcast<f32>(size ^ sign), !is_finite(x), ${bitsOf.nan});
}`,
};

/** Measured: within 3.5 ulp. */
export const tan: WgslFunction = {
  name: 'tan_',
  uses: [...common, divide],
  code: `fn tan_(x: f32) -> f32 {
  let angle = reduce_angle(abs(x));
  let odd = (angle.quadrant & 1u) != 0u;
  let sine = small_sine(angle.r);
  let cosine = small_cosine(angle.r);
  let ratio = divide(select(sine, cosine, odd), select(cosine, sine, odd));
  let sign = ((angle.quadrant << 31u) ^ bitcast<u32>(x)) & 0x80000000u;
  return replace(bitcast<f32>(bitcast<u32>(ratio) ^ sign), !is_finite(x), ${bitsOf.nan});
}`,
};
