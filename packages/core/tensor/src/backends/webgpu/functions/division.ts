import type { WgslFunction } from './function.js';
import { addProduct, bitsOf, literal, replace } from './numbers.js';

/** Numbers between these can be corrected: the residual is no subnormal number, and nothing overflows. */
const [least, most] = [literal(2 ** -100), literal(2 ** 126)];

/**
 * a / b. WGSL's quotient may be 2.5 ulp off, and may be 0 for a divisor above 2^126, whose reciprocal is subnormal; one
 * step of Newton's corrects the former. Measured: within 0.51 ulp.
 */
export const divide: WgslFunction = {
  name: 'divide',
  uses: [addProduct],
  code: `fn divide(a: f32, b: f32) -> f32 {
  let factor = select(1.0, 0.25, abs(b) > ${literal(2 ** 124)});
  let d = b * factor;
  let q = a / d;
  let better = fma(add_product(-q, d, a), 1.0 / d, q);
  let usual = min(min(abs(a), abs(d)), abs(q)) > ${least} && max(max(abs(a), abs(d)), abs(q)) < ${most};
  return select(q, better, usual) * factor;
}`,
};

/** √x, likewise: WGSL's may be several ulp off. Measured: within 0.51 ulp. */
export const squareRoot: WgslFunction = {
  name: 'square_root',
  uses: [addProduct, replace],
  code: `fn square_root(x: f32) -> f32 {
  let y = sqrt(x);
  let better = fma(add_product(-y, y, x), 0.5 / y, y);
  return replace(select(y, better, x > ${least} && x < ${most}), x < 0.0, ${bitsOf.nan});
}`,
};
