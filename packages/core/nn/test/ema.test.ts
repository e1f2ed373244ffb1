import { jit, tensor, tree } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { ema } from '../src/index.js';
import type { EmaState } from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

describe('ema', () => {
  it('is the weighted sum of what it has seen: decayⁿ x₀ + (1-decay) Σ decayⁿ⁻ⁱ xᵢ', () => {
    for (const seed of seeds) {
      const decay = 0.9;
      const xs = Array.from({ length: 8 }, (_, i) => ({
        a: normal(seed + i, [3]),
        b: [normal(seed + 100 * i, [])],
      }));
      const average = ema(decay);
      const update = jit((s: EmaState<(typeof xs)[0]>, x: (typeof xs)[0]) => average.update(s, x));
      let state = average.init(xs[0]!);
      for (const x of xs.slice(1)) state = update(state, x);
      const n = xs.length - 1;
      const closed = tree.map(
        (...values) =>
          values
            .map((x, i) => x.mul(decay ** (n - i) * (i === 0 ? 1 : 1 - decay)))
            .reduce((a, b) => a.add(b)),
        xs[0]!,
        ...xs.slice(1),
      );
      expectClose(average.value(state), closed);
      expect(state.count.item()).toBe(n);
    }
  });

  it('debiased, gives a constant from the first update on, and the mean of what it has seen for decay near 1', () => {
    const x = { w: normal(1, [4]) };
    const average = ema(0.99, { debias: true });
    let state = average.init(x);
    expect(tree.leaves(average.value(state))[0]!.toArray()).toEqual([0, 0, 0, 0]);
    for (let i = 0; i < 5; i++) {
      state = average.update(state, x);
      expectClose(jit(average.value)(state), x);
    }
    const slow = ema(1 - 1e-9, { debias: true });
    const xs = [1, 2, 6].map((value) => tensor(value, { dtype: 'float64' }));
    const after = xs.reduce((s, value) => slow.update(s, value), slow.init(xs[0]!));
    expectClose(slow.value(after), tensor(3, { dtype: 'float64' }), 1e-6);
  });

  it('at decay 0 keeps the newest, at 1 the first; counters are taken over', () => {
    const [first, then] = [1, 2].map((x) => ({ x: tensor(x), steps: tensor(x).cast('int32') }));
    for (const [decay, expected] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const average = ema(decay);
      const value = average.value(average.update(average.init(first!), then!));
      expect(value.x.item()).toBe(expected);
      expect(value.steps.dtype).toBe('int32');
      expect(value.steps.item()).toBe(2);
    }
    const newest = ema(0, { debias: true });
    expect(newest.value(newest.update(newest.init(first!), then!)).x.item()).toBe(2);
  });

  it('refuses what does not fit', () => {
    expectError(() => ema(1.1), 'ARGUMENT', 'ema: decay must lie between 0 and 1, got 1.1');
    expectError(() => ema(NaN), 'ARGUMENT', 'got NaN');
    expectError(() => ema(1, { debias: true }), 'ARGUMENT', 'decay must be below 1 with debias');
    const average = ema(0.5);
    // As from plain JavaScript.
    const other: object = { b: tensor(1) };
    expectError(
      () => average.update(average.init({ a: tensor(1) }), other as { a: Tensor }),
      'TREE',
      'tree.map',
    );
  });
});
