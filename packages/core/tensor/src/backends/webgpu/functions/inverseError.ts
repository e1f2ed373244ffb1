import { squareRoot } from './division.js';
import type { WgslFunction } from './function.js';
import { log } from './logarithm.js';
import { bitsOf, polynomial, replace, withSign } from './numbers.js';

/**
 * erfinv(x) / x in the variables of M. Giles, "Approximating the erfinv function" (2011): with w = -log(1 - x²), in powers
 * of w - 2.5 for w up to 5 (|x| = 0.9966), minimax; beyond in powers of √w - 3.12 up to √w = 4, which is where float32
 * ends, Chebyshev interpolation.
 */
const centre = [
  1.5014094, 0.24664028, -0.0041777682, -0.0012527553, 0.00021879507, -4.9419505e-6, -3.6493952e-6, 4.5901754e-7,
  5.4855928e-8, -8.119074e-9, -1.8783957e-9,
]; // prettier-ignore
const near = [
  2.9533017336435887, 1.0036477812719873, 0.007128012571030417, -0.005376733681173478, 0.0038568636919510007,
  -0.0025632511646015506, 0.0012793849806873937, -0.00031105486618869787, -0.00011678153434083732,
  0.0001261911005056713, -3.2410120350887076e-5,
]; // prettier-ignore

/** Measured: within 2.8 ulp. */
export const erfinv: WgslFunction = {
  name: 'erfinv_',
  uses: [log, squareRoot, replace, withSign],
  code: `fn erfinv_(x: f32) -> f32 {
  let size = abs(x);
  let w = -log_((1.0 - size) * (1.0 + size));
  let t = w - 2.5;
  var ratio = ${polynomial('t', centre)};
  if (w >= 5.0) {
    let u = square_root(w) - 3.12;
    ratio = ${polynomial('u', near)};
  }
  let y = replace(size * ratio, size == 1.0, ${bitsOf.infinity});
  return replace(with_sign(y, x), bitcast<u32>(size) > 0x3f800000u, ${bitsOf.nan});
}`,
};
