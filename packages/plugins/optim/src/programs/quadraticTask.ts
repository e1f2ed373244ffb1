import { mixSeeds, randomNumbers } from './randomNumbers.js';
import type { Task } from './tasks.js';

/** ½ (w - w*)ᵀ H (w - w*) with noisy gradients. */
export interface QuadraticSpec {
  readonly kind: 'quadratic';
  readonly seed: number;
  readonly dimension: number;
  readonly steps: number;
  /** Curvatures are spread evenly in logarithm from 1 to this. */
  readonly condition: number;
  /** Householder reflections that turn H away from the axes; 0 for a diagonal H. */
  readonly turns: number;
  /** Standard deviation of a gradient's noise, relative to the square root of the curvature. */
  readonly noise: number;
  /** Standard deviation of the logarithm of the noise's size from step to step: minibatches with outliers. */
  readonly bursts: number;
}

export function quadraticTask(spec: QuadraticSpec): Task {
  const { seed, dimension: n, steps, condition, turns, noise, bursts } = spec;
  const random = randomNumbers(mixSeeds(seed, 1));
  const curvature = Float64Array.from({ length: n }, (_, i) => condition ** (n === 1 ? 0 : i / (n - 1)));
  // Diagonal problems should not have neighbours of like curvature.
  for (let i = n - 1; i > 0; i--) {
    const j = random.index(i + 1);
    [curvature[i], curvature[j]] = [curvature[j] as number, curvature[i] as number];
  }
  const reflections = Array.from({ length: turns }, () => {
    const v = Float64Array.from({ length: n }, random.normal);
    const length = Math.hypot(...v);
    return v.map((x) => x / length);
  });
  const optimum = Float64Array.from({ length: n }, random.normal);
  // Every program meets the same noise, so it is drawn once.
  const draws = new Float64Array(n * steps);
  for (let k = 0; k < steps; k++) {
    const size = noise * Math.exp(bursts * random.normal());
    for (let i = 0; i < n; i++) draws[k * n + i] = size * Math.sqrt(curvature[i] as number) * random.normal();
  }
  const turned = new Float64Array(n);
  const reflect = (x: Float64Array, v: Float64Array): void => {
    let along = 0;
    for (let i = 0; i < n; i++) along += (x[i] as number) * (v[i] as number);
    for (let i = 0; i < n; i++) x[i] = (x[i] as number) - 2 * along * (v[i] as number);
  };
  /** w - w* in the axes of H. */
  const fromOptimum = (w: Float64Array): Float64Array => {
    for (let i = 0; i < n; i++) turned[i] = (w[i] as number) - (optimum[i] as number);
    for (const v of reflections) reflect(turned, v);
    return turned;
  };
  return {
    sizes: [n],
    steps,
    start: () => new Float64Array(n),
    gradient: (w, step, out) => {
      const d = fromOptimum(w);
      for (let i = 0; i < n; i++) {
        out[i] = (curvature[i] as number) * (d[i] as number) + (draws[step * n + i] as number);
      }
      for (let i = reflections.length - 1; i >= 0; i--) reflect(out, reflections[i] as Float64Array);
    },
    loss: (w) => {
      const d = fromOptimum(w);
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (curvature[i] as number) * (d[i] as number) ** 2;
      return sum / (2 * n);
    },
  };
}
