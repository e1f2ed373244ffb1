import { describe, expect, it } from 'vitest';
import { jit, tree, type Tensor } from '@core/tensor';
import { adam, applyUpdates, exadam, exadamDebias, type Optimizer } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams } from '../support.js';

/** Updates of one element under a constant gradient, at the steps asked for. */
function sizes(optimizer: Optimizer, gradient: number, at: readonly number[]): number[] {
  const step = jit((w: Tensor, g: Tensor, s: never) => {
    const next = optimizer.update(g, s, w);
    return { w: applyUpdates(w, next.updates as Tensor), u: next.updates as Tensor, s: next.state };
  });
  let now: { w: Tensor; s: unknown } = { w: f64(0), s: optimizer.init(f64(0)) };
  const found: number[] = [];
  for (let t = 1; t <= Math.max(...at); t++) {
    const next = step(now.w, f64(gradient), now.s as never);
    if (at.includes(t)) found.push(Math.abs(next.u.item()));
    now = next;
  }
  step.dispose();
  return found;
}

describe('exadamDebias', () => {
  it.each(seeds)('is the formula, seed %i', (seed) => {
    const [m, v] = [
      randomTensor(seed, [7]),
      randomTensor(seed + 1, [7])
        .square()
        .mul(1e-7),
    ];
    const [t, b1, b2, eps] = [3, 0.9, 0.999, 1e-8];
    const got = exadamDebias(m, v, { step: t });
    flat(m).forEach((mi, i) => {
      const vi = flat(v)[i] ?? NaN;
      const d1 = 1 + (vi / (vi + eps)) * b2 ** t;
      const d2 = 1 + (mi ** 2 / (mi ** 2 + eps)) * b1 ** t;
      expect(flat(got.m)[i]).toBeCloseTo((mi / (1 - b1 ** t)) * d1, 12);
      expect((flat(got.v)[i] ?? NaN) / ((vi / (1 - b2 ** t)) * d2)).toBeCloseTo(1, 12);
      expect(flat(got.gradientFactor)[i]).toBeCloseTo(d1 / (1 - b1 ** t), 12);
    });
  });

  it('tends to nothing, and takes zeros', () => {
    const [m, v] = [f64([0.1, 0]), f64([0.01, 0])];
    const late = exadamDebias(m, v, { step: f64(100_000) });
    expect(distance(late.m, m)).toBeLessThan(1e-15);
    expect(distance(late.v, v)).toBeLessThan(1e-15);
    expect(flat(exadamDebias(m, v, { step: 1 }).m)[1]).toBe(0);
  });
});

describe('what makes it EXAdam', () => {
  it('first steps are 15.95 times the rate, 11.06 with the dynamic step', () => {
    const exact = (1 + 1 / 0.1) * 1.999 * (1 / Math.sqrt(1.9));
    for (const gradient of [1, -3, 1000]) {
      const [still] = sizes(exadam({ learningRate: 1, dynamicStep: false }), gradient, [1]);
      const [grown] = sizes(exadam({ learningRate: 1 }), gradient, [1]);
      expect(Math.abs((still ?? NaN) - 15.9525)).toBeLessThan(1e-3);
      expect(Math.abs((grown ?? NaN) - 11.0574)).toBeLessThan(1e-3);
      // ε is compared with m², a hundredth of g².
      const slack = 1e-5 + 1e-4 / gradient ** 2;
      expect(Math.abs((still ?? NaN) - exact)).toBeLessThan(slack);
      expect(Math.abs((grown ?? NaN) - exact * Math.log(2))).toBeLessThan(slack);
    }
  });

  it('steps grow by ln √(2 (t + 1))', () => {
    const [grown] = sizes(exadam(), 0.3, [49]);
    const [still] = sizes(exadam({ dynamicStep: false }), 0.3, [49]);
    expect(Math.abs((grown ?? NaN) / (still ?? NaN) - 2.3026)).toBeLessThan(1e-4);
  });

  it('without first moment, and late, steps are twice Adam’s', () => {
    const options = { beta1: 0, learningRate: 0.01 };
    const t = 20_001;
    const [twice] = sizes(exadam({ ...options, dynamicStep: false }), 0.7, [t]);
    const [once] = sizes(adam(options), 0.7, [t]);
    expect(Math.abs((twice ?? NaN) / (once ?? NaN) / 2 - 1)).toBeLessThan(1e-6);
  });

  it.each(seeds)('the decay takes the plain rate, seed %i', (seed) => {
    const params = someParams(seed);
    const zero = tree.map((p: Tensor) => p.mul(0), params);
    const { params: after } = follow(exadam({ learningRate: 0.1, weightDecay: 0.5 }), params, [zero, zero]);
    expect(distance(after, tree.map((p: Tensor) => p.mul(0.95 ** 2), params))).toBeLessThan(1e-15); // prettier-ignore
  });

  it('what never had a gradient stays, in both dtypes', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const w = randomTensor(1, [3], dtype);
      const g = f64([0, 1, 0]).cast(dtype);
      const { params } = follow(exadam(), w, [g, g, g]);
      expect([flat(params)[0], flat(params)[2]]).toEqual([flat(w)[0], flat(w)[2]]);
    }
  });
});
