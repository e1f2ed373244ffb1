import { factorize, solveFactored, symmetricTimes } from './dense.js';

/**
 * min over y ≥ 0 of ½ yᵀ H y + qᵀ y for a positive semi-definite H [size, size], by the active-set method of Lawson and Hanson:
 * Newton on the coordinates that are free, cut at the first bound, until no bound has a gradient that wants to leave it.
 * Ends after finitely many steps at the exact minimum.
 *
 * @param start y ≥ 0 whose positive coordinates are free at first
 */
export function nonNegativeQp(
  h: Float64Array,
  q: Float64Array,
  size: number,
  start: Float64Array,
): Float64Array {
  const y = start.slice();
  const free = Array.from(y, (value) => value > 0);
  const scale = Math.max(...q.map(Math.abs), Number.MIN_VALUE);
  for (let round = 0; round <= 10 * size; round++) {
    minimizeFree(h, q, size, y, free);
    const gradient = symmetricTimes(h, size, y);
    let [leaving, steepest] = [-1, -1e-13 * scale];
    for (let i = 0; i < size; i++) {
      if (free[i] || !(gradient[i]! + q[i]! < steepest)) continue;
      [leaving, steepest] = [i, gradient[i]! + q[i]!];
    }
    if (leaving < 0) break;
    free[leaving] = true;
  }
  return y;
}

/** Newton on the free coordinates; those that would go below 0 stop there and are free no more. */
function minimizeFree(
  h: Float64Array,
  q: Float64Array,
  size: number,
  y: Float64Array,
  free: boolean[],
): void {
  for (;;) {
    const among = free.flatMap((isFree, i) => (isFree ? [i] : []));
    if (among.length === 0) return;
    const part = Float64Array.from(among.flatMap((i) => among.map((j) => h[i * size + j]!)));
    const target = solveFactored(
      factorize(part, among.length),
      Float64Array.from(among, (i) => -q[i]!),
    );
    let share = 1;
    among.forEach((i, k) => {
      if (target[k]! <= 0) share = Math.min(share, y[i]! / (y[i]! - target[k]!) || 0);
    });
    among.forEach((i, k) => {
      const moved = y[i]! + share * (target[k]! - y[i]!);
      free[i] = share === 1 || moved > 1e-15 * Math.abs(target[k]!);
      y[i] = free[i] ? moved : 0;
    });
    if (share === 1) return;
  }
}
