import { eye, stopGradient, where, type DType, type Tensor } from '@core/tensor';

/* Algebra of matrices [..., n, n] that everything here is written with. */

/** The matrices transposed. */
export const transposed = (x: Tensor): Tensor => x.swapAxes(-1, -2);

/** (x + xᵀ)/2. */
export const symmetrize = (x: Tensor): Tensor => x.add(transposed(x)).mul(0.5);

/** u x uᵀ, symmetrized for symmetric x. */
export const congruence = (u: Tensor, x: Tensor): Tensor =>
  symmetrize(u.matmul(x).matmul(u, { transposeB: true }));

/** Numbers [..., n] as rows, to multiply columns of matrices with. */
export const asRow = (values: Tensor): Tensor => values.expandDims(-2);
/** Numbers [..., n] as columns. */
export const asColumn = (values: Tensor): Tensor => values.expandDims(-1);

export const sizeOf = (x: Tensor): number => x.shape.at(-1) ?? 0;

/** The identity of x's size and dtype, without leading axes. */
export const identityLike = (x: Tensor): Tensor => eye(sizeOf(x), sizeOf(x), { dtype: x.dtype });

/** bool [n, n], true on the diagonal. */
export const onDiagonal = (n: number): Tensor => eye(n, n, { dtype: 'bool' });

/** The diagonals [..., n]. */
export const diagonalOf = (x: Tensor): Tensor => where(onDiagonal(sizeOf(x)), x, 0).sum(-1);

/** Σ aᵢⱼ bᵢⱼ over the last two axes. */
export const innerProduct = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum([-2, -1]);

export const trace = (x: Tensor): Tensor => where(onDiagonal(sizeOf(x)), x, 0).sum([-2, -1]);

/** √x for x ≥ 0, with derivative 0 instead of infinity at 0. */
export function safeRoot(x: Tensor): Tensor {
  const positive = x.greater(0);
  return where(positive, where(positive, x, 1).sqrt(), 0);
}

/** x with the leading axes that x and the others have together. */
export function alignLeading(x: Tensor, ...others: readonly Tensor[]): Tensor {
  let leading = x.shape.slice(0, -2);
  for (const other of others) leading = broadcastLeading(leading, other.shape.slice(0, -2));
  return x.broadcastTo([...leading, ...x.shape.slice(-2)]);
}

/** NumPy's rule; sizes that do not fit are left to `broadcastTo`, whose message names the shapes. */
function broadcastLeading(a: readonly number[], b: readonly number[]): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => {
    const [x, y] = [a[i + a.length - length] ?? 1, b[i + b.length - length] ?? 1];
    return x === 1 ? y : x;
  });
}

/** Distance of 1 to the next number. */
export const epsilonOf = (dtype: DType): number => (dtype === 'float32' ? 2 ** -23 : 2 ** -52);

export const constant = (x: Tensor): Tensor => stopGradient(x);
