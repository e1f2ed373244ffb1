import { exponential, ln2Parts } from './exponential.js';
import type { WgslFunction } from './function.js';
import { splitNumber } from './logarithm.js';
import { addProduct, bitsOf, exactProduct, exactSum, literal, polynomial } from './numbers.js';

/** (log((1 + s) / (1 - s)) / s - 2 - 2/3 s²) / s⁴ in powers of s², for s up to (√2 - 1) / (√2 + 1). */
const series = [0.4, 0.2857142857142937, 0.22222222221652765, 0.18181818336099848, 0.1538459488700718];
const twoThirds = [0.6666666865348816, -1.9868215517249155e-8] as const;

/** log x for positive finite x with about 35 bits: 2s + 2/3 s³ + … with s = f / (2 + f), the first two in pairs. */
const longLogarithm: WgslFunction = {
  name: 'long_logarithm',
  uses: [splitNumber, exactSum, exactProduct, addProduct],
  code: `fn long_logarithm(x: f32) -> Pair {
  let split = split_number(x);
  let f = split.f;
  let one = hidden_one(x);
  let d = exact_sum(2.0, f, one);
  let s = f / d.value;
  let s_rest = fma(-s, d.rest, add_product(-s, d.value, f)) / d.value;

  let z = exact_product(s, s);
  let z_rest = fma(2.0 * s, s_rest, z.rest);
  let p = exact_sum(${literal(twoThirds[0])}, z.value * ${polynomial('z.value', series)}, one);
  let p_rest = p.rest + ${literal(twoThirds[1])};
  let cube = exact_product(s, z.value);
  let cube_rest = fma(s, z_rest, fma(s_rest, z.value, cube.rest));
  let t = exact_product(cube.value, p.value);
  let t_rest = fma(cube_rest, p.value, fma(cube.value, p_rest, t.rest));

  let small = exact_sum(2.0 * s, t.value, one);
  let small_rest = fma(2.0, s_rest, small.rest + t_rest);
  let sum = exact_sum(split.k * ${literal(ln2Parts[0])}, small.value, one);
  return exact_sum(sum.value, fma(split.k, ${literal(ln2Parts[1])}, sum.rest + small_rest), one);
}`,
};

/** IEEE 754 pow: 1 where a = 1 or b = 0, even with NaN. Measured: within 0.67 ulp. */
export const pow: WgslFunction = {
  name: 'pow_',
  uses: [longLogarithm, exponential],
  code: `fn pow_(a: f32, b: f32) -> f32 {
  let size = abs(a);
  let log_size = long_logarithm(size);
  let product = exact_product(b, log_size.value);
  let inside = abs(product.value) < 150.0; // else what was lost may be infinite or NaN
  let exponent = clamp(product.value, -150.0, 150.0);
  let y = exponential(exponent, select(0.0, fma(b, log_size.rest, product.rest), inside), 1.0);

  let whole = trunc(b) == b;
  let odd = whole && abs(b) < 16777216.0 && (i32(b) & 1) != 0;
  let size_bits = bitcast<u32>(size);
  let b_bits = bitcast<u32>(b) & 0x7fffffffu;
  let b_negative = bitcast<u32>(b) >= 0x80000000u;
  // At the ends: a to an infinite power, and 0 or infinity to any.
  let grows = (size_bits > 0x3f800000u) != b_negative;
  let end = select(select(0u, ${bitsOf.infinity}, grows), 0x3f800000u, size_bits == 0x3f800000u);
  let at_end = b_bits == ${bitsOf.infinity} || size_bits == 0u || size_bits == ${bitsOf.infinity};
  let of_size = select(bitcast<u32>(y), end, at_end);
  let signed = of_size | select(0u, bitcast<u32>(a) & 0x80000000u, odd);
  let undefined_root = bitcast<u32>(a) > 0x80000000u && !at_end && !whole;
  let unordered = undefined_root || size_bits > ${bitsOf.infinity} || b_bits > ${bitsOf.infinity};
  let is_one = bitcast<u32>(a) == 0x3f800000u || b_bits == 0u;
  return bitcast<f32>(select(select(signed, ${bitsOf.nan}, unordered), 0x3f800000u, is_one));
}`,
};
