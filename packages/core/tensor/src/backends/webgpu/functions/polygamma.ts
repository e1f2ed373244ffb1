import { divide } from './division.js';
import type { WgslFunction } from './function.js';
import { log } from './logarithm.js';
import { bitsOf, isNaN, literal, polynomial, replace, withSign } from './numbers.js';
import { smallAngle } from './trigonometric.js';

/** ψ(x₀ + v) / v for x₀ + v from 1 to 2.2, minimax in the relative error, and the zero x₀ in two floats. */
const nearZero = [
  0.9676722, -0.44276312, 0.2584995, -0.16394943, 0.10785926, -0.07209341, 0.048234653, -0.03343872, 0.02573922,
  -0.017484186, 0.0059948317,
]; // prettier-ignore
const zero = [1.4616321325302124, 1.243815006546356e-8] as const;

/** Bernoulli numbers B₂, B₄, … */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730];

/** ψ(x) for x > 0: of a number from 1 to 2.2 and whole steps, or by the asymptotic series. */
const positiveDigamma: WgslFunction = {
  name: 'positive_polygamma_0',
  uses: [log],
  code: `fn positive_polygamma_0(x: f32) -> f32 {
  let inverse = 1.0 / x;
  if (x >= 8.0) {
    let z = inverse * inverse;
    return log_(x) - fma(0.5, inverse, z * ${polynomial('z', [1 / 12, -1 / 120, 1 / 252])});
  }
  var steps = select(x, 1.0 + x, x < 1.0);
  var sum = select(0.0, -inverse, x < 1.0);
  while (steps >= 2.2) {
    steps -= 1.0;
    sum += 1.0 / steps;
  }
  // The second part of the zero by the slope there: compilers join differences of two constants.
  let v = steps - ${literal(zero[0])};
  return fma(v, ${polynomial('v', nearZero)}, sum - ${literal(zero[1] * nearZero[0]!)});
}`,
};

/**
 * n! ζ(n + 1, x), which is |ψ⁽ⁿ⁾(x)|, for x > 0 by Euler and Maclaurin's formula: terms n! a^-(n + 1) up to an a where
 * (n - 1)! a^-n (1 + n / 2a + …) has the rest.
 */
function positivePolygamma(order: number): WgslFunction {
  const name = `positive_polygamma_${order}`;
  // Bernoulli's terms over (n - 1)! a^-n, in powers of 1 / a²: B₂ⱼ / (2j)! n (n + 1) … (n + 2j - 1)
  let factor = 1;
  const series = bernoulli.map((number, i) => {
    factor *= ((order + 2 * i) * (order + 2 * i + 1)) / ((2 * i + 1) * (2 * i + 2));
    return number * factor;
  });
  return {
    name,
    uses: [divide],
    code: `fn ${name}(x: f32) -> f32 {
  var a = x;
  var direct = 0.0;
  while (a < ${literal(8 + order)}) {
    direct += ${name}_leading(a) * ${literal(order)} / a;
    a += 1.0;
  }
  let inverse = 1.0 / a;
  let z = inverse * inverse;
  let rest = fma(inverse, ${literal(order / 2)}, z * ${polynomial('z', series)});
  let leading = ${name}_leading(a);
  return direct + fma(leading, rest, leading);
}
// (n - 1)! a^-n as a product that leaves the range only where the result does
fn ${name}_leading(a: f32) -> f32 {
  let inverse = divide(1.0, a);
  var product = inverse;
  for (var i = 1; i < ${order}; i++) { product *= f32(i) * inverse; }
  return product;
}`,
  };
}

/** π times the n-th derivative of cot(πx), as a polynomial of c = cot(πx), lowest power first: P ← -π (1 + c²) P'. */
function cotangentSlope(order: number): readonly number[] {
  let coefficients = [0, Math.PI];
  for (let n = 0; n < order; n++) {
    const next = new Array<number>(coefficients.length + 1).fill(0);
    coefficients.forEach((coefficient, power) => {
      if (power === 0) return;
      next[power - 1]! -= Math.PI * power * coefficient;
      next[power + 1]! -= Math.PI * power * coefficient;
    });
    coefficients = next;
  }
  return coefficients;
}

const cotangent: WgslFunction = {
  name: 'cotangent_of_turn',
  uses: [smallAngle, divide, withSign],
  code: `fn cotangent_of_turn(u: f32) -> f32 {
  let size = abs(u);
  let far = size > 0.25;
  let angle = select(size, 0.5 - size, far) * ${literal(Math.PI)};
  let sine = small_sine(angle);
  let cosine = small_cosine(angle);
  return with_sign(divide(select(cosine, sine, far), select(sine, cosine, far)), u);
}`,
};

/**
 * ψ⁽ⁿ⁾(x), below 0 by reflection: (-1)ⁿ ψ⁽ⁿ⁾(1 - x) - π dⁿ/dxⁿ cot(πx). Undefined for orders whose derivatives of the
 * cotangent have factors beyond float32, from 25 on. Measured for x > 0: within 2.2 ulp (order 0), 3.7 (1), 4.2 (2), 5.2
 * (3), 12 (10), 22 (20); below 0 within about twice that, in units of the larger one of the two terms.
 */
export function polygamma(order: number): WgslFunction | undefined {
  const slope = cotangentSlope(order);
  if (slope.some((coefficient) => !Number.isFinite(Math.fround(coefficient)))) return undefined;
  const positive = order === 0 ? positiveDigamma : positivePolygamma(order);
  const odd = order % 2 === 1;
  // Its powers are all even or all odd.
  const powers = slope.filter((_, power) => power % 2 === (odd ? 0 : 1));
  const mirrored = `${order % 2 === 0 && order > 0 ? '-' : ''}${positive.name}`;
  const atZero = odd ? bitsOf.infinity : bitsOf.minusInfinity;
  return {
    name: `polygamma_${order}`,
    uses: [positive, cotangent, isNaN, replace],
    code: `fn polygamma_${order}(x: f32) -> f32 {
  let negative = x <= 0.0;
  let argument = select(x, 1.0 - x, negative);
  var y = ${mirrored}(argument);
  if (negative) {
    let u = x - round(x);
    let c = cotangent_of_turn(u);
    let c2 = c * c;
    let slope = ${odd ? '' : 'c * '}${polynomial('c2', powers)};
    y = ${odd ? '-y' : 'y'} - slope;
    y = replace(y, u == 0.0, ${odd ? bitsOf.infinity : bitsOf.nan});
    y = replace(y, (bitcast<u32>(x) & 0x7fffffffu) == 0u, ${atZero});
  }
  let bits = bitcast<u32>(x);
  y = replace(y, bits == ${bitsOf.infinity}, ${order === 0 ? bitsOf.infinity : '0u'});
  return replace(y, bits == ${bitsOf.minusInfinity} || is_nan(x), ${bitsOf.nan});
}`,
  };
}
