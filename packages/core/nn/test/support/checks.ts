import { TrellisError, grad, random, tree } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { expect } from 'vitest';

/** Where random inputs are drawn, tests run for each of these. */
export const seeds = [1, 2, 3] as const;

/** Standard normal numbers, float64. */
export function normal(seed: number, shape: readonly number[]): Tensor {
  return random.normal(random.key(seed), shape, { dtype: 'float64' });
}

/** The greatest absolute difference between two trees of one structure. */
export function distance(a: Tree, b: Tree): number {
  const [as, bs] = [tree.flatten(a), tree.flatten(b)];
  expect(as.definition.key).toBe(bs.definition.key);
  let greatest = 0;
  as.leaves.forEach((leaf, i) => {
    const other = bs.leaves[i]!;
    expect(leaf.shape).toEqual(other.shape);
    expect(leaf.dtype).toBe(other.dtype);
    const [x, y] = [leaf.dataSync(), other.dataSync()];
    x.forEach((value: number, k: number) => {
      const difference = Object.is(value, y[k]) ? 0 : Math.abs(value - y[k]!);
      greatest = Math.max(greatest, Number.isNaN(difference) ? Infinity : difference);
    });
  });
  return greatest;
}

export function expectClose(a: Tree, b: Tree, tolerance = 1e-12): void {
  expect(distance(a, b)).toBeLessThanOrEqual(tolerance);
}

/** Runs what must be refused; checks the error's code and what its message says. */
export function expectError(run: () => unknown, code: string, message: string | RegExp): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(TrellisError);
  const { code: got, message: said } = thrown as TrellisError; // the line above has just checked it
  expect(`${got}: ${said}`).toMatch(message);
  expect(got).toBe(code);
}

/** The derivative of a scalar function of a float64 tree, along a random direction, against central differences. */
export function checkGradient<T extends Tree>(
  f: (x: T) => Tensor,
  x: T,
  seed: number,
  tolerance = 1e-6,
): void {
  let count = 0;
  const direction = tree.map((leaf) => normal(1000 * seed + count++, leaf.shape), x);
  const slope = tree.reduce(
    (sum, leaf) => sum + leaf.item(),
    tree.map((g, d) => g.mul(d).sum(), grad(f)(x), direction),
    0,
  );
  const step = 1e-5;
  const along = (t: number): number => f(tree.map((leaf, d) => leaf.add(d.mul(t)), x, direction)).item();
  const expected = (along(step) - along(-step)) / (2 * step);
  expect(Math.abs(slope - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(tolerance);
}
