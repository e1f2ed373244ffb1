import { grad, tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { activation, activations, glu, hardSwish, mish, relu6, selu } from '../src/index.js';
import type { ActivationName } from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const names = Object.keys(activations) as ActivationName[]; // the table's own keys

describe('activations', () => {
  it.each(names)('%s keeps shape and dtype, and is finite far out, with its derivative', (name) => {
    const f = activations[name];
    for (const dtype of ['float32', 'float64'] as const) {
      const x = tensor([[-1e4, -700, -30, 0, 30, 700, 1e4]], { dtype });
      const y = f(x);
      expect(y.shape).toEqual(x.shape);
      expect(y.dtype).toBe(dtype);
      expect(y.dataSync().every(Number.isFinite)).toBe(true);
      const slope = grad((v: Tensor) => f(v).sum())(x);
      expect(slope.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  it('have their limits', () => {
    const x = tensor([-50, 50], { dtype: 'float64' });
    expectClose(relu6(x), tensor([0, 6], { dtype: 'float64' }));
    expectClose(hardSwish(x), tensor([0, 50], { dtype: 'float64' }));
    expectClose(mish(x), tensor([0, 50], { dtype: 'float64' }), 1e-12);
    // SELU's limit is -scale·alpha; its mean and variance stay 0 and 1 for standard normal inputs.
    expectClose(selu(x), tensor([-1.7580993408473768, 52.535049367774146], { dtype: 'float64' }), 1e-12);
  });

  it('selu keeps mean 0 and variance 1', () => {
    for (const seed of seeds) {
      const y = selu(normal(seed, [40_000]));
      expect(Math.abs(y.mean().item())).toBeLessThan(0.03);
      expect(Math.abs(y.variance().item() - 1)).toBeLessThan(0.05);
    }
  });

  it('glu gates one half by the other along any axis', () => {
    const x = normal(1, [4, 6]);
    const [a, b] = [x.at('...', [0, 3]), x.at('...', [3, 6])];
    expectClose(glu(x), a.mul(b.sigmoid()));
    expectClose(glu(x.transpose(), 0), a.mul(b.sigmoid()).transpose());
  });

  it('refuse what does not fit', () => {
    expectError(() => glu(normal(1, [4, 5])), 'SHAPE', 'glu: axis -1 of [4,5] must have an even size');
    expectError(() => glu(normal(1, [4]), 2), 'SHAPE', 'glu: axis 2 of [4]');
    expectError(
      () => activation('rleu' as ActivationName),
      'ARGUMENT',
      'activation: there is none called rleu; there are identity, relu,',
    );
  });
});
