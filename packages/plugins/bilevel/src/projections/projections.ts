import { atLeastOne, check, checkOptions, positive, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, full, linalg, scan, where, zerosLike, type Tensor } from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { known } from '../known.js';
import { firstIndex, type Point } from '../problem.js';

/** A Euclidean projection of vectors [n]. */
export type VectorProjection = (w: Tensor) => Tensor;

/** Onto {w: low <= w <= high}; bounds are numbers or vectors. @throws ArgumentError for low > high somewhere: an empty set */
export function box(low: number | Tensor, high: number | Tensor): VectorProjection {
  if (typeof low === 'number' && typeof high === 'number') {
    if (!(low <= high)) throw new ArgumentError(`box: low must be at most high, got ${low} and ${high}`);
  } else {
    const gap = typeof high === 'number' ? full([], high).sub(low) : high.sub(low);
    const crossed = firstIndex(gap.greaterEqual(0).logicalNot());
    if (crossed !== undefined)
      throw new ArgumentError(
        `box: the set is empty: low must be at most high, but high - low is ${Number(gap.dataSync()[crossed])} at index ${crossed}`,
      );
  }
  return (w) => w.maximum(low).minimum(high);
}

/** Onto {w: a·w = b}. */
export function hyperplane(a: Tensor, b: number | Tensor): VectorProjection {
  checkNormal('hyperplane', a);
  return (w) => w.sub(a.mul(a.mul(w).sum().sub(b).div(a.square().sum())));
}

/** Onto {w: a·w <= b}. */
export function halfspace(a: Tensor, b: number | Tensor): VectorProjection {
  checkNormal('halfspace', a);
  return (w) => w.sub(a.mul(a.mul(w).sum().sub(b).maximum(0).div(a.square().sum())));
}

/** Onto {w: E w = d}, E [m, n] with independent rows. @throws ArgumentError for rows that are not, with what they leave of E w = d */
export function affine(e: Tensor, d: Tensor): VectorProjection {
  checkSystem('affine', e, d);
  const gram = e.matmul(e.T);
  checkIndependent(e, d, gram);
  return (w) => w.sub(e.T.matmul(linalg.solve(gram, e.matmul(w).sub(d))));
}

export interface PolyhedronOptions {
  /** Steps of the accelerated dual gradient method. Default 1000. */
  readonly iterations?: number;
  /** What a constraint may be violated by, over 1 + |h|, where values can be looked at. Greater than 0. Default 1e-5. */
  readonly tolerance?: number;
}

/**
 * Onto {w: G w <= h}, G [m, n]: with μ >= 0 the maximum of μ·(Gw - h) - |Gᵀμ|²/2, by accelerated projected gradients with restarts,
 * the projection is w - Gᵀμ.
 *
 * Eagerly it throws an ArgumentError that names the worst constraint where they cannot all hold, or more iterations are needed;
 * compiled it cannot look.
 */
export function polyhedron(g: Tensor, h: Tensor, options: PolyhedronOptions = {}): VectorProjection {
  const owner = 'polyhedron';
  checkSystem(owner, g, h);
  checkOptions(owner, options, { iterations: atLeastOne, tolerance: positive });
  const { iterations = 1000, tolerance = 1e-5 } = options;
  const gram = g.matmul(g.T);
  const lipschitz = gram.square().sum().sqrt();
  return (w) => {
    const excess = g.matmul(w).sub(h);
    const start = zerosLike(excess);
    type Carry = { readonly mu: Tensor; readonly ahead: Tensor; readonly t: Tensor };
    const step = ({ mu, ahead, t }: Carry): Carry => {
      const slope = excess.sub(gram.matmul(ahead));
      const next = ahead.add(slope.div(lipschitz)).maximum(0);
      const change = next.sub(mu);
      // Momentum that points against the slope is dropped (O'Donoghue & Candès).
      const back = slope.mul(change).sum().less(0);
      const grown = t.square().mul(4).add(1).sqrt().add(1).div(2);
      return {
        mu: next,
        ahead: where(back, next, next.add(change.mul(t.sub(1).div(grown)))),
        t: where(back, 1, grown).cast(t.dtype),
      };
    };
    const first: Carry = { mu: start, ahead: start, t: start.sum().add(1) };
    const { mu } = scan((carry: Carry) => [step(carry), null] as const, first, null, {
      length: iterations,
    })[0];
    const projected = w.sub(g.T.matmul(mu));
    const left = g.matmul(projected).sub(h);
    const broken = firstIndex(left.greater(h.abs().add(1).mul(tolerance)));
    if (broken !== undefined) {
      const by = `constraint ${broken} is violated by ${Number(left.dataSync()[broken])} after ${iterations} iterations`;
      const radius = emptyWithin(g, h, mu);
      const far = radius > 1e3 * (1 + Math.sqrt(w.square().sum().item()));
      throw new ArgumentError(
        far
          ? `${owner}: the set is empty: ${by}, and a sum of the constraints with weights of at least 0 holds for no |w| < ${radius}`
          : `${owner}: ${by}; the constraints cannot all hold, or need more iterations`,
      );
    }
    return projected;
  };
}

/** By Farkas: with μ >= 0, μ·(Gw - h) <= 0 wants |Gᵀμ| |w| >= -h·μ, so that no w shorter than this is in the set. */
function emptyWithin(g: Tensor, h: Tensor, mu: Tensor): number {
  const against = -h.mul(mu).sum().item();
  return against > 0 ? against / Math.sqrt(g.T.matmul(mu).square().sum().item()) : 0;
}

/** A projection of the vector (x, y), all float leaves one after the other, as `projections.joint` of a problem. */
export function pairwise<X, Y>(projection: VectorProjection): (point: Point<X, Y>) => Point<X, Y> {
  return (point) => {
    const at = coordinates('pairwise', 'the pair', point);
    return at.build(at.unravel(projection(at.ravel(at.leaves))));
  };
}

function checkNormal(owner: string, a: Tensor): void {
  check(owner, 'a', a, { words: 'a vector [n]', holds: (value) => (value as Partial<Tensor>).ndim === 1 });
  if (firstIndex(a.notEqual(0)) === undefined && firstIndex(a.equal(0)) !== undefined)
    throw new ArgumentError(`${owner}: a must not be 0`);
}

function checkSystem(owner: string, matrix: Tensor, right: Tensor): void {
  if (matrix.ndim !== 2 || right.ndim !== 1 || matrix.shape[0] !== right.shape[0])
    throw new ShapeError(
      `${owner}: wants a matrix [m, n] and a vector [m], got ${show(matrix)} and ${show(right)}`,
    );
}

function checkIndependent(e: Tensor, d: Tensor, gram: Tensor): void {
  if (known(gram.sum()) === undefined) return;
  const curvatures = Array.from(linalg.eigvalsh(gram).dataSync(), Number);
  const [least = 0, largest = 0] = [curvatures[0], curvatures.at(-1)];
  if (least > largest * (e.dtype === 'float64' ? 1e-13 : 1e-6)) return;
  const closest = linalg.lstsq(e, d).solution;
  const left = e.matmul(closest).sub(d).abs().max().item();
  throw new ArgumentError(
    `affine: the rows of E depend on each other (E Eᵀ has eigenvalues from ${least} to ${largest}), and E w = d holds to ${left} at best; ` +
      `${left > 1e-6 * (1 + d.abs().max().item()) ? 'the set is empty' : 'leave out rows that others imply'}`,
  );
}
