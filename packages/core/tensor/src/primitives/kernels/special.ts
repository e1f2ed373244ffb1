/**
 * Special functions of one number in float64, as the reference kernels use them. Measured against 40-digit values:
 * within a few units in the last place, except next to the zeros of lgamma and digamma on the negative axis and of
 * digamma at 1.4616, where the error is a few units of the terms that cancel there.
 */

/** Coefficients from the highest power down. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

// W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969): |x| < 0.46875, up to 4, beyond.
const erfSmallTop = [1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3]; // prettier-ignore
const erfSmallBottom = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3]; // prettier-ignore
const erfcMiddleTop = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2, 8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3]; // prettier-ignore
const erfcMiddleBottom = [1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3]; // prettier-ignore
const erfcFarTop = [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4]; // prettier-ignore
const erfcFarBottom = [1, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3]; // prettier-ignore

/** The error function 2/√π ∫₀ˣ exp(-t²) dt. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= 0.46875) {
    const square = x * x;
    return (x * polynomial(erfSmallTop, square)) / polynomial(erfSmallBottom, square);
  }
  if (Number.isNaN(x)) return NaN;
  if (size > 6) return Math.sign(x); // 1 - erf(6) is 2e-17
  return Math.sign(x) * (1 - erfcPositive(size));
}

/** 1 - erf(x) without cancellation for large x. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) <= 0.46875) return 1 - erf(x);
  return x > 0 ? erfcPositive(x) : 2 - erfcPositive(-x);
}

function erfcPositive(x: number): number {
  if (x > 27.5) return 0; // exp(-x²) underflows
  // exp(-x²) with x split so that the square's rounding error does not grow in the exponent.
  const head = Math.trunc(x * 16) / 16;
  const gauss = Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
  if (x <= 4) return (gauss * polynomial(erfcMiddleTop, x)) / polynomial(erfcMiddleBottom, x);
  const z = 1 / (x * x);
  const correction = (z * polynomial(erfcFarTop, z)) / polynomial(erfcFarBottom, z);
  return (gauss * (1 / Math.sqrt(Math.PI) - correction)) / x;
}

// M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl. Statist. 37 (1988), PPND16.
const centreTop = [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.387132872796366608]; // prettier-ignore
const centreBottom = [5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4, 5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1]; // prettier-ignore
const tailTop = [7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734]; // prettier-ignore
const tailBottom = [1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2, 1.4810397642748007459e-1, 6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1]; // prettier-ignore
const farTop = [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2, 2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772]; // prettier-ignore
const farBottom = [2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4, 1.48753612908506148525e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1]; // prettier-ignore

/** The inverse of erf on [-1, 1]; ±infinity at the ends, NaN outside. */
export function erfinv(x: number): number {
  const size = Math.abs(x);
  if (!(size <= 1)) return NaN;
  if (size === 1) return x * Infinity;
  if (size <= 0.85) {
    const r = 0.180625 - 0.25 * x * x;
    return (0.5 * Math.SQRT1_2 * x * polynomial(centreTop, r)) / polynomial(centreBottom, r);
  }
  const r = Math.sqrt(-Math.log(0.5 * (1 - size))); // 1 - size is exact here
  const quantile =
    r <= 5
      ? polynomial(tailTop, r - 1.6) / polynomial(tailBottom, r - 1.6)
      : polynomial(farTop, r - 5) / polynomial(farBottom, r - 5);
  return Math.sign(x) * Math.SQRT1_2 * quantile;
}

/** ζ(k) - 1 for k = 31 … 2, highest first. */
const zetaMinusOne = [
  4.6566290650337841e-10, 9.3132743241966818e-10, 1.862659723513049e-9, 3.7253340247884571e-9, 7.4507117898354295e-9,
  1.4901554828365041e-8, 2.980350351465228e-8, 5.960818905125948e-8, 1.1921992596531107e-7, 2.3845050272773299e-7,
  4.7693298678780646e-7, 9.5396203387279611e-7, 1.9082127165539389e-6, 3.8172932649998399e-6, 7.6371976378997623e-6,
  1.5282259408651872e-5, 3.0588236307020494e-5, 6.1248135058704829e-5, 0.00012271334757848915, 0.0002460865533080483,
  0.00049418860411946456, 0.00099457512781808534, 0.0020083928260822144, 0.0040773561979443394, 0.0083492773819228268,
  0.01734306198444914, 0.036927755143369926, 0.082323233711138192, 0.20205690315959429, 0.64493406684822644,
]; // prettier-ignore

/** log Γ(2 + z) for |z| <= 1/2: (1 - γ) z + Σ (-1)^k (ζ(k) - 1) z^k / k (Abramowitz and Stegun 6.1.33). */
function lgammaNearTwo(z: number): number {
  let series = 0;
  let k = 31;
  for (const coefficient of zetaMinusOne) series = coefficient / k-- - series * z;
  return z * (0.42278433509846713939 + z * series);
}

const halfLogTwoPi = 0.91893853320467274178;

/** log |Γ(x)|; +infinity at 0, -1, -2, … */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x)) return Infinity;
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity;
    if (x > -0.5) return lgamma(1 + x) - Math.log(-x); // Γ(x) = Γ(1 + x) / x, exact where reflection would cancel
    return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  }
  if (x < 0.5) return lgammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 2.5) return lgammaNearTwo(x - 2);
  if (x < 8) {
    let product = 1;
    let shifted = x;
    while (shifted >= 2.5) product *= --shifted;
    return Math.log(product) + lgammaNearTwo(shifted - 2);
  }
  // Stirling's series.
  const z = 1 / (x * x);
  const correction = x > 1e8 ? 0 : polynomial(stirling, z) / x;
  return (x - 0.5) * (Math.log(x) - 1) + (halfLogTwoPi - 0.5) + correction;
}

/** B₂ⱼ / (2j (2j - 1)), from j = 8 down. */
const stirling = [-3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

/** sin(πx) with the whole turns removed before the multiplication. */
function sinPi(x: number): number {
  const turn = x - 2 * Math.round(x / 2); // in [-1, 1], exact
  if (Math.abs(turn) > 0.5) return Math.sin(Math.PI * (Math.sign(turn) - turn));
  return Math.sin(Math.PI * turn);
}

/** cot(πx), likewise. */
function cotPi(x: number): number {
  const turn = x - Math.round(x); // in [-1/2, 1/2], exact
  return Math.abs(turn) > 0.25
    ? Math.tan(Math.PI * (Math.sign(turn) * 0.5 - turn))
    : 1 / Math.tan(Math.PI * turn);
}

/** Bernoulli numbers B₂, B₄, …, B₂₄. */
const bernoulli = [
  1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730,
]; // prettier-ignore

/**
 * The order-th derivative of digamma, ψ⁽ⁿ⁾(x); order 0 is digamma. At 0 the limit from above, at negative integers NaN,
 * but +infinity at all of them for odd orders, where both sides agree.
 */
export function polygamma(order: number, x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x === Infinity) return order === 0 ? Infinity : 0;
  if (x <= 0) {
    if (x === -Infinity) return NaN;
    if (Number.isInteger(x)) return order % 2 === 1 ? Infinity : x === 0 ? -Infinity : NaN;
    // ψ⁽ⁿ⁾(x) = (-1)ⁿ ψ⁽ⁿ⁾(1 - x) - π dⁿ/dxⁿ cot(πx)
    const mirrored = polygamma(order, 1 - x);
    return (order % 2 === 1 ? -mirrored : mirrored) - Math.PI * cotDerivative(order, cotPi(x));
  }
  return order === 0 ? digammaPositive(x) : polygammaPositive(order, x);
}

function digammaPositive(x: number): number {
  let shift = 0;
  let a = x;
  while (a < 10) shift += 1 / a++;
  const z = 1 / (a * a);
  let series = 0;
  for (let j = 9; j >= 0; j--) series = (series + bernoulli[j]! / (2 * j + 2)) * z;
  return Math.log(a) - 0.5 / a - series - shift;
}

/** (-1)ⁿ⁺¹ n! ζ(n + 1, x) by Euler and Maclaurin's formula. */
function polygammaPositive(order: number, x: number): number {
  const s = order + 1;
  let factorial = 1;
  for (let i = 2; i <= order; i++) factorial *= i;
  let direct = 0;
  let a = x;
  while (a < 10 + order) {
    direct += Math.pow(a, -s);
    a += 1;
  }
  const power = Math.pow(a, -s);
  // terms B₂ⱼ / (2j)! · s (s + 1) … (s + 2j - 2) · a^(-s - 2j + 1)
  let term = (s * power) / (2 * a);
  let tail = (a * power) / order + 0.5 * power;
  for (let j = 1; j <= bernoulli.length; j++) {
    tail += bernoulli[j - 1]! * term;
    term *= ((s + 2 * j - 1) * (s + 2 * j)) / ((2 * j + 1) * (2 * j + 2) * a * a);
  }
  const zeta = direct + tail;
  return (order % 2 === 1 ? 1 : -1) * factorial * zeta;
}

/** Polynomials P with dⁿ/dxⁿ cot(πx) = P(cot πx): P ← -π (1 + c²) P'. Lowest power first. */
const cotPolynomials: number[][] = [[0, 1]];

function cotDerivative(order: number, cot: number): number {
  for (let n = cotPolynomials.length; n <= order; n++) {
    const previous = cotPolynomials[n - 1]!;
    const next = new Array<number>(previous.length + 1).fill(0);
    for (let power = 1; power < previous.length; power++) {
      const slope = -Math.PI * power * previous[power]!;
      next[power - 1]! += slope;
      next[power + 1]! += slope;
    }
    cotPolynomials.push(next);
  }
  return cotPolynomials[order]!.reduceRight((value, coefficient) => value * cot + coefficient, 0);
}
