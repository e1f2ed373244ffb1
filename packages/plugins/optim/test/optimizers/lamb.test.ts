import { describe, expect, it } from 'vitest';
import { tree, zeros, type Tensor } from '@core/tensor';
import { adamw, lamb } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams } from '../support.js';

const length = (x: unknown): number => Math.hypot(...flat(x));

describe.each(seeds)('what makes it LAMB, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3].map((k) => someParams(seed + 100 * k));

  it('every leaf moves by the rate times its length', () => {
    const before = follow(lamb({ weightDecay: 0.1 }), params, grads.slice(0, 2));
    const { updates } = follow(lamb({ learningRate: 0.1, weightDecay: 0.1 }), before.params, grads.slice(2));
    const moved = tree.leaves(updates).map(length);
    tree.leaves(before.params).forEach((leaf, i) => expect(moved[i]).toBeCloseTo(0.1 * length(leaf), 13));
  });

  it('the parameters’ scale does not matter', () => {
    const ten = (of: typeof params) => tree.map((p: Tensor) => p.mul(10), of);
    const optimizer = lamb({ learningRate: 0.1 });
    const small = follow(optimizer, params, grads).params;
    expect(distance(follow(optimizer, ten(params), grads).params, ten(small))).toBeLessThan(1e-12);
  });

  it('leaves without length, and leaves that the mask leaves out, move as AdamW’s', () => {
    const w = { zero: zeros([3], { dtype: 'float64' }), none: zeros([0], { dtype: 'float64' }), matrix: randomTensor(seed, [2, 2]), bias: randomTensor(seed, [2]) }; // prettier-ignore
    const g = { zero: randomTensor(seed, [3]), none: w.none, matrix: randomTensor(seed + 1, [2, 2]), bias: randomTensor(seed + 2, [2]) }; // prettier-ignore
    const options = { learningRate: 0.1, weightDecay: 0.1, epsilon: 1e-6 };
    const want = follow(adamw(options), w, [g]).params;
    const got = follow(lamb({ ...options, adaptationMask: (_, p) => p.ndim > 1 }), w, [g]).params;
    expect(distance(got.bias, want.bias)).toBe(0);
    expect(distance(got.matrix, want.matrix)).toBeGreaterThan(1e-3);
    expect(distance(follow(lamb(options), w, [g]).params.zero, want.zero)).toBe(0);
  });

  it('zero gradients leave everything', () => {
    const zero = tree.map((p: Tensor) => p.mul(0), params);
    expect(distance(follow(lamb(), params, [zero, zero]).params, params)).toBe(0);
  });

  it('without bias correction the direction is the same at first, as only its length changes', () => {
    const w = f64([1, 2]);
    const g = f64([3, -4]);
    const options = { learningRate: 0.1, epsilon: 0 };
    const plain = follow(lamb({ ...options, biasCorrection: false }), w, [g]).params;
    expect(distance(plain, follow(lamb(options), w, [g]).params)).toBeLessThan(1e-14);
  });
});
