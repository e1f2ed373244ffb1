/**
 * The lower Cholesky factor of a symmetric matrix, [size, size] row-major, in place; its upper triangle is not looked at.
 * Returns the row at which a pivot is at most `least` of what stood on the diagonal, or -1 where there is none.
 */
export function factorInPlace(matrix: Float64Array, size: number, least: number): number {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      let sum = matrix[row + j]!;
      for (let k = 0, other = j * size; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      if (j < i) matrix[row + j] = sum / matrix[j * size + j]!;
      else if (!(sum > least * matrix[row + i]!)) return i;
      else matrix[row + i] = Math.sqrt(sum);
    }
  }
  return -1;
}

/**
 * Exchanges of two positions of an order, whose Cholesky factor L (upper triangle 0) is given: what Σ L_kk² from one to the other
 * becomes. L_kk² is what remains of k's variance after all before it. With p and q exchanged,
 *
 *     q        after what stands before p             Σ_l r_l²
 *     k        between, after these without p, and q  l_kk² (Σ_(l > k) r_l²) / (Σ_(l ≥ k) r_l²)
 *     p        after them all                         L_pp² - Σ_l z_l²
 *
 * where l is the factor of p + 1 … q without p, r its row of q, and z = l^-1 of the covariances with p. l and z belong to p alone:
 * l is L's block with its column of p added (a rank-one update). So a trial costs as many operations as it has positions.
 */
export function exchangedPivots(factor: Float64Array, size: number): (p: number, q: number) => number {
  const without = new Map<number, ReturnType<typeof withoutPosition>>();
  return (p, q) => {
    const { rest, gains } = without.get(p) ?? withoutPosition(factor, size, p);
    if (!without.has(p)) without.set(p, { rest, gains });
    const width = size - p - 1;
    const row = (q - p - 1) * width;
    let tail = rest[row + q - p - 1]! ** 2;
    let sum = factor[p * size + p]! ** 2 - gains[q - p - 1]!;
    for (let k = q - p - 2; k >= 0; k--) {
      const more = tail + rest[row + k]! ** 2;
      sum += rest[k * width + k]! ** 2 * (tail / more);
      tail = more;
    }
    return sum + tail;
  };
}

/** The factor of the nodes after p without p, and by position what those up to it explain of p. */
function withoutPosition(
  factor: Float64Array,
  size: number,
  p: number,
): { readonly rest: Float64Array; readonly gains: Float64Array } {
  const width = size - p - 1;
  const rest = new Float64Array(width * width);
  const column = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    const from = (p + 1 + i) * size + p;
    column[i] = factor[from]!;
    for (let j = 0; j <= i; j++) rest[i * width + j] = factor[from + 1 + j]!;
  }
  const z = column.map((c) => c * factor[p * size + p]!);
  const gains = new Float64Array(width);
  for (let k = 0; k < width; k++) {
    const pivot = rest[k * width + k]!;
    const grown = Math.hypot(pivot, column[k]!);
    const [c, s] = [grown / pivot, column[k]! / pivot];
    rest[k * width + k] = grown;
    z[k]! /= grown;
    gains[k] = (k > 0 ? gains[k - 1]! : 0) + z[k]! ** 2;
    for (let i = k + 1; i < width; i++) {
      const at = i * width + k;
      rest[at] = (rest[at]! + s * column[i]!) / c;
      column[i] = c * column[i]! - s * rest[at];
      z[i]! -= z[k]! * rest[at];
    }
  }
  return { rest, gains };
}
