import type { WgslFunction } from './function.js';

/*
 * Compilers may assume that no number is NaN or infinite, and may change the order of sums. So the functions here and in
 * the neighbouring files ask for NaN and infinities by their bits, put them in by their bits and scale by changing
 * exponents. Sums of products are written as `fma`, which is left in its place; but it may round twice, so that rounding
 * errors come only from products that are exact.
 */

/** A literal of the float32 next to `value`. */
export const literal = (value: number): string => `${Math.fround(value)}f`;

/** WGSL for c[0] + c[1] x + c[2] x² + … by Horner's rule. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  const [highest, ...rest] = coefficients.map(literal).reverse();
  return rest.reduce((sum, coefficient) => `fma(${sum}, ${x}, ${coefficient})`, highest!);
}

/** The bits of NaN and of the infinities, as WGSL literals. */
export const bitsOf = { nan: '0x7fc00000u', infinity: '0x7f800000u', minusInfinity: '0xff800000u' } as const;

export const isNaN: WgslFunction = {
  name: 'is_nan',
  code: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
};

export const isFinite: WgslFunction = {
  name: 'is_finite',
  code: 'fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u; }',
};

/** x, or the number with these bits where the condition holds. */
export const replace: WgslFunction = {
  name: 'replace',
  code: `fn replace(x: f32, condition: bool, bits: u32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(x), bits, condition));
}`,
};

/** The size of `size` with the sign of `sign`. */
export const withSign: WgslFunction = {
  name: 'with_sign',
  code: `fn with_sign(size: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}`,
};

/** 2^n for n from -126 to 127. */
export const powerOfTwo: WgslFunction = {
  name: 'power_of_two',
  code: 'fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }',
};

/** y 2^n for normal y > 0 whose exponent is between -60 and 60 and n >= -160; rounded once, where it is subnormal. */
export const scale: WgslFunction = {
  name: 'scale',
  uses: [replace],
  code: `fn scale(y: f32, n: i32) -> f32 {
  let bits = bitcast<i32>(y);
  let exponent = (bits >> 23u) + n;
  let normal = bitcast<f32>(bits + (n << 23u));
  let tiny = bitcast<f32>(bits + ((n + 100) << 23u)) * ${literal(2 ** -100)};
  return replace(select(normal, tiny, exponent < 1), exponent > 254, ${bitsOf.infinity});
}`,
};

/** A number as the sum of a float and a far smaller one. */
const pair: WgslFunction = { name: 'Pair', code: 'struct Pair { value: f32, rest: f32 }' };

/**
 * a + b with its rounding error, for |a| >= |b| (T. J. Dekker). The 1 that `one` holds is one that the compiler cannot
 * know, or it would cancel the terms.
 */
export const exactSum: WgslFunction = {
  name: 'exact_sum',
  uses: [pair],
  code: `fn exact_sum(a: f32, b: f32, one: f32) -> Pair {
  let value = a + b;
  return Pair(value, fma(-value, one, a) + b);
}
fn hidden_one(x: f32) -> f32 { return bitcast<f32>(select(0x3f800000u, 0u, bitcast<u32>(x) == 0x7fc12345u)); }`,
};

/**
 * a b + c without the rounding error of a b, for c near -a b: the factors in halves of twelve bits, whose products are
 * exact whether or not the device's `fma` is a fused one.
 */
export const addProduct: WgslFunction = {
  name: 'add_product',
  code: `fn add_product(a: f32, b: f32, c: f32) -> f32 {
  let a1 = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b1 = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a0 = a - a1;
  let b0 = b - b1;
  return fma(a0, b0, fma(a0, b1, fma(a1, b0, fma(a1, b1, c))));
}`,
};

/** a b with its rounding error. */
export const exactProduct: WgslFunction = {
  name: 'exact_product',
  uses: [pair, addProduct],
  code: `fn exact_product(a: f32, b: f32) -> Pair {
  let value = a * b;
  return Pair(value, add_product(a, b, -value));
}`,
};
