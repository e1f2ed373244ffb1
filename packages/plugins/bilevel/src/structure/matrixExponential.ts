import { cond, eye, full, scan, type Tensor } from '@core/tensor';

/** Norm up to which the series is exact to the last bit: 0.75^17 / 17! is below 1e-16. */
const reach = 0.75;
/** e^A overflows long before its norm needs as many. */
const mostSquarings = 24;

/**
 * e^A of a matrix with no negative entry, [d, d], by its Taylor polynomial of degree 16 and squarings. No term cancels another
 * then, so that each entry has all its digits, with products alone. Traced: how often to square is decided when it runs.
 */
export function matrixExponential(a: Tensor): Tensor {
  const size = a.shape[0] ?? 0;
  const norm = a.sum(0).max();
  const squarings = norm.div(reach).maximum(1).log2().ceil().minimum(mostSquarings);
  const b = a.div(full([], 2, { dtype: a.dtype }).pow(squarings));
  const identity = eye(size, size, { dtype: a.dtype });
  const powers = [identity, b, b.matmul(b)];
  powers.push(b.matmul(powers[2] ?? b), (powers[2] ?? b).matmul(powers[2] ?? b));
  // Four terms at a time, Horner in b^4 (Paterson and Stockmeyer).
  const [, , , , fourth = b] = powers;
  const block = (first: number): Tensor =>
    powers
      .slice(0, 4)
      .map((power, i) => power.mul(1 / factorial(first + i)))
      .reduce((sum, term) => sum.add(term));
  let series = fourth.mul(1 / factorial(16)).add(block(12));
  for (const first of [8, 4, 0]) series = series.matmul(fourth).add(block(first));
  const square = (from: { power: Tensor; left: Tensor }) =>
    [
      cond(
        from.left.greater(0),
        ({ power, left }: typeof from) => ({ power: power.matmul(power), left: left.sub(1) }),
        (same: typeof from) => same,
        from,
      ),
      null,
    ] as const;
  return scan(square, { power: series, left: squarings }, null, { length: mostSquarings })[0].power;
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
