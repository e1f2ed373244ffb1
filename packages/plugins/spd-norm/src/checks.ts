import { number, show } from '@core/registry/checks';
import {
  ArgumentError,
  BackendError,
  LinalgError,
  ShapeError,
  Tensor,
  TraceError,
  isFloat,
  linalg,
} from '@core/tensor';
import { constant, epsilonOf } from './matrices/support.js';

/*
 * Checks of what functions are given. Those that look at elements do so where elements can be known: not inside `jit` or
 * `vmap`, nor on devices that answer later; there a matrix that is not positive gives NaN or the error of a kernel.
 */

/** The elements, or undefined where they cannot be known. */
function elementsOf(x: Tensor): ArrayLike<number> | undefined {
  try {
    return x.dataSync();
  } catch (error) {
    if (error instanceof TraceError || error instanceof BackendError) return undefined;
    throw error;
  }
}

/** The one element, or undefined where it cannot be known. */
export const elementOf = (x: Tensor): number | undefined => elementsOf(x)?.[0];

/** ` at index [2,0]` for the matrix number `position` of a stack; nothing for one matrix. */
function place(shape: readonly number[], position: number): string {
  if (shape.length === 0) return '';
  let rest = position;
  const index = [...shape].reverse().map((size) => {
    const here = rest % size;
    rest = Math.floor(rest / size);
    return here;
  });
  return ` at index [${index.reverse().join(',')}]`;
}

/** Throws unless x holds floats [..., n, n]. */
export function requireSquare(owner: string, argument: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor))
    throw new ArgumentError(`${owner}: ${argument} must be a tensor, got ${show(x)}`);
  if (!isFloat(x.dtype) || x.ndim < 2 || x.shape.at(-1) !== x.shape.at(-2))
    throw new ShapeError(`${owner}: ${argument} must be float matrices [..., n, n], got ${show(x)}`);
}

/**
 * Throws unless x holds symmetric matrices: |xᵢⱼ - xⱼᵢ| within 1e-8 (float32: 1e-4) of the largest element, without NaN or
 * infinity.
 */
export function requireSymmetric(owner: string, argument: string, x: unknown): asserts x is Tensor {
  requireSquare(owner, argument, x);
  const data = elementsOf(x);
  if (data === undefined) return;
  const n = x.shape.at(-1)!;
  const tolerance = x.dtype === 'float32' ? 1e-4 : 1e-8;
  for (let start = 0; start < data.length; start += n * n) {
    let most = 0;
    for (let i = start; i < start + n * n; i++) most = Math.max(most, Math.abs(data[i]!));
    const where = (): string => place(x.shape.slice(0, -2), start / (n * n));
    // Math.max gives NaN if one of its arguments is.
    if (!Number.isFinite(most))
      throw new LinalgError(
        `${owner}: ${argument} must be finite, but the matrix${where()} has NaN or infinity`,
      );
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const [a, b] = [data[start + i * n + j]!, data[start + j * n + i]!];
        if (Math.abs(a - b) > tolerance * most)
          throw new LinalgError(
            `${owner}: ${argument} must be symmetric, but the matrix${where()} has ${a} at (${i},${j}) and ${b} at (${j},${i})`,
          );
      }
    }
  }
}

/** Says which matrix of a stack with the eigenvalues [..., n] is not positive (semi-)definite. */
export function requirePositive(
  owner: string,
  argument: string,
  eigenvalues: Tensor,
  { semidefinite = false }: { readonly semidefinite?: boolean } = {},
): void {
  const data = elementsOf(eigenvalues);
  if (data === undefined) return;
  const n = eigenvalues.shape.at(-1)!;
  for (let start = 0; start < data.length; start += n) {
    let [least, most] = [Infinity, -Infinity];
    for (let i = start; i < start + n; i++) {
      least = Math.min(least, data[i]!);
      most = Math.max(most, data[i]!);
    }
    // Rounding alone makes eigenvalues of a singular matrix as large as this.
    const rounding = n * epsilonOf(eigenvalues.dtype) * Math.max(most, -least);
    if (semidefinite ? least >= -rounding : least > 0) continue;
    const where = place(eigenvalues.shape.slice(0, -1), start / n);
    throw new LinalgError(`${owner}: ${argument} must be ${trouble(where, least, rounding, semidefinite)}`);
  }
}

function trouble(where: string, least: number, rounding: number, semidefinite: boolean): string {
  if (Number.isNaN(least)) return `finite, but the matrix${where} has NaN or infinity`;
  const wanted = semidefinite ? 'positive semidefinite' : 'positive definite';
  const kind = Math.abs(least) <= rounding ? 'is singular to rounding; its' : 'has negative eigenvalues; the';
  const remedy = semidefinite ? '' : '; add a small multiple of the identity';
  return `${wanted}, but the matrix${where} ${kind} smallest eigenvalue is ${Number(least.toPrecision(6))}${remedy}`;
}

/** Throws where I + L, [..., n, n] with L as the exponential's, is not positive definite. */
export function requireMargin(owner: string, turned: Tensor): void {
  if (elementsOf(turned) === undefined) return;
  const margins = linalg.eigvalsh(constant(turned)).min(-1).add(1);
  const at = elementsOf(margins)!;
  for (let i = 0; i < at.length; i++) {
    // NaN is left to be seen in the result.
    if (!(at[i]! <= 0)) continue;
    throw new LinalgError(
      `${owner}: v${place(margins.shape, i)} leaves the domain of the exponential: the smallest eigenvalue of I + L_p[v] must be above 0, and is ${Number(at[i]!.toPrecision(6))}; take a shorter v`,
    );
  }
}

/**
 * Throws unless x holds symmetric positive definite matrices [..., n, n].
 *
 * @param owner who asks, for the message
 * @throws ArgumentError or ShapeError for what is no matrix; LinalgError, naming the index of the matrix and its smallest
 *   eigenvalue, for one that is not symmetric, not finite, not positive or singular
 */
export function checkSpd(owner: string, argument: string, x: unknown): asserts x is Tensor {
  requireSymmetric(owner, argument, x);
  requirePositive(owner, argument, linalg.eigvalsh(constant(x)));
}

/** A rule of powers. */
export const nonZero = number('a finite number other than 0', (x) => Number.isFinite(x) && x !== 0);
