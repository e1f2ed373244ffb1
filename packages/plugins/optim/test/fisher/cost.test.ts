import { describe, expect, it } from 'vitest';
import { jit, memory, profile, scope, tensor, type Tensor } from '@core/tensor';
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

/** Floating-point operations of a product with a window of m gradients of d weights. */
function operations(m: number, d: number): number {
  return scope(() => {
    const x = filled([d]);
    const window = slideFisherWindow(fisherWindow(x, m), x);
    return profile(() => fisherWindowProduct(window, x, 1e-5)).kernels.reduce(
      (sum, kernel) => sum + kernel.operations,
      0,
    );
  });
}

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

  it('the work of a product grows linearly with d and with m', () => {
    const growth = operations(64, 100_000) / operations(64, 10_000);
    expect(growth).toBeGreaterThan(9);
    expect(growth).toBeLessThan(10.1);
    const more = operations(64, 100_000) / operations(16, 100_000);
    expect(more).toBeGreaterThan(3.5);
    expect(more).toBeLessThan(4.1);
  });
});
