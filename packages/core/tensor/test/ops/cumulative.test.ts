import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { cummax, cummin, cumprod, cumsum, tensor, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, distinctTensor, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const combine = {
  cumsum: [cumsum, (a: number, b: number) => a + b],
  cumprod: [cumprod, (a: number, b: number) => a * b],
  cummax: [cummax, (a: number, b: number) => Math.max(a, b)],
  cummin: [cummin, (a: number, b: number) => Math.min(a, b)],
} as const;

describe.each(Object.entries(combine))('%s', (name, [op, pair]) => {
  const running = (values: readonly number[]): number[] => {
    const result: number[] = [];
    values.forEach((v, i) => result.push(i === 0 ? v : pair(result[i - 1]!, v)));
    return result;
  };

  it('covers the elements up to each, for every length', () => {
    const random = generator(3);
    for (let length = 1; length <= 17; length++) {
      const values = Array.from({ length }, () => random() * 4 - 2);
      const t = tensor(values, { dtype: 'float64' });
      const close = (actual: Tensor, expected: number[]) =>
        actual.dataSync().forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 12));
      close(op(t, 0), running(values));
      close(op(t, -1, { reverse: true }), running([...values].reverse()).reverse());
      close(op(t.reshape([1, length, 1]).tile([2, 1, 3]), 1).at(1, null, 2), running(values));
    }
  });

  it('flattens without an axis, and takes nothing', () => {
    const t = tensor([[1, 2], [3, 4]], { dtype: 'int32' }); // prettier-ignore
    expect(op(t).toArray()).toEqual(running([1, 2, 3, 4]));
    expect(op(zeros([2, 0]), 1).shape).toEqual([2, 0]);
    expect(op(tensor([true, true]), 0).toArray()).toEqual(running([1, 1]));
    expectError(() => op(t, 2), 'INDEX', `${name}: axis 2 is out of range`);
  });

  it('differentiates and batches', () => {
    for (const seed of [1, 2, 3]) {
      const random = generator(seed);
      for (const reverse of [false, true]) {
        checkDerivatives(name, (t) => op(t, 1, { reverse }), [distinctTensor(random, [2, 5])], { seed });
        checkBatching(name, (t) => op(t, 0, { reverse }), randomTensor(random, [2, 4, 3]));
      }
    }
  });
});

describe('NaN and zeros', () => {
  it('stay once met', () => {
    expect(cummax(tensor([1, NaN, 3]), 0).toArray()).toEqual([1, NaN, NaN]);
    expect(cummin(tensor([1, NaN, 0]), 0).toArray()).toEqual([1, NaN, NaN]);
  });

  it('leave the derivative of cumprod right', () => {
    checkDerivatives('cumprod with zeros', (t) => cumprod(t, 0), [
      tensor([2, 0, 3, 0, 1.5], { dtype: 'float64' }),
    ]);
  });
});
