import { divide } from './division.js';
import { ln2Parts } from './exponential.js';
import type { WgslFunction } from './function.js';
import { log, logarithmOfSplit } from './logarithm.js';
import { bitsOf, isNaN, literal, polynomial, replace } from './numbers.js';

/** log Γ(1 + z) / z for z from -0.3 to 0.7, minimax in the relative error. */
const nearOne = [
  -0.5772156649015329, 0.822467, -0.40068555, 0.27058154, -0.20739372, 0.16954057, -0.14380188, 0.12531988, -0.11394078,
  0.106873125, -0.08898366, 0.050563056, -0.01339219,
]; // prettier-ignore

/** log Γ(2 + z) / z for |z| <= 1/2, likewise. */
const nearTwo = [
  0.42278433509846713939, 0.32246703, -0.0673523, 0.02058094, -0.00738571, 0.0028895407, -0.0011889702, 0.00051053584,
  -0.00024744018, 0.00010967751,
]; // prettier-ignore

/** (sin(πu) / u - π) / u² in powers of u² for u <= 1/2, Chebyshev interpolation. */
const sineSeries = [-5.167712779186312, 2.550163867104827, -0.5992589937336754, 0.08208371776286144, -0.007084488778956108]; // prettier-ignore

/** Stirling's series: B₂ⱼ / (2j (2j - 1)). */
const stirling = [1 / 12, -1 / 360, 1 / 1260];

const halfLogTwoPi = 0.91893853320467274178;

/** log Γ(x) for x > 0: of 1 + z or 2 + z, with x and 2 + z as far apart as a product of whole steps, or by Stirling's series. */
const positive: WgslFunction = {
  name: 'positive_lgamma',
  uses: [log, logarithmOfSplit],
  code: `fn positive_lgamma(x: f32) -> f32 {
  if (x >= 8.0) {
    var split = split_number(x);
    let inverse = 1.0 / x;
    let z = inverse * inverse;
    let rest = fma(inverse, ${polynomial('z', stirling)}, ${literal(halfLogTwoPi - 0.5)});
    // log x - 1, of which k ln 2 - 1 is exact.
    let whole = fma(split.k, ${literal(ln2Parts[0])}, -1.0);
    let fraction = fma(split.k, ${literal(ln2Parts[1])}, logarithm_of_split(Split(0.0, split.f)));
    return replace(fma(x - 0.5, whole + fraction, rest), x > 4.1e36, ${bitsOf.infinity});
  }
  if (x < 1.5) {
    let z = select(x, x - 1.0, x >= 0.7);
    let y = z * ${polynomial('z', nearOne)};
    return select(y - log_(x), y, x >= 0.7);
  }
  var product = 1.0;
  var steps = x;
  while (steps >= 2.5) {
    steps -= 1.0;
    product *= steps;
  }
  let z = steps - 2.0;
  let y = z * ${polynomial('z', nearTwo)};
  return select(y + log_(product), y, x < 2.5);
}`,
};

/**
 * log |Γ(x)|; below 0 by Γ(x) = Γ(1 + x) / x near it, where reflection would cancel, and by reflection. Measured: within
 * 3.1 ulp for x > 0; below, where the terms cancel next to zeros, within 5.5 ulp of the larger one of log Γ(1 - x) and the
 * result.
 */
export const lgamma: WgslFunction = {
  name: 'lgamma_',
  uses: [positive, log, divide, isNaN, replace],
  code: `fn lgamma_(x: f32) -> f32 {
  let negative = x <= 0.0;
  let close = x > -0.5;
  var y = positive_lgamma(select(x, 1.0 + select(-x, x, close), negative));
  if (negative) {
    let u = abs(x - round(x));
    let z = u * u;
    let sine = u * ${polynomial('z', [Math.PI, ...sineSeries])};
    let log_size = log_(select(divide(${literal(Math.PI)}, sine), -x, close));
    y = select(log_size - y, y - log_size, close);
    y = replace(y, u == 0.0, ${bitsOf.infinity});
  }
  let infinite = (bitcast<u32>(x) & 0x7fffffffu) == ${bitsOf.infinity};
  return replace(replace(y, infinite, ${bitsOf.infinity}), is_nan(x), ${bitsOf.nan});
}`,
};
