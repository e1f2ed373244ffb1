import { atLeastOne, checkOptions } from '@core/registry/checks';
import {
  LinalgError,
  linalg,
  random,
  scan,
  tensor,
  where,
  zerosLike,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { levelsOf } from '../levels.js';
import { checkProblem, type Batches, type BilevelProblem, type Point } from '../problem.js';
import { norm } from '../vectors.js';
import { checkFinite } from './result.js';

export interface CheckLowerLevelOptions<B = unknown> {
  /** Products with H at most; dim y of them see all of it. Default 30. */
  readonly iterations?: number;
  /** Of the first, random direction. Default `random.key(0)`. */
  readonly key?: Tensor;
  readonly batches?: Batches<B>;
}

export interface LowerLevelCheck {
  /** Estimates of H's extreme eigenvalues from inside: μ is at most `least`, L at least `largest`; Neumann's α wants 2/L. */
  readonly least: number;
  readonly largest: number;
  /** |∇ᵧg|, 0 at a solution. */
  readonly lowerNorm: number;
}

/** Curvatures closer to 0 than this, over the largest, are rounding. */
const rounding = { float32: 1e-5, float64: 1e-12 } as const;

/**
 * Looks at the lower level at a point, for a method that needs it strongly convex there: by Lanczos' iteration on products with
 * H = ∂²g/∂y². It reads values, so it is for concrete points: before a solve, or when one has gone wrong.
 *
 * @throws LinalgError where H has negative curvature, with its value; ArgumentError for a y or ∇ᵧg that is not finite, or options
 */
export function checkLowerLevel<X, Y extends Tree, B>(
  problem: BilevelProblem<X, Y, B>,
  { x, y }: Point<X, Y>,
  options: CheckLowerLevelOptions<B> = {},
): LowerLevelCheck {
  const owner = 'checkLowerLevel';
  checkProblem(owner, problem);
  const anything = { words: 'a value', holds: () => true };
  checkOptions(owner, options, { iterations: atLeastOne, key: anything, batches: anything });
  const at = levelsOf(owner, problem, x, y, options.batches);
  const [slope, product] = at.lowerHessian(at.x.leaves, at.y.leaves);
  const lowerNorm = norm(slope);
  checkFinite(owner, lowerNorm, at.y.leaves);
  const first = random.normal(options.key ?? random.key(0), [at.y.size], { dtype: at.y.dtype });
  const steps = Math.min(options.iterations ?? 30, at.y.size);
  const curvatures = ritzValues(product, first.div(norm(first)), steps);
  const [least = NaN, largest = NaN] = [curvatures[0], curvatures[curvatures.length - 1]];
  const size = Math.max(Math.abs(least), Math.abs(largest));
  if (!(least >= -size * rounding[at.y.dtype === 'float64' ? 'float64' : 'float32']))
    throw new LinalgError(
      `${owner}: the lower level is not convex at this y: after ${steps} products with its Hessian there is a direction with ` +
        `curvature ${least} (the largest is ${largest})`,
    );
  return { least, largest, lowerNorm: lowerNorm.item() };
}

/** The eigenvalues, ascending, of Lanczos' tridiagonal matrix after so many steps, or fewer where the space is complete. */
function ritzValues(product: (v: Tensor) => Tensor, first: Tensor, steps: number): ArrayLike<number> {
  type Carry = { readonly v: Tensor; readonly before: Tensor; readonly beta: Tensor };
  const step = ({ v, before, beta }: Carry): [Carry, { alpha: Tensor; beta: Tensor }] => {
    const image = product(v);
    const alpha = image.mul(v).sum();
    const rest = image.sub(before.mul(beta)).sub(v.mul(alpha));
    const size = norm(rest);
    const ended = size.lessEqual(norm(image).mul(1e-6));
    const length = where(ended, 0, size);
    const next = where(ended, 0, rest.div(where(ended, 1, size)));
    return [
      { v: next, before: v, beta: length },
      { alpha, beta: length },
    ];
  };
  const start: Carry = { v: first, before: zerosLike(first), beta: first.sum().mul(0) };
  const [, found] = scan((carry: Carry) => step(carry), start, null, { length: steps });
  const [alpha, beta] = [Array.from(found.alpha.dataSync()), Array.from(found.beta.dataSync())];
  const end = beta.indexOf(0);
  const size = end < 0 ? steps : end + 1;
  const entry = (i: number, j: number): number =>
    i === j ? (alpha[i] ?? 0) : Math.abs(i - j) === 1 ? (beta[Math.min(i, j)] ?? 0) : 0;
  const matrix = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => entry(i, j)));
  return Array.from(linalg.eigvalsh(tensor(matrix, { dtype: 'float64' })).dataSync(), Number);
}
