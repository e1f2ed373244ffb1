import { divide, squareRoot } from './division.js';
import type { WgslFunction } from './function.js';
import { erfinv } from './inverseError.js';
import { log, log1p, series } from './logarithm.js';
import { bitsOf, literal, polynomial, replace } from './numbers.js';
import { pow } from './power.js';
import { threefry } from './threefry.js';

/** A uniform number in [0, 1) of 23 bits, and a normal one, of a key. */
const draws: WgslFunction = {
  name: 'uniform_of',
  uses: [threefry, erfinv],
  code: `fn uniform_of(key: vec2<u32>) -> f32 {
  let words = threefry(key, 0u);
  return f32((words.x ^ words.y) >> 9u) * ${literal(2 ** -23)};
}
fn normal_of(key: vec2<u32>) -> f32 {
  const lowest = ${literal(-1 + 2 ** -24)};
  return ${literal(Math.SQRT2)} * erfinv_(max(lowest, uniform_of(key) * 2.0 + lowest));
}`,
};

/**
 * x²/2 + d (1 - v + log v) for v = (1 + t)³, t = c x and 9 d c² = 1: in powers of t, the terms below t³ cancel.
 */
const acceptance: WgslFunction = {
  name: 'acceptance',
  uses: [log1p],
  code: `fn acceptance(x: f32, d: f32, t: f32) -> f32 {
  if (t > -0.29 && t < 0.41) { return d * (t * t * t) * fma(3.0, ${polynomial('t', series)}, -1.0); }
  let root = 1.0 + t;
  return fma(0.5 * x, x, d * (1.0 - root * root * root + 3.0 * log1p_(t)));
}`,
};

/**
 * One sample of Gamma(alpha, 1), as in the reference kernel: G. Marsaglia and W. Tsang, "A simple method for generating
 * gamma variables", 2000; for alpha < 1 a sample of alpha + 1 times U^(1/alpha).
 */
export const sampleGamma: WgslFunction = {
  name: 'sample_gamma',
  uses: [draws, acceptance, squareRoot, divide, log, pow, replace],
  code: `fn sample_gamma(first: vec2<u32>, alpha: f32) -> f32 {
  let alpha_bits = bitcast<u32>(alpha);
  if (alpha_bits == 0u || alpha_bits == 0x80000000u) { return 0.0; }
  if (alpha_bits == ${bitsOf.infinity}) { return alpha; }
  if (alpha_bits > ${bitsOf.infinity}) { return replace(alpha, true, ${bitsOf.nan}); }
  let boosted = alpha < 1.0;
  let d = select(alpha, alpha + 1.0, boosted) - ${literal(1 / 3)};
  let c = divide(${literal(1 / 3)}, square_root(d));
  let boost_key = threefry(first, 1u);
  var key = threefry(first, 0u);
  var boost = 1.0;
  if (boosted) { boost = pow_(1.0 - uniform_of(boost_key), divide(1.0, alpha)); }
  loop {
    var normal_key = threefry(key, 1u);
    let uniform_key = threefry(key, 2u);
    key = threefry(key, 0u);
    var x = normal_of(threefry(normal_key, 1u));
    while (1.0 + c * x <= 0.0) {
      normal_key = threefry(normal_key, 0u);
      x = normal_of(threefry(normal_key, 1u));
    }
    let t = c * x;
    let root = 1.0 + t;
    let square = x * x;
    let u = uniform_of(uniform_key);
    if (u < 1.0 - 0.0331 * square * square || log_(u) < acceptance(x, d, t)) {
      return d * (root * root * root) * boost;
    }
  }
}`,
};
