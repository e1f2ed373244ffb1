import { describe, expect, it } from 'vitest';
import { jit, memory, scope, tensor, type Tensor } from '@core/tensor';
import {
  fisherWindow,
  fisherWindowProduct,
  fisherWindowStep,
  inverseFisher,
  slideFisherWindow,
  type FisherWindow,
} from '../../src/index.js';
import { numbers } from '../support.js';

/** Numbers that repeat after a while: made fast, and no two rows are alike. */
function filled(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const some = numbers(1, 9973);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => some[i % 9973] ?? 0),
    { shape },
  );
}

/** Milliseconds of a product with a window of m gradients of d weights, the least of some. */
function time(m: number, d: number): number {
  return scope(() => {
    const x = filled([d]);
    const window = slideFisherWindow(fisherWindow(x, m), x);
    let least = Infinity;
    for (let i = 0; i < 12; i++) {
      const begin = performance.now();
      scope(() => (fisherWindowProduct(window, x, 1e-5) as Tensor).dataSync());
      least = Math.min(least, performance.now() - begin);
    }
    return least;
  });
}

const slope = (a: number, b: number, ratio: number): string => (Math.log(b / a) / Math.log(ratio)).toFixed(2);

describe('cost', () => {
  it('200000 weights and 64 gradients take less than 300 MB', () => {
    const d = 200_000;
    // A training step, compiled: the window is overwritten in place.
    scope(() => {
      const g = filled([d]);
      const step = jit(
        (window: FisherWindow, grads: Tensor) => {
          const next = slideFisherWindow(window, grads);
          return { next, direction: fisherWindowStep(next, grads, 1e-5) };
        },
        { donate: [0] },
      );
      let window = fisherWindow(g, 64);
      for (let i = 0; i < 3; i++) {
        const { next, direction } = step(window, g);
        expect((direction as Tensor).at(0).item()).not.toBeNaN();
        (direction as Tensor).dispose();
        window = next;
      }
      step.dispose();
    });
    expect(memory().peakBytes).toBeLessThan(300e6);
    scope(() => {
      const inverse = inverseFisher(filled([64, d]));
      expect(
        inverse
          .multiply(filled([d]))
          .at(0)
          .item(),
      ).not.toBeNaN();
      expect((inverse.diagonal() as Tensor).at(0).item()).toBeGreaterThan(0);
    });
    console.info(`peak memory ${(memory().peakBytes / 1e6).toFixed(0)} MB`);
    expect(memory().peakBytes).toBeLessThan(300e6);
  });

  it('the time of a product grows linearly with d and with m', () => {
    time(64, 10_000); // compiles what is compiled
    // Other work on the machine can spoil a measurement, but not make a quadratic algorithm look linear.
    let factor = 0;
    for (let attempt = 0; attempt < 8 && !(factor >= 7 && factor <= 14); attempt++)
      factor = time(64, 100_000) / time(64, 10_000);
    const few = time(16, 100_000);
    const many = time(64, 100_000);
    console.info(
      `product: d 1e4 to 1e5 takes ${factor.toFixed(1)} times as long, exponent ${slope(1, factor, 10)}; ` +
        `m 16 to 64 ${(many / few).toFixed(1)} times, exponent ${slope(few, many, 4)}`,
    );
    expect(factor).toBeGreaterThanOrEqual(7);
    expect(factor).toBeLessThanOrEqual(14);
  }, 30_000);
});
