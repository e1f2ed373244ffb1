import { describe, expect, it } from 'vitest';
import { tree, type Tensor } from '@core/tensor';
import { adamw, lion } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams } from '../support.js';

describe.each(seeds)('what makes it Lion, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3, 4].map((k) => someParams(seed + 100 * k));

  it('every element moves by the learning rate, or not at all', () => {
    const { updates } = follow(lion({ learningRate: 0.25 }), params, grads);
    for (const u of flat(updates)) expect([-0.25, 0, 0.25]).toContain(u);
  });

  it('the gradients’ size does not matter', () => {
    const large = grads.map((g) => tree.map((x: Tensor) => x.mul(1000), g));
    const optimizer = lion({ learningRate: 0.1 });
    expect(distance(follow(optimizer, params, large).params, follow(optimizer, params, grads).params)).toBe(
      0,
    );
  });

  it('what never had a gradient never moves', () => {
    const zero = grads.map((g) => ({ ...g, scale: g.scale.mul(0) }));
    const after = follow(lion({ learningRate: 0.1 }), params, zero).params;
    expect(distance(after.scale, params.scale)).toBe(0);
  });

  it('weights stay in the box |w| <= 1 / λ, and come into it at the known rate', () => {
    const optimizer = lion({ learningRate: 0.01, weightDecay: 0.8 });
    let at = { params: f64([5, -5, 1, 0.2]), state: optimizer.init(f64([5, -5, 1, 0.2])) };
    let inside = false;
    for (let k = 1; k <= 800; k++) {
      at = follow(optimizer, at.params, [randomTensor(1000 * seed + k, [4])], at.state);
      const largest = Math.max(...flat(at.params).map(Math.abs));
      expect(largest - 1.25).toBeLessThanOrEqual(3.75 * 0.992 ** k + 1e-12);
      inside ||= largest <= 1.25;
      if (inside) expect(largest).toBeLessThanOrEqual(1.25 + 1e-9);
    }
    expect(inside).toBe(true);
  });
});

describe('memory', () => {
  it('one array per parameter, where AdamW has two', () => {
    const params = { w: randomTensor(1, [16, 16]) };
    const arrays = (state: unknown): number => tree.leaves(state).filter((leaf) => leaf.size === 256).length;
    expect(arrays(lion({ weightDecay: 0.1 }).init(params))).toBe(1);
    expect(arrays(adamw().init(params))).toBe(2);
  });
});
