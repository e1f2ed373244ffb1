import { describe, expect, it } from 'vitest';
import { grad, tensor, type Tensor } from '@core/tensor';
import { adam, adamw, amsgrad } from '../../src/index.js';

const gradients = [
  [0.3, -2, 0],
  [0.1, 1e-9, 0],
  [-0.5, 3, 0],
];
const start = [1, 2, 3];
const f64 = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'float64' });

describe('epsilonRoot', () => {
  it('is added to the corrected second moment under the root, as in Optax', () => {
    const [rate, b1, b2, eps, inside] = [0.1, 0.9, 0.999, 1e-8, 1e-4];
    const optimizer = adam({ learningRate: rate, epsilonRoot: inside });
    let [w, state] = [f64(start), optimizer.init(f64(start))];
    const [want, m, v] = [[...start], [0, 0, 0], [0, 0, 0]];
    gradients.forEach((g, k) => {
      const moved = optimizer.update(f64(g), state, w);
      [w, state] = [w.add(moved.updates as Tensor), moved.state];
      g.forEach((slope, i) => {
        m[i] = b1 * (m[i] ?? 0) + (1 - b1) * slope;
        v[i] = b2 * (v[i] ?? 0) + (1 - b2) * slope * slope;
        const corrected = (v[i] ?? 0) / (1 - b2 ** (k + 1));
        want[i] =
          (want[i] ?? 0) - (rate * (m[i] ?? 0)) / (1 - b1 ** (k + 1)) / (Math.sqrt(corrected + inside) + eps);
      });
    });
    Array.from(w.dataSync(), Number).forEach((value, i) => {
      expect(value).toBeCloseTo(want[i] ?? NaN, 12);
    });
  });

  it('bounds the derivative of a step by its gradient', () => {
    const slope = (optimizer: ReturnType<typeof adam>): number =>
      grad((g: Tensor) => (optimizer.update(g, optimizer.init(g), g).updates as Tensor).sum())(
        f64([1e-9, 1, 1]),
      )
        .at(0)
        .item();
    for (const make of [adam, adamw, amsgrad]) {
      expect(Math.abs(slope(make({ learningRate: 1 })))).toBeGreaterThan(1e6);
      expect(Math.abs(slope(make({ learningRate: 1, epsilonRoot: 1e-4 })))).toBeLessThan(101);
    }
  });

  it('is a number of at least 0', () => {
    expect(() => adam({ epsilonRoot: -1 })).toThrow(
      /adam: epsilonRoot must be a finite number of at least 0, got -1/,
    );
  });
});
