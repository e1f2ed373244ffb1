import { describe, expect, it } from 'vitest';
import { grad, jit, stack, vmap, type Tensor } from '@core/tensor';
import { groupNormMask, topKMask } from '../../src/index.js';
import { f64, flat, normal } from '../support.js';

const layers = { a: normal(1, [13, 7]), b: normal(2, [5]), c: normal(3, [3, 4, 2, 2]) };
const magnitudes = { a: layers.a.abs(), b: layers.b.abs(), c: layers.c.abs() };
const ones = (of: unknown): number => flat(of).reduce((sum, x) => sum + x, 0);

/** All but the first so many of the stable order. */
function kept(values: readonly number[], removed: number): number[] {
  const order = values.map((value, i) => [value, i] as const).sort(([a, i], [b, k]) => a - b || i - k);
  const gone = new Set(order.slice(0, removed).map(([, i]) => i));
  return values.map((_, i) => (gone.has(i) ? 0 : 1));
}

describe('topKMask', () => {
  const size = flat(layers).length;
  it.each([1, 0.9, 0.5, 0.1, 0.02, 0.01, 0])('keeps N - floor((1 - k) N) over all layers, k = %s', (keep) => {
    const removed = Math.floor((1 - keep) * size);
    expect(ones(topKMask(magnitudes, keep))).toBe(size - removed);
    expect(flat(topKMask(magnitudes, keep))).toEqual(kept(flat(magnitudes), removed));
    const byLayer = topKMask(magnitudes, keep, { global: false });
    for (const name of ['a', 'b', 'c'] as const) {
      const { size: own } = layers[name];
      expect(ones(byLayer[name])).toBe(own - Math.floor((1 - keep) * own));
    }
  });

  it('breaks ties by index, the later ones staying', () => {
    const tied = { a: f64([1, 1, 2, 1]), b: f64([[1, 0]]) };
    expect(flat(topKMask(tied, 0.5))).toEqual([0, 0, 1, 1, 1, 0]);
    expect(flat(topKMask(f64([3, 3, 3]), 0.5))).toEqual([0, 1, 1]);
  });

  it('is the identity backward, and |s| brings sign(s)', () => {
    const weights = normal(4, [9]);
    const scores = f64([1, -2, 3, -4, 5, -6, 7, -8, 9]);
    const through = (s: Tensor): Tensor => topKMask(s, 0.4).mul(weights).sum();
    expect(flat(grad(through)(scores))).toEqual(flat(weights));
    const signed = flat(grad((s: Tensor) => through(s.abs()))(scores));
    expect(signed).toEqual(flat(weights).map((w, i) => (i % 2 === 0 ? w : -w)));
  });

  it('is the same compiled, and under vmap', () => {
    const mask = (s: Tensor): Tensor => topKMask(s, 0.3);
    const rows = [normal(5, [4, 5]), normal(6, [4, 5])];
    const [first, second] = rows.map((row) => flat(mask(row)));
    expect(flat(jit(mask)(rows[0] ?? f64(0)))).toEqual(first);
    expect(flat(vmap(mask)(stack(rows)))).toEqual([...(first ?? []), ...(second ?? [])]);
    expect(topKMask(rows[0]?.cast('float32') ?? f64(0), 0.3).dtype).toBe('float32');
  });

  it('refuses what is no fraction', () => {
    expect(() => topKMask(layers.a, 1.5)).toThrow('topKMask: keep must be a number in [0, 1], got 1.5');
    expect(() => topKMask(layers.a, 0.5, { globl: true } as object)).toThrow('there is no option globl');
  });
});

describe('groupNormMask', () => {
  it.each([
    ['filters', 0],
    ['channels', 1],
  ] as const)('keeps and removes whole %s', (_, axis) => {
    const scores = normal(7, [10, 8, 3, 3]);
    const others = [0, 1, 2, 3].filter((other) => other !== axis);
    for (const keep of [0.9, 0.5, 0.25, 0.1]) {
      const mask = groupNormMask(scores, keep, axis);
      const count = scores.shape[axis] ?? 0;
      const shares = flat(mask.mean(others));
      expect(shares).toEqual(kept(flat(scores.square().sum(others).sqrt()), Math.floor((1 - keep) * count)));
    }
  });

  it('ranks by the p-norm that is asked for, one ranking a leaf', () => {
    const scores = { even: f64([[3, 3], [5, 0]]), odd: f64([[0, 1], [2, 2]]) }; // prettier-ignore
    expect(flat(groupNormMask(scores, 0.5, 0, 1).even)).toEqual([1, 1, 0, 0]);
    expect(flat(groupNormMask(scores, 0.5, 0, 2).even)).toEqual([0, 0, 1, 1]);
    expect(flat(groupNormMask(scores, 0.5, 0).odd)).toEqual([0, 0, 1, 1]);
  });

  it('is the identity backward for every element', () => {
    const [scores, weights] = [normal(8, [4, 3]), normal(9, [4, 3])];
    expect(flat(grad((s: Tensor) => groupNormMask(s, 0.5, 1).mul(weights).sum())(scores))).toEqual(
      flat(weights),
    );
  });

  it('refuses axes that are not there', () => {
    expect(() => groupNormMask(f64([1, 2]), 0.5, 1)).toThrow(
      'groupNormMask: scores must have axis 1, got [2]',
    );
    expect(() => groupNormMask(f64([1, 2]), 0.5, 0, 0)).toThrow('groupNormMask: p must be');
  });
});
