/** A smooth function's value and gradient at a point. */
export type Smooth = (x: Float64Array) => { readonly value: number; readonly gradient: Float64Array };

export interface LbfgsOptions {
  /** The weight of each |x_i|, at least 0; absent: none. */
  readonly penalties?: Float64Array;
  readonly iterations: number;
  /** Largest slope that ends it. Default 1e-5, SciPy's. */
  readonly slope?: number;
  /** Relative decrease of the value that ends it. Default 2.2e-9, SciPy's. */
  readonly decrease?: number;
}

export interface LbfgsResult {
  readonly x: Float64Array;
  /** The value with the penalties. */
  readonly value: number;
  readonly iterations: number;
  /** Whether a tolerance ended it, or no step lowers the value any more. */
  readonly converged: boolean;
}

/** Steps that the approximate Hessian is made of. */
const memory = 10;
/** Share of the decrease that the slope promises. */
const armijo = 1e-4;
const mostHalvings = 30;

/**
 * Minimises f(x) + Σ c_i |x_i| by L-BFGS. With penalties it is OWL-QN (Andrew & Gao 2007): the slope at x_i = 0 is what is left of f's
 * beyond the penalty, directions that disagree with it are cut, and a step ends where a coordinate would change its sign. Without
 * any it is plain L-BFGS with backtracking.
 */
export function lbfgs(f: Smooth, start: Float64Array, options: LbfgsOptions): LbfgsResult {
  const { penalties, iterations, slope = 1e-5, decrease = 2.2e-9 } = options;
  const size = start.length;
  const penalty = (i: number): number => penalties?.[i] ?? 0;
  const total = (value: number, x: Float64Array): number =>
    penalties === undefined ? value : x.reduce((sum, xi, i) => sum + penalty(i) * Math.abs(xi), value);

  let x: Float64Array = start.slice();
  let at = f(x);
  let value = total(at.value, x);
  const steps: { s: Float64Array; y: Float64Array; inverse: number }[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const slopes = at.gradient.map((g, i) => oneSided(g, x[i]!, penalty(i)));
    const steepest = slopes.reduce((most, p) => Math.max(most, Math.abs(p)), 0);
    if (!(steepest > slope)) return { x, value, iterations: iteration, converged: true };
    let direction = inverseTimes(slopes, steps);
    for (let i = 0; i < size; i++) if (penalty(i) > 0 && direction[i]! * slopes[i]! >= 0) direction[i] = 0;
    if (!(dot(direction, slopes) < 0)) {
      steps.length = 0;
      direction = slopes.map((p) => -p);
    }
    let rate = steps.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(direction, direction)));
    let next: { x: Float64Array; at: ReturnType<Smooth>; value: number } | undefined;
    for (let halving = 0; halving < mostHalvings && next === undefined; halving++, rate /= 2) {
      const moved = direction.map((d, i) => {
        const to = x[i]! + rate * d;
        if (penalty(i) === 0) return to;
        const orthant = x[i] === 0 ? -Math.sign(slopes[i]!) : Math.sign(x[i]!);
        return to * orthant > 0 ? to : 0;
      });
      const there = f(moved);
      const reached = total(there.value, moved);
      const promised = moved.reduce((sum, to, i) => sum + slopes[i]! * (to - x[i]!), 0);
      if (reached <= value + armijo * promised && reached < value) next = { x: moved, at: there, value: reached }; // prettier-ignore
    }
    if (next === undefined) {
      // A stale approximation may be to blame; once without it, and then nothing is left to gain.
      if (steps.length === 0) return { x, value, iterations: iteration, converged: true };
      steps.length = 0;
      continue;
    }
    const s = next.x.map((to, i) => to - x[i]!);
    const y = next.at.gradient.map((g, i) => g - at.gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-10 * dot(y, y)) {
      steps.push({ s, y, inverse: 1 / curvature });
      if (steps.length > memory) steps.shift();
    }
    const gain = (value - next.value) / Math.max(Math.abs(value), Math.abs(next.value), 1);
    ({ x, at, value } = next);
    if (gain <= decrease) return { x, value, iterations: iteration + 1, converged: true };
  }
  return { x, value, iterations, converged: false };
}

/** The slope of f + c|·| along which the value falls fastest; 0 where none does. */
function oneSided(g: number, x: number, c: number): number {
  if (x !== 0) return g + Math.sign(x) * c;
  return Math.sign(g) * Math.max(Math.abs(g) - c, 0);
}

/** -H p by the two loops of L-BFGS. */
function inverseTimes(
  slopes: Float64Array,
  steps: readonly { s: Float64Array; y: Float64Array; inverse: number }[],
): Float64Array {
  const q = slopes.map((p) => -p);
  const factors = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, inverse } = steps[k]!;
    const factor = (factors[k] = inverse * dot(s, q));
    for (let i = 0; i < q.length; i++) q[i]! -= factor * y[i]!;
  }
  const last = steps.at(-1);
  const scale = last === undefined ? 1 : 1 / (last.inverse * dot(last.y, last.y));
  for (let i = 0; i < q.length; i++) q[i]! *= scale;
  steps.forEach(({ s, y, inverse }, k) => {
    const factor = factors[k]! - inverse * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += factor * s[i]!;
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
