import { tensor, tree, type Tensor } from '@core/tensor';
import type { BilevelProblem } from '../src/index.js';

/** Numbers in [-1, 1) of a small generator (mulberry32). */
export function numbers(seed: number, count: number): number[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Normal numbers, by Box and Muller, float64. */
export function normal(seed: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, length) => product * length, 1);
  const uniform = numbers(seed, 2 * count).map((x) => (x + 1) / 2);
  const values = Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - (uniform[2 * i] ?? 0)));
    return radius * Math.cos(2 * Math.PI * (uniform[2 * i + 1] ?? 0));
  });
  return f64(values).reshape(shape);
}

/** float64, whatever the nesting. */
export function f64(values: number | readonly number[] | readonly (readonly number[])[]): Tensor {
  return tensor(values, { dtype: 'float64' });
}

export function flat(of: unknown): number[] {
  return tree.leaves(of).flatMap((leaf) => Array.from(leaf.dataSync(), Number));
}

/** |a - b| / |b| over all leaves. */
export function relativeError(a: unknown, b: unknown): number {
  const [x, y] = [flat(a), flat(b)];
  const length = (values: readonly number[]): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length(x.map((value, i) => value - (y[i] ?? NaN))) / length(y);
}

/** Central differences of a scalar function of a vector. */
export function centralDifferences(f: (x: Tensor) => Tensor, x: Tensor, step = 1e-5): number[] {
  const at = flat(x);
  return at.map((_, i) => {
    const moved = (by: number): number => f(f64(at.map((v, k) => (k === i ? v + by : v)))).item();
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

/**
 * A lower level with a plane of minimisers: g = (a·y - x)²/2, f = |y - c|²/2 + x²/2. The minimiser of ψ is -1/2, that of ψ_σ
 * -3.5 / (7 + σ).
 */
export const plane: BilevelProblem<Tensor, Tensor> = {
  upper: (x, y) =>
    y
      .sub(f64([0.5, -1, 2]))
      .square()
      .sum()
      .add(x.square().sum())
      .mul(0.5),
  lower: (x, y) => f64([1, 2, -1]).mul(y).sum().sub(x).square().sum().mul(0.5),
  start: { x: f64([2]), y: f64([0, 0, 0]) },
};
