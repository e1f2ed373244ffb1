import { mixSeeds, randomNumbers } from './randomNumbers.js';
import type { Task } from './tasks.js';

/**
 * The mean of log cosh(w - w*): training that is far from its end, as that of large models mostly is. Expected gradients
 * hardly change on the way, minibatches hide them under noise, and signal, noise and scale differ from weight to weight.
 */
export interface SlopeSpec {
  readonly kind: 'slope';
  readonly seed: number;
  readonly dimension: number;
  readonly steps: number;
  /** Mean distance of a weight from its optimum. */
  readonly distance: number;
  /** Standard deviation of the noise over the signal, of the weight with the least and of the one with the most. */
  readonly noise: readonly [number, number];
  /** How many times larger each weight's gradient is at some times than at others, which differ between weights. */
  readonly drift: number;
}

export function slopeTask({ seed, dimension: n, steps, distance, noise, drift }: SlopeSpec): Task {
  const random = randomNumbers(mixSeeds(seed, 4));
  const [least, most] = noise;
  const numbers = (f: (i: number) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => f(i));
  const scales = numbers(() => 100 ** random.uniform());
  // Neighbours have like noise and optima on both sides, so that no direction is better than the other.
  const pairs = Math.ceil(n / 2);
  const deviations = numbers(
    (i) => least * (most / least) ** (pairs === 1 ? 1 : Math.floor(i / 2) / (pairs - 1)),
  );
  const optimum = numbers((i) => (i % 2 === 0 ? -1 : 1) * distance * (0.5 + random.uniform()));
  const phases = numbers(random.uniform);
  const amplitude = Math.log(drift) / 2;
  const swing = (step: number, phase: number): number =>
    Math.exp(amplitude * Math.sin(2 * Math.PI * (step / steps + phase)));
  // Every program meets the same noise, so it is drawn once.
  const draws = Float64Array.from({ length: n * steps }, random.normal);
  return {
    sizes: [n],
    steps,
    start: () => new Float64Array(n),
    gradient: (w, step, out) => {
      for (let i = 0; i < n; i++) {
        const size = (scales[i] as number) * (drift === 1 ? 1 : swing(step, phases[i] as number));
        const slope = Math.tanh((w[i] as number) - (optimum[i] as number));
        out[i] = size * (slope + (deviations[i] as number) * (draws[step * n + i] as number));
      }
    },
    loss: (w) => {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        // log cosh x without overflow.
        const x = Math.abs((w[i] as number) - (optimum[i] as number));
        sum += x + Math.log((1 + Math.exp(-2 * x)) / 2);
      }
      return sum / n;
    },
  };
}
