import { describe, expect, it } from 'vitest';
import { tree, type Tensor } from '@core/tensor';
import { adadelta, adagrad, adamax, nadam, radam, scaleByRms, sgd, type Optimizer } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from '../support.js';

const times = (n: number, g: Tensor): Tensor[] => new Array<Tensor>(n).fill(g);

describe.each(seeds)('what makes them themselves, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3, 4].map((k) => someParams(seed + 100 * k));
  const larger = grads.map((g) => tree.map((x: Tensor) => x.mul(1e3), g));

  it('Adagrad: on a constant gradient the t-th step is α / √t', () => {
    const g = randomTensor(seed, [5]);
    const { updates } = follow(adagrad({ learningRate: 0.3 }), g, times(9, g));
    for (const u of flat(updates)) expect(Math.abs(u)).toBeCloseTo(0.1, 9);
  });

  it('Adadelta and AdaMax: the gradients’ size does not matter', () => {
    const optimizers: readonly Optimizer[] = [
      adadelta({ epsilon: 0 }),
      adamax({ epsilon: 0, learningRate: 0.1 }),
    ];
    for (const optimizer of optimizers)
      expect(
        distance(follow(optimizer, params, larger).params, follow(optimizer, params, grads).params),
      ).toBeLessThan(1e-12);
  });

  it('AdaMax: no element moves by more than α (1 - β₁) / √(1 - β₂²) and all by α at first', () => {
    const first = follow(adamax({ learningRate: 0.25 }), params, grads.slice(0, 1)).updates;
    for (const u of flat(first)) expect(Math.abs(u)).toBeCloseTo(0.25, 5);
  });

  it('NAdam: the first step looks ahead by the known amount', () => {
    const mu = (t: number): number => 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3));
    const ahead = (mu(2) * 0.1) / (1 - mu(1) * mu(2)) + 1;
    const { updates, state } = follow(nadam({ learningRate: 1 }), params, grads.slice(0, 1));
    flat(updates).forEach((u) => expect(Math.abs(u)).toBeCloseTo(ahead, 4));
    expect(state.moments.product.item()).toBeCloseTo(mu(1), 14);
  });

  it('RAdam: five plain steps with corrected momentum, or none', () => {
    const w = randomTensor(seed, [3]);
    const g = randomTensor(seed + 1, [3]);
    const plain = follow(radam({ learningRate: 0.1 }), w, times(5, g));
    expect(distance(plain.params, follow(sgd({ learningRate: 0.1 }), w, times(5, g)).params)).toBeLessThan(
      1e-14,
    );
    const waiting = radam({ learningRate: 0.1, degeneratedToSgd: false });
    expect(distance(follow(waiting, w, times(5, g)).params, w)).toBe(0);
    expect(distance(follow(waiting, w, times(6, g)).params, w)).toBeGreaterThan(1e-4);
  });

  it('NAdam and RAdam: decay before or after the moments', () => {
    const zero = tree.map((p: Tensor) => p.mul(0), params);
    const shorter = tree.map((p: Tensor) => p.mul(0.95), params);
    for (const make of [nadam, radam]) {
      const apart = make({ learningRate: 0.1, weightDecay: 0.5, weightDecouple: true });
      expect(distance(follow(apart, params, [zero]).params, shorter)).toBeLessThan(1e-15);
    }
    const within = follow(nadam({ learningRate: 0.1, weightDecay: 0.5 }), params, [zero]).updates;
    for (const u of flat(within)) expect(Math.abs(u)).toBeGreaterThan(0.1);
  });
});

describe('scaleByRms', () => {
  it('with bias correction the first update is the gradient’s sign', () => {
    const g = f64([3, -0.01]);
    const { updates } = follow(scaleByRms({ alpha: 0.999, biasCorrection: true }), g, [g]);
    expect(distance(updates, f64([1, -1]))).toBeLessThan(1e-5);
  });
  it('does not correct a variance', () => {
    expect(thrown(() => scaleByRms({ centered: true, biasCorrection: true }))).toBe(
      'ARGUMENT: scaleByRms: bias correction is for the mean of squares, not with centered',
    );
  });
});

describe('zero gradients', () => {
  it('leave no NaN and no step', () => {
    const w = f64([1, 2]);
    const still = w.mul(0);
    for (const optimizer of [adadelta(), adagrad(), adamax(), nadam(), radam()]) {
      const { params } = follow<Tensor, unknown>(optimizer, w, times(7, still));
      expect(distance(params, w)).toBe(0);
    }
  });
});
