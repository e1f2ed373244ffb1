import { ArgumentError, ShapeError } from '../errors.js';
import type { TensorLike } from '../ops/convert.js';
import * as p from '../primitives/calls.js';
import { asColumn, asRow, mm, symmetricPart } from '../primitives/linalg/support.js';
import { describe, sameShape } from '../shape.js';
import { checkFunction, show } from '../show.js';
import { Tensor } from '../tensor.js';
import { customVjp } from '../transforms/customVjp.js';
import { jvp } from '../transforms/jvp.js';
import { asSquare } from './arguments.js';

/** Relative gap of eigenvalues below which a difference quotient loses more than the derivative at the middle does. */
const closeness = { float32: 5e-3, float64: 6e-6 } as const;

/**
 * f(A) = v f(λ) vᵀ for symmetric matrices [..., n, n]: the matrix exponential, logarithm, square root or any power.
 *
 * The derivative is Daleckii and Krein's, v (K ∘ vᵀ dA v) vᵀ with Kᵢⱼ = (f(λⱼ) - f(λᵢ)) / (λⱼ - λᵢ), and f' where they
 * meet: unlike that of a composition of `eigh`, it is exact at repeated eigenvalues. Derivatives of second and higher
 * order are exact where the eigenvalues differ, and finite elsewhere.
 *
 * @param a symmetric matrices; (a + aᵀ)/2 is used
 * @param f an elementwise, differentiable function; it must use no other tensors
 * @example linalg.symmetricFunction(covariance, log)
 * @throws ShapeError if f changes the shape
 * Source: Y. Daleckii and S. Krein, 1965; N. Higham, Functions of Matrices, 2008, theorem 3.11.
 */
export function symmetricFunction(a: TensorLike, f: (eigenvalues: Tensor) => Tensor): Tensor {
  const x = symmetricPart(asSquare('symmetricFunction', a));
  checkFunction('symmetricFunction', f);
  const apply = (values: Tensor): Tensor => {
    const y: unknown = f(values);
    if (!(y instanceof Tensor))
      throw new ArgumentError(`symmetricFunction: f must return a tensor, but returned ${show(y)}`);
    if (sameShape(y.shape, values.shape)) return y;
    throw new ShapeError(
      `symmetricFunction: f must keep the shape, but made ${describe(y)} of ${describe(values)}`,
    );
  };
  const decompose = (matrix: Tensor): { value: Tensor; values: Tensor; vectors: Tensor } => {
    const [values, vectors] = p.eigh(matrix);
    return { value: mm(p.mul(vectors, asRow(apply(values))), vectors, false, true), values, vectors };
  };
  const run = customVjp(
    (matrix: Tensor) => decompose(matrix).value,
    (matrix: Tensor) => {
      const { value, values, vectors } = decompose(matrix);
      return [value, { values, vectors }] as const;
    },
    ({ values, vectors }, cotangent) => {
      const inBasis = mm(vectors, mm(symmetricPart(cotangent), vectors), true);
      return [mm(vectors, mm(p.mul(dividedDifferences(apply, values), inBasis), vectors, false, true))];
    },
  );
  return run(x);
}

/** K [..., n, n] of the eigenvalues [..., n]. */
function dividedDifferences(f: (x: Tensor) => Tensor, values: Tensor): Tensor {
  const [row, column] = [asRow(values), asColumn(values)];
  const gap = p.sub(row, column);
  const size = p.maximum(p.abs(row), p.abs(column));
  const close = p.lessEqual(p.abs(gap), p.mul(size, closeness[values.dtype as keyof typeof closeness]));
  const middle = p.mul(p.add(row, column), 0.5);
  const [, slope] = jvp(f, [middle], [p.full(middle.shape, 1, middle.dtype)]);
  const image = f(values);
  const quotient = p.div(p.sub(asRow(image), asColumn(image)), p.where(close, 1, gap));
  return p.where(close, slope, quotient);
}
