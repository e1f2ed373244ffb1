import { mixSeeds, randomNumbers } from './randomNumbers.js';
import type { Task } from './tasks.js';

/** ½ Σ (A B - T)² over random entries of T, which has low rank: not convex, and unlike what the search itself trains on. */
export interface FactorisationSpec {
  readonly kind: 'factorisation';
  readonly seed: number;
  readonly rows: number;
  readonly rank: number;
  /** Entries of T that a step sees. */
  readonly batch: number;
  readonly steps: number;
  /** Standard deviation of the noise of the entries seen. */
  readonly noise: number;
}

export function factorisationTask({ seed, rows, rank, batch, steps, noise }: FactorisationSpec): Task {
  const random = randomNumbers(mixSeeds(seed, 3));
  const size = rows * rank;
  const truth = Float64Array.from({ length: 2 * size }, random.normal);
  const initial = Float64Array.from({ length: 2 * size }, () => 0.3 * random.normal());
  /** Entry (i, j) of the product of the two factors; B lies transposed. */
  const entry = (w: Float64Array, i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (w[i * rank + k] as number) * (w[size + j * rank + k] as number);
    return sum;
  };
  return {
    sizes: [size, size],
    steps,
    start: () => initial.slice(),
    gradient: (w, step, out) => {
      const choose = randomNumbers(mixSeeds(seed, 3000 + step));
      out.fill(0);
      for (let seen = 0; seen < batch; seen++) {
        const [i, j] = [choose.index(rows), choose.index(rows)];
        const error = (entry(w, i, j) - entry(truth, i, j) + noise * choose.normal()) / batch;
        for (let k = 0; k < rank; k++) {
          const [a, b] = [i * rank + k, size + j * rank + k];
          out[a] = (out[a] as number) + error * (w[b] as number);
          out[b] = (out[b] as number) + error * (w[a] as number);
        }
      }
    },
    loss: (w) => {
      let sum = 0;
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < rows; j++) sum += (entry(w, i, j) - entry(truth, i, j)) ** 2;
      return sum / (2 * rows * rows);
    },
  };
}
