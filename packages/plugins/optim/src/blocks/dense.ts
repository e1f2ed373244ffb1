import { numbersFrom } from './generator.js';

/*
 * Small symmetric matrices of blocks, dense and by rows, on the host: a block has few coordinates, and a tensor operation's
 * overhead would be most of a step.
 */

/** What solves H d = r: a Cholesky factor where H is well conditioned, else eigenvectors for the pseudo-inverse. */
export interface Factor {
  readonly size: number;
  /** L by rows, H = L Lᵀ. */
  readonly lower?: Float64Array;
  readonly eigen?: Eigen;
}

/** H = V diag(λ) Vᵀ, eigenvectors in the columns of V. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Factors a symmetric positive semi-definite matrix. */
export function factorize(h: Float64Array, size: number): Factor {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = h[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= lower[i * size + k]! * lower[j * size + k]!;
      if (i > j) lower[i * size + j] = rest / lower[j * size + j]!;
      // A pivot that is rounding error alone: columns depend on each other, and pinv is meant.
      else if (rest > 1e-12 * h[i * size + i]!) lower[i * size + i] = Math.sqrt(rest);
      else return { size, eigen: symmetricEigen(h, size) };
    }
  }
  return { size, lower };
}

/** H⁻¹ r, or pinv(H) r: eigenvalues that are rounding errors of the largest count as 0. */
export function solveFactored({ size, lower, eigen }: Factor, r: Float64Array): Float64Array {
  const d = new Float64Array(size);
  if (lower !== undefined) {
    for (let i = 0; i < size; i++) {
      let rest = r[i]!;
      for (let k = 0; k < i; k++) rest -= lower[i * size + k]! * d[k]!;
      d[i] = rest / lower[i * size + i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      let rest = d[i]!;
      for (let k = i + 1; k < size; k++) rest -= lower[k * size + i]! * d[k]!;
      d[i] = rest / lower[i * size + i]!;
    }
    return d;
  }
  if (eigen === undefined) return d; // size 0
  const { values, vectors } = eigen;
  // An eigenvalue that should be 0 comes out as about size times the rounding unit.
  const least = size * 2.3e-16 * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let k = 0; k < size; k++) {
    if (Math.abs(values[k]!) <= least) continue;
    let along = 0;
    for (let i = 0; i < size; i++) along += vectors[i * size + k]! * r[i]!;
    for (let i = 0; i < size; i++) d[i]! += (vectors[i * size + k]! * along) / values[k]!;
  }
  return d;
}

/** Jacobi's method: rotations until nothing is left off the diagonal. Always real, unlike a solver for general matrices. */
export function symmetricEigen(h: Float64Array, size: number): Eigen {
  const a = h.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  const total = a.reduce((sum, x) => sum + x * x, 0);
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) for (let q = 0; q < p; q++) off += a[p * size + q]! ** 2;
    if (off <= 1e-34 * total) break;
    for (let p = 1; p < size; p++) for (let q = 0; q < p; q++) rotate(a, vectors, size, p, q);
  }
  return { values: Float64Array.from({ length: size }, (_, i) => a[i * size + i]!), vectors };
}

function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q]!;
  if (apq === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const [x, y] = [a[k * size + p]!, a[k * size + q]!];
    a[k * size + p] = c * x - s * y;
    a[k * size + q] = s * x + c * y;
  }
  for (let k = 0; k < size; k++) {
    const [x, y] = [a[p * size + k]!, a[q * size + k]!];
    a[p * size + k] = c * x - s * y;
    a[q * size + k] = s * x + c * y;
    const [u, v] = [vectors[k * size + p]!, vectors[k * size + q]!];
    vectors[k * size + p] = c * u - s * v;
    vectors[k * size + q] = s * u + c * v;
  }
}

/** H v of a dense matrix by rows. */
export function symmetricTimes(h: Float64Array, size: number, v: Float64Array): Float64Array {
  const result = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += h[i * size + j]! * v[j]!;
    result[i] = sum;
  }
  return result;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * The largest eigenvalue of a symmetric matrix that is known by its products, by Lanczos with full reorthogonalisation,
 * to about 1e-13 of it.
 */
export function largestEigenvalue(multiply: (v: Float64Array) => Float64Array, size: number): number {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let v: Float64Array = Float64Array.from(numbersFrom(1, size), (x) => x + 0.5);
  let norm = Math.sqrt(dot(v, v));
  let last = -Infinity;
  for (let k = 0; k < Math.min(size, 500); k++) {
    v = v.map((x) => x / norm);
    basis.push(v);
    const w = multiply(v);
    diagonal.push(dot(v, w));
    for (let pass = 0; pass < 2; pass++) {
      for (const u of basis) {
        const along = dot(u, w);
        for (let i = 0; i < size; i++) w[i]! -= along * u[i]!;
      }
    }
    norm = Math.sqrt(dot(w, w));
    const scale = Math.max(...diagonal.map(Math.abs), ...beside);
    const ended = norm <= 1e-14 * scale || k + 1 === size;
    if (ended || k % 4 === 3) {
      const value = largestOfTridiagonal(diagonal, beside);
      if (ended || Math.abs(value - last) <= 1e-14 * Math.abs(value)) return value;
      last = value;
    }
    beside.push(norm);
    v = w;
  }
  return last;
}

/** Bisection between the bounds of Gershgorin: the pivots of T - λ I are all negative just above the largest eigenvalue. */
function largestOfTridiagonal(diagonal: readonly number[], beside: readonly number[]): number {
  const size = diagonal.length;
  let low = Math.max(...diagonal);
  const radius = (i: number): number => (beside[i - 1] ?? 0) + (i < size - 1 ? beside[i]! : 0);
  let high = Math.max(...diagonal.map((d, i) => d + radius(i)));
  const above = (lambda: number): boolean => {
    let pivot = diagonal[0]! - lambda;
    for (let i = 1; i < size && pivot < 0; i++) pivot = diagonal[i]! - lambda - beside[i - 1]! ** 2 / pivot;
    return pivot < 0;
  };
  for (let round = 0; round < 100; round++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (above(middle)) high = middle;
    else low = middle;
  }
  return high;
}
