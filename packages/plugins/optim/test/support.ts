import { tensor, tree, type DType, type Tensor, type Tree } from '@core/tensor';
import { applyUpdates, type Optimizer } from '../src/index.js';

/** Three seeds for everything random. */
export const seeds = [1, 2, 3] as const;

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

/** Normal numbers, by Box and Muller. */
export function normals(seed: number, count: number): number[] {
  const uniform = numbers(seed, 2 * count).map((x) => (x + 1) / 2);
  return Array.from({ length: count }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - (uniform[2 * i] ?? 0)));
    return radius * Math.cos(2 * Math.PI * (uniform[2 * i + 1] ?? 0));
  });
}

export function randomTensor(seed: number, shape: readonly number[], dtype: DType = 'float64'): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(numbers(seed, size), { dtype }).reshape(shape);
}

/** float64, whatever the nesting. */
export function f64(values: number | readonly number[] | readonly (readonly number[])[]): Tensor {
  return tensor(values, { dtype: 'float64' });
}

/** A matrix, a vector and a scalar, nested. */
export function someParams(seed: number, dtype: DType = 'float64') {
  return {
    layers: [
      { weight: randomTensor(seed, [3, 2], dtype), bias: randomTensor(seed + 10, [2], dtype) },
      { weight: randomTensor(seed + 20, [2, 4], dtype), bias: randomTensor(seed + 30, [4], dtype) },
    ],
    scale: randomTensor(seed + 40, [], dtype),
  };
}

export function flat(of: unknown): number[] {
  return tree.leaves(of).flatMap((leaf) => Array.from(leaf.dataSync(), Number));
}

/** Parameters and state after one update for each gradient. */
export function follow<P extends Tree, S>(
  optimizer: Optimizer<S>,
  start: P,
  grads: readonly Tree[],
  from: S = optimizer.init(start),
): { params: P; state: S; updates: Tree } {
  let at: { params: P; state: S; updates: Tree } = { params: start, state: from, updates: start };
  for (const g of grads) {
    const { updates, state } = optimizer.update(g, at.state, at.params);
    at = { params: applyUpdates(at.params, updates), state, updates };
  }
  return at;
}

/** Largest difference between two trees' elements. */
export function distance(a: unknown, b: unknown): number {
  const [left, right] = [flat(a), flat(b)];
  if (left.length !== right.length) return Infinity;
  return left.reduce((most, x, i) => Math.max(most, Math.abs(x - (right[i] ?? NaN))), 0);
}

/** What a call throws, as `CODE: message`. */
export function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `${String(error.code)}: ${error.message}`;
    return `no TrellisError: ${String(error)}`;
  }
  return 'nothing';
}
