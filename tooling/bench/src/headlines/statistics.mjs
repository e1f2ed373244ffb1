/*
 * Means with intervals that hold the true mean in 95 of 100 repetitions: Student's t over the seeds. Ratios are compared by
 * their logarithms, so that 2 and 1/2 are equally far from 1; their mean is the geometric one.
 */

/** 0.975 quantiles of Student's t with 1 to 30 degrees of freedom. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Mean and half the width of its interval. */
export function interval(values) {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const quantile = quantiles[n - 2] ?? 1.96;
  return { mean, half: quantile * Math.sqrt(variance / n) };
}

/**
 * Paired: a_i / b_i for every seed i, as a geometric mean and its interval.
 *
 * @returns { mean, low, high }
 */
export function ratio(a, b) {
  const { mean, half } = interval(a.map((x, i) => Math.log(x / b[i])));
  return { mean: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
}

/** Paired differences a_i - b_i. */
export function difference(a, b) {
  const { mean, half } = interval(a.map((x, i) => x - b[i]));
  return { mean, low: mean - half, high: mean + half };
}

/** Whether a claim `below bound` or `above bound` is shown by an interval. */
export function verdict({ low, high }, claim) {
  const [inside, outside] = 'below' in claim ? [high < claim.below, low > claim.below] : [low > claim.above, high < claim.above]; // prettier-ignore
  return inside ? 'holds' : outside ? 'does not hold' : 'not shown';
}

export function figure(x) {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (size >= 1e5 || (size < 1e-2 && size > 0)) return x.toExponential(1);
  return x.toPrecision(3).includes('e') ? String(Math.round(x)) : x.toPrecision(3);
}

/** `1.20 ± 0.10` */
export function plusMinus(values) {
  const { mean, half } = interval(values);
  return `${figure(mean)} ± ${figure(half)}`;
}

/** `0.50 [0.40, 0.62]` */
export function between({ mean, low, high }) {
  return `${figure(mean)} [${figure(low)}, ${figure(high)}]`;
}
