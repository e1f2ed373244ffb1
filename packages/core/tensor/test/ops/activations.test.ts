import { describe, expect, it } from 'vitest';
import { grad, jvp, logSoftmax, logsumexp, softmax, tensor, vjp } from '../../src/index.js';
import type { DType, Tensor } from '../../src/index.js';

const elements = (t: Tensor): number[] => Array.from(t.dataSync());
const largest = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE } as const;
const digits = { float32: 6, float64: 14 } as const;
const floats = ['float32', 'float64'] as const;

/** The gradient of the first result, and so on, weighted unevenly so that nothing cancels. */
function weightedGradient(f: (x: Tensor) => Tensor, x: Tensor): number[] {
  const [y, pullback] = vjp(f, x);
  const weights = tensor(
    Array.from({ length: y.size }, (_, i) => i + 1),
    { dtype: x.dtype, shape: y.shape },
  );
  return elements(pullback(weights)[0]);
}

describe.each(floats)('at the edges of %s', (dtype) => {
  const row = (...values: number[]): Tensor => tensor(values, { dtype });
  const close = (actual: readonly number[], expected: readonly number[]): void =>
    actual.forEach((x, i) => {
      const y = expected[i]!;
      if (Number.isFinite(y) && y !== 0) expect(x / y).toBeCloseTo(1, digits[dtype]);
      else expect(x).toBe(y);
    });
  const max = largest[dtype];

  it('softmax of huge numbers', () => {
    expect(elements(softmax(row(max, -max, 0)))).toEqual([1, 0, 0]);
    close(elements(softmax(row(max, max))), [0.5, 0.5]);
    close(elements(softmax(row(-max, -max, -max, -max))), [0.25, 0.25, 0.25, 0.25]);
    close(elements(softmax(row(1e-310, 0))), [0.5, 0.5]);
    expect(weightedGradient(softmax, row(max, -max, 0))).toEqual([0, 0, 0]);
    close(weightedGradient(softmax, row(max, max)), [-0.25, 0.25]);
  });

  it('softmax where some or all are -Infinity', () => {
    close(elements(softmax(row(0, -Infinity, 0))), [0.5, 0, 0.5]);
    close(weightedGradient(softmax, row(0, -Infinity, 0)), [-0.5, 0, 0.5]);
    // 0 / 0: there is no distribution, as in NumPy and PyTorch.
    expect(elements(softmax(row(-Infinity, -Infinity)))).toEqual([NaN, NaN]);
    expect(elements(softmax(row(1, NaN)))).toEqual([NaN, NaN]);
    expect(elements(softmax(row(1, Infinity)))[0]).toBe(0);
  });

  it('logSoftmax', () => {
    close(elements(logSoftmax(row(0, -1000))), [0, -1000]);
    expect(elements(logSoftmax(row(max, -max)))).toEqual([0, -Infinity]);
    close(elements(logSoftmax(row(0, -Infinity))), [0, -Infinity]);
    close(weightedGradient(logSoftmax, row(0, -1000)), [-2, 2]);
    close(weightedGradient(logSoftmax, row(3, 3)), [-0.5, 0.5]);
  });

  it('logsumexp', () => {
    expect(logsumexp(row(max, 0)).item()).toBe(max);
    expect(logsumexp(row(-max, -max)).item()).toBe(-max);
    close([logsumexp(row(1000, 1000)).item()], [1000 + Math.LN2]);
    expect(logsumexp(row(-Infinity, -Infinity)).item()).toBe(-Infinity);
    close([logsumexp(row(-Infinity, 2)).item()], [2]);
    expect(logsumexp(row(Infinity, -Infinity)).item()).toBe(Infinity);
    close(elements(grad((x: Tensor) => logsumexp(x))(row(1000, 1000))), [0.5, 0.5]);
    close(elements(grad((x: Tensor) => logsumexp(x))(row(-Infinity, 2))), [0, 1]);
    close(elements(grad((x: Tensor) => logsumexp(x))(row(-max, max))), [0, 1]);
  });

  it('sigmoid and its derivative', () => {
    const x = [-max, -80, -1e-310, 0, 1, 40, max];
    const value = (a: number): number => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a)));
    close(elements(row(...x).sigmoid()), x.map(value));
    const slopes = elements(grad((t: Tensor) => t.sigmoid().sum())(row(...x)));
    slopes.forEach((slope, i) => expect(slope).toBeCloseTo(value(x[i]!) * (1 - value(x[i]!)), digits[dtype]));
    // The left tail, where probabilities live, keeps its digits.
    close([slopes[1]!], [Math.exp(-80)]);
  });

  it('softplus and its derivative', () => {
    const x = [-max, -80, -1e-310, 0, 1, 80, max];
    close(
      elements(row(...x).softplus()),
      x.map((a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))),
    );
    close(elements(grad((t: Tensor) => t.softplus().sum())(row(...x))), elements(row(...x).sigmoid()));
  });

  it('log1p and expm1 keep small numbers', () => {
    const tiny = dtype === 'float32' ? [1e-45, -1e-45, 1e-10, -1e-20] : [5e-324, -5e-324, 1e-20, -1e-300];
    const x = row(...tiny);
    expect(elements(x.log1p())).toEqual(elements(x));
    expect(elements(x.expm1())).toEqual(elements(x));
    expect(elements(row(-1, -2, max).log1p()).slice(0, 2)).toEqual([-Infinity, NaN]);
    expect(elements(row(-max, max).expm1())).toEqual([-1, Infinity]);
    expect(elements(grad((t: Tensor) => t.log1p().sum())(row(0, -1)))).toEqual([1, Infinity]);
  });
});

describe('activations', () => {
  const x = tensor([-3, -0.5, 0, 0.5, 3], { dtype: 'float64' });
  const erf = [-0.9973002039367398, -0.38292492254802624, 0, 0.38292492254802624, 0.9973002039367398];

  it('are what their formulas say', () => {
    const values = elements(x);
    expect(elements(x.relu())).toEqual([0, 0, 0, 0.5, 3]);
    expect(elements(x.leakyRelu())).toEqual([-0.03, -0.005, 0, 0.5, 3]);
    expect(elements(x.leakyRelu(0.2))).toEqual([-3 * 0.2, -0.1, 0, 0.5, 3]);
    expect(elements(x.elu(2))).toEqual(values.map((a) => (a > 0 ? a : 2 * Math.expm1(a))));
    elements(x.silu()).forEach((y, i) => expect(y).toBeCloseTo(values[i]! / (1 + Math.exp(-values[i]!)), 14));
    elements(x.gelu()).forEach((y, i) => expect(y).toBeCloseTo((values[i]! / 2) * (1 + erf[i]!), 14));
    elements(x.gelu({ approximate: 'tanh' })).forEach((y, i) => {
      const a = values[i]!;
      expect(y).toBeCloseTo((a / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3))), 14);
    });
    elements(x.logSigmoid()).forEach((y, i) => expect(y).toBeCloseTo(-Math.log1p(Math.exp(-values[i]!)), 14));
  });

  it('make integers and booleans float32', () => {
    expect(tensor([1, 2], { dtype: 'int32' }).sigmoid().dtype).toBe('float32');
    expect(softmax(tensor([true, false])).dtype).toBe('float32');
    expect(softmax([1, 2]).dtype).toBe('float32');
  });

  it('have finite derivatives far out', () => {
    const far = tensor([-800, 800, -1e5, 1e5], { dtype: 'float64' });
    for (const f of ['relu', 'elu', 'silu', 'gelu', 'leakyRelu', 'logSigmoid'] as const) {
      const slopes = elements(grad((t: Tensor) => t[f]().sum())(far));
      expect([f, slopes.every(Number.isFinite)]).toEqual([f, true]);
    }
    const [, second] = jvp(
      grad((t: Tensor) => t.elu().sum()),
      [far],
      [far.mul(0).add(1)],
    );
    expect(elements(second)).toEqual([0, 0, 0, 0]);
  });

  it('softmax takes one axis or several', () => {
    const m = tensor([[1, 2], [3, 4]], { dtype: 'float64' }); // prettier-ignore
    for (const total of elements(softmax(m, 0).sum(0))) expect(total).toBeCloseTo(1, 15);
    expect(softmax(m, [0, 1]).sum().item()).toBeCloseTo(1, 15);
    expect(logSoftmax(m, [0, 1]).exp().sum().item()).toBeCloseTo(1, 15);
    expect(softmax(m, -2).toArray()).toEqual(softmax(m, 0).toArray());
    expect(softmax(tensor([], { shape: [0, 3] })).shape).toEqual([0, 3]);
    const shifted = (dtype: DType) => softmax(tensor([1000, 1001], { dtype })).toArray();
    expect(shifted('float64')).toEqual(softmax(tensor([0, 1], { dtype: 'float64' })).toArray());
  });
});
