import { erfinv, polygamma } from './special.js';
import type { KeyStream } from './threefry.js';

/**
 * One sample of Gamma(alpha, 1): G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", 2000; for
 * alpha < 1 a sample of alpha + 1 times U^(1/alpha). Keys are split as JAX splits them.
 */
export function sampleGamma(key: KeyStream, alpha: number, double: boolean): number {
  if (!(alpha >= 0)) return NaN;
  if (alpha === 0) return 0;
  if (alpha === Infinity) return Infinity;
  const boosted = alpha < 1;
  const d = (boosted ? alpha + 1 : alpha) - 1 / 3;
  const c = 1 / 3 / Math.sqrt(d);
  const boostKey = key.child(1);
  key.advance();
  const boost = boosted ? Math.pow(1 - boostKey.uniform(double), 1 / alpha) : 1;
  for (;;) {
    const normalKey = key.child(1);
    const uniformKey = key.child(2);
    key.advance();
    let x: number;
    let v: number;
    do {
      x = sampleNormal(normalKey.child(1), double);
      normalKey.advance();
      v = 1 + c * x;
    } while (v <= 0);
    v = v * v * v;
    const square = x * x;
    const u = uniformKey.uniform(double);
    if (u < 1 - 0.0331 * square * square || Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v)))
      return d * v * boost;
  }
}

function sampleNormal(key: KeyStream, double: boolean): number {
  const lowest = double ? -1 + 2 ** -53 : -1 + 2 ** -24;
  return Math.SQRT2 * erfinv(Math.max(lowest, key.uniform(double) * 2 + lowest));
}

/**
 * d sample / d alpha at a fixed quantile: -(∂P/∂alpha) / p, with P the regularized incomplete gamma function and p the
 * density (M. Figurnov et al., "Implicit reparameterization gradients", 2018). Three forms in which all terms have one
 * sign, so that nothing cancels; relative error about 1e-13.
 */
export function gammaSampleDerivative(alpha: number, x: number): number {
  if (!(alpha > 0) || !(x >= 0) || alpha === Infinity || x === Infinity) return NaN;
  if (x === 0) return 0;
  if (alpha > 1e5) return fromNormalExpansion(alpha, x);
  return x < alpha + 1 ? fromSeries(alpha, x) : fromFraction(alpha, x);
}

/** P = Σ xᵃ⁺ⁿ e⁻ˣ / Γ(α + n + 1), differentiated term by term: x Σ xⁿ/(α)ₙ₊₁ (ψ(α + n + 1) - log x). */
function fromSeries(alpha: number, x: number): number {
  const logX = Math.log(x);
  let term = x / alpha;
  let psi = polygamma(0, alpha + 1);
  let total = 0;
  for (let n = 1; ; n++) {
    const part = term * (psi - logX);
    total += part;
    if (n > x - alpha && Math.abs(part) < 1e-17 * Math.abs(total)) return total;
    if (n > 1e5) return total;
    psi += 1 / (alpha + n);
    term *= x / (alpha + n);
  }
}

/**
 * 1 - P = xᵃ e⁻ˣ C / Γ(α) with Legendre's continued fraction C, so the derivative is x (C (log x - ψ(α)) + ∂C/∂α).
 * C and ∂C/∂α together by Steed's summation of the fraction's differences.
 */
function fromFraction(alpha: number, x: number): number {
  // b₀ = x + 1 - α, bₙ = b₀ + 2n, aₙ = n (α - n); d = 1/(bₙ + aₙ d), term ← term (bₙ d - 1); primes are ∂/∂α.
  let b = x + 1 - alpha;
  let d = 1 / b;
  let dPrime = d * d;
  let term = d;
  let termPrime = dPrime;
  let c = term;
  let cPrime = termPrime;
  for (let n = 1; n < 1e5; n++) {
    const a = n * (alpha - n);
    b += 2;
    const denominator = b + a * d;
    const denominatorPrime = -1 + n * d + a * dPrime;
    d = 1 / denominator;
    dPrime = -denominatorPrime * d * d;
    const factor = b * d - 1;
    const factorPrime = -d + b * dPrime;
    termPrime = termPrime * factor + term * factorPrime;
    term *= factor;
    c += term;
    cPrime += termPrime;
    if (Math.abs(term) < 1e-17 * Math.abs(c) && Math.abs(termPrime) < 1e-17 * Math.abs(cPrime)) break;
  }
  return x * (c * (Math.log(x) - polygamma(0, alpha)) + cPrime);
}

/** Cornish and Fisher's expansion x = α + z √α + (z² - 1)/3 + (z³ - 7z)/(36 √α) + …, differentiated at fixed z. */
function fromNormalExpansion(alpha: number, x: number): number {
  const root = Math.sqrt(alpha);
  let z = (x - alpha) / root;
  for (let i = 0; i < 6; i++) {
    const value = alpha + z * root + (z * z - 1) / 3 + (z * z * z - 7 * z) / (36 * root);
    z -= (value - x) / (root + (2 * z) / 3 + (3 * z * z - 7) / (36 * root));
  }
  return 1 + z / (2 * root) - (z * z * z - 7 * z) / (72 * root * alpha);
}
