import { denseOf, principalPart } from './columns.js';
import { dot, factorize, solveFactored } from './dense.js';
import { rounding, searchStep, valueAfter } from './lineSearch.js';
import { passMessages, solveForest } from './messages.js';
import { partOf, type Chosen, type Method, type Run } from './method.js';
import { nonNegativeQp } from './nonNegativeQp.js';

/** How far a chosen block moves. `g` is the block's part of the gradient. Only 'LA' changes the run (its estimates). */
export function updateOf(method: Method, run: Run, chosen: Chosen, g: Float64Array): Float64Array {
  const { problem } = method;
  const { point } = run;
  const { block } = chosen;
  switch (method.options.update) {
    case 'Lb':
    case 'Lb-NN':
      return proximalStep(method, run, block, g, method.blockLipschitz(chosen));
    case 'Hb':
      return negative(solveFactored(method.blockFactor(chosen), g));
    case 'LA':
      return doubling(method, run, block, g);
    case 'LS': {
      const d = negative(solveFactored(factorize(problem.hessian(point, block), block.length), g));
      const along = (alpha: number): Float64Array => d.map((value) => alpha * value);
      const value = (alpha: number): number => valueAfter(problem, point, block, along(alpha));
      return along(searchStep(value, problem.value(point), dot(g, d)));
    }
    case 'bpExact':
    case 'bpGabp':
      return messagePassing(method, block, g);
    case 'TMP-NN':
      return twoMetric(method, run, block, g);
    case 'qp-NN': {
      // ½ dᵀ H d + gᵀ d with d = y - x is ½ yᵀ H y + (g - H x)ᵀ y.
      const h = problem.bound(block);
      const x = partOf(point.x, block);
      const size = block.length;
      const q = g.map((value, i) => value - dot(h.subarray(i * size, (i + 1) * size), x));
      return nonNegativeQp(h, q, size, x).map((y, i) => y - x[i]!);
    }
  }
}

const negative = (v: Float64Array): Float64Array => v.map((x) => -x);

/** prox(x_b - g_b / L) - x_b */
function proximalStep(
  { problem: { proximal } }: Method,
  { point: { x } }: Run,
  block: Int32Array,
  g: Float64Array,
  l: number,
): Float64Array {
  if (proximal === undefined) return g.map((value) => -value / l);
  return g.map((value, k) => proximal.apply(x[block[k]!]! - value / l, 1 / l) - x[block[k]!]!);
}

/**
 * 'LA': from the largest constant that the block's coordinates have had, doubled until f(x + d) ≤ f + gᵀ d + L/2 ‖d‖² (for
 * d = -g/L this is f - ‖g‖² / (2 L)). Rounding errors of f are let pass, or constants would grow for ever at a solution.
 */
function doubling(method: Method, run: Run, block: Int32Array, g: Float64Array): Float64Array {
  const { problem } = method;
  const estimates = run.estimates!; // startRun gives them to 'LA'
  const start = problem.value(run.point);
  let l = block.reduce((most, i) => Math.max(most, estimates[i]!), 0);
  for (;;) {
    const d = proximalStep(method, run, block, g, l);
    const bound = start + dot(g, d) + (l / 2) * dot(d, d);
    if (valueAfter(problem, run.point, block, d) <= bound + rounding(start) || !(l < 1e300)) {
      for (const i of block) estimates[i] = l;
      return d;
    }
    l *= 2;
  }
}

/** The minimum over the block: A_bb d = -g_b, in O(b) where the block is a forest. */
function messagePassing(
  { problem, once, options }: Method,
  block: Int32Array,
  g: Float64Array,
): Float64Array {
  const { matrix } = problem.quadratic!; // checked with the options
  const part = principalPart(
    matrix,
    block,
    once('places', () => new Int32Array(problem.size).fill(-1)),
  );
  const rhs = negative(g);
  if (options.update === 'bpExact')
    return solveForest(part, rhs) ?? solveFactored(factorize(denseOf(part), block.length), rhs);
  const size = g.reduce((sum, value, k) => sum + (value / problem.lipschitz[block[k]!]!) ** 2, 0);
  return passMessages(part, rhs, {
    maxRounds: 100 + block.length,
    tolerance: 1e-26 * size + Number.MIN_VALUE,
  });
}

/**
 * 'TMP-NN', two-metric projection: coordinates near 0 that would leave the feasible set (the active ones) step by their gradient
 * over the sum of their Lᵢ, the others by Newton among themselves; the step is projected, and its size searched. What the search
 * demands counts the projected step: the official code counts active coordinates that cannot move as well, and stops short of
 * the solution where their gradients are large.
 */
function twoMetric(
  { problem, options }: Method,
  { point }: Run,
  block: Int32Array,
  g: Float64Array,
): Float64Array {
  const x = partOf(point.x, block);
  const size = block.length;
  const active = x.map((value, k) => (value < options.activeThreshold && g[k]! > 0 ? 1 : 0));
  const working = Array.from(active.keys()).filter((k) => active[k] === 0);
  const total = block.reduce((sum, i, k) => sum + active[k]! * problem.lipschitz[i]!, 0);
  const scaled = g.map((value, k) => (active[k] === 1 ? value / total : value));
  const h = problem.hessian(point, block);
  const part = Float64Array.from(working.flatMap((i) => working.map((j) => h[i * size + j]!)));
  const newton = solveFactored(factorize(part, working.length), partOf(g, Int32Array.from(working)));
  const d = negative(scaled);
  working.forEach((k, at) => (d[k] = -newton[at]!));
  const along = (alpha: number): Float64Array =>
    d.map((value, k) => Math.max(0, x[k]! + alpha * value) - x[k]!);
  const value = (alpha: number): number => valueAfter(problem, point, block, along(alpha));
  return along(searchStep(value, problem.value(point), dot(scaled, d), dot(g, along(1))));
}
