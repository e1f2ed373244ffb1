import type { SparseColumns } from './columns.js';

/**
 * Where a solve stands: x, and what the problem keeps up to date as coordinates move (`A x - b` for least squares), so that
 * a step costs what its block's columns hold. `move` changes both in place.
 */
export interface Point {
  readonly x: Float64Array;
  readonly products: Float64Array;
}

/**
 * A problem for block coordinate descent: min f(x) + Σᵢ rᵢ(xᵢ), f smooth. Plain data with functions; make one with
 * `blockProblems`, or write your own. Blocks are ascending lists of coordinates; matrices are dense, by rows.
 *
 * Costs below are in nonzeros of the data: |A_b| of a block's columns, |A| of all.
 */
export interface BlockProblem {
  readonly name: string;
  /** Number of coordinates p. */
  readonly size: number;
  /** Lᵢ: how fast the partial derivative i changes along i at most. Greater than 0, [p]. */
  readonly lipschitz: Float64Array;
  /** What is kept beside x, from scratch. O(|A|). */
  products(x: Float64Array): Float64Array;
  /** f from x and what is kept: O(n) for data of n rows, O(p) for quadratics. */
  value(point: Point): number;
  /** ∇f, or its part for a block: O(|A|), O(|A_b|). */
  gradient(point: Point, block?: Int32Array): Float64Array;
  /** ∇²f for a block, [b, b]. */
  hessian(point: Point, block: Int32Array): Float64Array;
  /** A matrix above ∇²_bb f everywhere, [b, b]. */
  bound(block: Int32Array): Float64Array;
  /** The bound for all coordinates, times a vector: O(|A|). */
  boundTimes(v: Float64Array): Float64Array;
  /** Σⱼ |Hᵢⱼ| of the bound H for all coordinates: O(p |A|), once. */
  boundRowSums(): Float64Array;
  /** Moves a block of x, and what is kept with it: O(|A_b|). */
  move(point: Point, block: Int32Array, by: Float64Array): void;
  /** The part that is not smooth. */
  readonly proximal?: Proximal;
  /** For quadratics f(x) = ½ xᵀ A x - bᵀ x: what message passing needs. */
  readonly quadratic?: Quadratic;
}

/** A function of each coordinate that need not be smooth. */
export interface Proximal {
  /** 'nonNegative': xᵢ ≥ 0. 'l1': λ |xᵢ|. */
  readonly kind: 'nonNegative' | 'l1';
  /** argmin over y of r(y) + (y - value)² / (2 step) */
  apply(value: number, step: number): number;
  /** r at a value that it allows. */
  penalty(value: number): number;
}

export interface Quadratic {
  /** A, symmetric, [p, p]. Its nonzeros off the diagonal are the edges of a graph. */
  readonly matrix: SparseColumns;
  /** b, [p]. */
  readonly rhs: Float64Array;
  /** Blocks for RedBlackTree and TreePartitions where the graph's shape is known (a lattice); else they are searched. */
  readonly redBlack?: readonly Int32Array[];
  readonly trees?: readonly Int32Array[];
}

/** f + r. */
export function objective(problem: BlockProblem, point: Point): number {
  const { proximal } = problem;
  let value = problem.value(point);
  if (proximal?.kind === 'l1') for (const x of point.x) value += proximal.penalty(x);
  return value;
}

/** Lᵢ (xᵢ - prox(xᵢ - ∇ᵢ f / Lᵢ)), which is ∇ᵢ f where r does not act, and 0 for all i just at stationary points. */
export function proximalGradient(
  { proximal, lipschitz }: BlockProblem,
  x: Float64Array,
  g: Float64Array,
): Float64Array {
  if (proximal === undefined) return g;
  return g.map((value, i) => {
    const l = lipschitz[i]!;
    return l * (x[i]! - proximal.apply(x[i]! - value / l, 1 / l));
  });
}

/** Coordinates that are not 0. */
export function supportOf(x: Float64Array): Int32Array {
  const support: number[] = [];
  x.forEach((value, i) => {
    if (value !== 0) support.push(i);
  });
  return Int32Array.from(support);
}

/**
 * A zero column has L = 0, and nothing to gain along it: any positive number keeps divisions defined, and the smallest keeps
 * it out of samples.
 */
export function clamped(lipschitz: Float64Array): Float64Array {
  const largest = lipschitz.reduce((most, l) => Math.max(most, l), 0);
  const least = largest > 0 ? Number.EPSILON * largest : 1;
  return lipschitz.map((l) => (l > 0 ? l : least));
}
