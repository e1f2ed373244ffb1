import { describe, expect, it } from 'vitest';
import { tree, zeros, type Tensor } from '@core/tensor';
import { adafactor, applyUpdates, clipByRms, relativeStep, scaleByFactoredRms } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from '../support.js';

const rms = (x: unknown): number => Math.hypot(...flat(x)) / Math.sqrt(flat(x).length);

describe.each(seeds)('what makes it Adafactor, seed %i', (seed) => {
  const row = randomTensor(seed, [6, 1]);
  const column = randomTensor(seed + 1, [1, 4]);

  it('squares of rank one are remembered exactly', () => {
    const grads = [1, 2, 3].map((k) => row.mul(column).mul(k));
    const factored = follow(scaleByFactoredRms(), row.mul(column), grads).updates;
    const whole = follow(scaleByFactoredRms({ minimumFactoredSize: 5 }), row.mul(column), grads).updates;
    expect(distance(factored, whole)).toBeLessThan(1e-12);
  });

  it('other squares are not, but rows and columns have their means', () => {
    const g = randomTensor(seed, [6, 4]);
    const { state } = follow(scaleByFactoredRms(), g, [g]);
    // At the first update all weight is on the first gradient.
    expect(distance(state.row, g.square().mean(1))).toBeLessThan(1e-15);
    expect(distance(state.column, g.square().mean(0))).toBeLessThan(1e-15);
  });

  it('axes in front are batches of matrices', () => {
    const w = randomTensor(seed, [2, 3, 4]);
    const grads = [1, 2].map((k) => randomTensor(seed + k, [2, 3, 4]));
    const one = (x: Tensor, i: number): Tensor => x.slice([i], [i + 1]).squeeze(0);
    const { updates } = follow(scaleByFactoredRms(), w, grads);
    for (const i of [0, 1]) {
      const alone = follow(scaleByFactoredRms(), one(w, i), grads.map((g) => one(g, i))).updates; // prettier-ignore
      expect(distance(one(updates as Tensor, i), alone)).toBeLessThan(1e-14); // the tree is one tensor
    }
  });

  it('no leaf moves by more than the rate times its size; leaves of zeros move', () => {
    const params = { w: randomTensor(seed, [4, 3]).mul(100), zero: zeros([5], { dtype: 'float64' }) };
    const optimizer = adafactor();
    let at = { params, state: optimizer.init(params) };
    for (let t = 1; t <= 200; t++) {
      const grads = { w: randomTensor(seed + 10 * t, [4, 3]), zero: randomTensor(seed + 10 * t + 1, [5]) };
      const { updates, state } = optimizer.update(grads, at.state, at.params);
      const rate = Math.min(1e-2, 1 / Math.sqrt(t));
      const moved = updates as typeof params; // the structure is the parameters'
      expect(rms(moved.w)).toBeLessThanOrEqual(rate * rms(at.params.w) * (1 + 1e-12));
      expect(rms(moved.zero)).toBeLessThanOrEqual(rate * Math.max(1e-3, rms(at.params.zero)) * (1 + 1e-12));
      expect(rms(moved.zero)).toBeGreaterThan(0);
      at = { params: applyUpdates(at.params, updates), state };
    }
  });

  it('the gradients’ size does not matter', () => {
    const params = someParams(seed);
    const grads = [1, 2, 3].map((k) => someParams(seed + 100 * k));
    const large = grads.map((g) => tree.map((x: Tensor) => x.mul(1000), g));
    const optimizer = adafactor({ weightDecay: 0.1, beta1: 0.9 });
    expect(
      distance(follow(optimizer, params, large).params, follow(optimizer, params, grads).params),
    ).toBeLessThan(1e-12);
  });
});

describe('memory', () => {
  const numbers = (of: unknown): number =>
    tree.leaves(of).reduce((sum, leaf) => sum + (leaf.ndim > 0 ? leaf.size : 0), 0);
  const params = { weight: zeros([30, 50]), bias: zeros([50]) };

  it('rows + columns for a matrix, one array for a vector', () => {
    const state = adafactor().init(params);
    expect(numbers(state)).toBe(30 + 50 + 50);
    expect(tree.paths(state.moments.row)).toEqual(['weight']);
    expect(tree.paths(state.moments.v)).toEqual(['bias']);
  });
  it('an array more with beta1, and whole ones for short axes', () => {
    expect(numbers(adafactor({ beta1: 0.9 }).init(params))).toBe(130 + 1550);
    expect(numbers(adafactor({ minimumFactoredSize: 31 }).init(params))).toBe(1550);
  });
  it('empty leaves are no matter', () => {
    const empty = { a: zeros([0, 3]), b: zeros([3, 0]), c: zeros([0]), d: zeros([2, 2]) };
    const { params: after, state } = follow(adafactor(), empty, [empty, empty]);
    expect(flat(after).every(Number.isFinite)).toBe(true);
    expect(after.a.shape).toEqual([0, 3]);
    expect(() => follow(adafactor(), empty, [empty], state)).not.toThrow();
  });
});

describe('parts', () => {
  it('clipByRms shortens what is longer, and leaves the rest to the bit', () => {
    const u = { long: f64([3, -4]), short: f64([0.5, 0.1]), zero: f64([0, 0]) };
    const { updates } = follow(clipByRms(1), u, [u]);
    const got = updates as typeof u; // the structure is the parameters'
    expect(rms(got.long)).toBeCloseTo(1, 14);
    expect(distance([got.short, got.zero], [u.short, u.zero])).toBe(0);
  });
  it('relativeStep', () => {
    expect([0, 9, 9999, 39999].map((t) => Number(relativeStep()(t)))).toEqual([0.01, 0.01, 0.01, 0.005]);
    const warm = relativeStep({ warmupInit: true });
    expect(Number(warm(0))).toBeCloseTo(1e-6, 18);
    expect(Number(warm(99_999_999))).toBeCloseTo(1e-4, 15);
  });
});

describe('bad input', () => {
  const params = { w: zeros([2, 3]), b: zeros([3]) };
  const optimizer = adafactor();
  it.each<readonly [string, () => unknown, string]>([
    [
      'two rates',
      () => adafactor({ learningRate: 0.1, warmupInit: true }),
      'ARGUMENT: adafactor: warmupInit is for the rate that adafactor chooses; leave learningRate out',
    ],
    [
      'another model’s state',
      () => {
        const other = { w: zeros([4, 3]), b: zeros([3]) };
        return optimizer.update(other, optimizer.init(params), other);
      },
      'SHAPE: scaleByFactoredRms: row is a float32[2] tensor for a float32[4,3] tensor; wanted the shape [4]',
    ],
    [
      'a state of other leaves',
      () => optimizer.update(params, optimizer.init({ w: params.b, b: params.w }), params),
      "TREE: scaleByFactoredRms: row is not of these parameters: trees differ at b: key 'b' is",
    ],
    [
      'an epsilon of 0',
      () => adafactor({ epsilon: 0 }),
      'ARGUMENT: adafactor: epsilon must be a finite number greater than 0, a schedule or a scalar tensor, got 0',
    ],
  ])('%s', (_, call, message) => expect(thrown(call).slice(0, 60)).toBe(message.slice(0, 60)));
});
