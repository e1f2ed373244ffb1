import { atLeastOne, check, checkOptions, positive, show } from '@core/registry/checks';
import { ArgumentError, ShapeError, linalg, scan, where, zerosLike, type Tensor } from '@core/tensor';
import { coordinates } from '../coordinates.js';
import { firstIndex, type Point } from '../problem.js';

/** A Euclidean projection of vectors [n]. */
export type VectorProjection = (w: Tensor) => Tensor;

/** Onto {w: low <= w <= high}; bounds are numbers or vectors. @throws ArgumentError for numbers with low > high */
export function box(low: number | Tensor, high: number | Tensor): VectorProjection {
  if (typeof low === 'number' && typeof high === 'number' && !(low <= high))
    throw new ArgumentError(`box: low must be at most high, got ${low} and ${high}`);
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

/** Onto {w: E w = d}, E [m, n] with independent rows. */
export function affine(e: Tensor, d: Tensor): VectorProjection {
  checkSystem('affine', e, d);
  const gram = e.matmul(e.T);
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
    if (broken !== undefined)
      throw new ArgumentError(
        `${owner}: constraint ${broken} is violated by ${Number(left.dataSync()[broken])} after ${iterations} iterations; ` +
          'the constraints cannot all hold, or need more iterations',
      );
    return projected;
  };
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
