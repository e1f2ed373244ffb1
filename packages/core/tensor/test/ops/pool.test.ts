import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { avgPool2d, grad, maxPool2d, ones, sum, tensor, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';
import { checkBatching, distinctTensor, randomTensor } from '../support/tensors.js';

const seeds = [1, 2, 3];
const x = tensor([[1, 2, 5, 3], [4, 0, 1, 2], [9, 8, 7, 7], [6, 5, 4, 7]], { dtype: 'float64' }).reshape([1, 1, 4, 4]); // prettier-ignore
const flat = (y: Tensor): number[] => Array.from(y.dataSync());

describe('maxPool2d', () => {
  it('takes the largest element of each window', () => {
    expect(maxPool2d(x, 2).toArray()).toEqual([[[[4, 5], [9, 7]]]]); // prettier-ignore
    expect(x.maxPool2d([1, 4]).toArray()).toEqual([[[[5], [4], [9], [7]]]]); // prettier-ignore
    expect(flat(maxPool2d(x, 3, { stride: 1 }))).toEqual([9, 8, 9, 8]);
    expect(flat(maxPool2d(x, 2, { stride: 1, dilation: 3 }))).toEqual([7]);
    expect(maxPool2d(zeros([2, 3, 7, 5]), 2).shape).toEqual([2, 3, 3, 2]);
    expect(maxPool2d(zeros([0, 3, 4, 4]), 2).shape).toEqual([0, 3, 2, 2]);
    expect(maxPool2d(x.cast('int32'), 2).dtype).toBe('int32');
  });

  it('never lets padding win, and always NaN', () => {
    const negative = x.add(1).neg();
    expect(flat(maxPool2d(negative, 2, { padding: 1 }))).toEqual([-2, -3, -4, -5, -1, -3, -7, -5, -8]);
    expect(maxPool2d(zeros([1, 1, 5, 5]), 2, { padding: 'same' }).shape).toEqual([1, 1, 3, 3]);
    expect(flat(maxPool2d(tensor([[1, NaN], [3, 4]]).reshape([1, 1, 2, 2]), 2))).toEqual([NaN]); // prettier-ignore
    expect(flat(maxPool2d(tensor([-Infinity]).reshape([1, 1, 1, 1]), 2, { padding: 'same' }))).toEqual([
      -Infinity,
    ]);
  });

  it('gives the gradient to the first of equal elements', () => {
    const f = (y: Tensor): Tensor => sum(maxPool2d(y, 2));
    expect(flat(grad(f)(ones([1, 1, 2, 4])))).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
    const overlapping = (y: Tensor): Tensor => sum(maxPool2d(y, 3, { stride: 1 }));
    expect(flat(grad(overlapping)(x))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0]);
  });

  it.each(seeds)('derivatives, vmap, jit, seed %i', (seed) => {
    const random = generator(seed);
    const f = (...[y]: Tensor[]): Tensor => maxPool2d(y!, [2, 3], { stride: [2, 1], padding: [[0, 1], 1] });
    checkDerivatives('maxPool2d', f, [distinctTensor(random, [2, 2, 5, 4])], { seed });
    // Second derivatives are zero unless something curved follows.
    checkDerivatives('maxPool2d squared', (y) => f(y).square(), [distinctTensor(random, [1, 2, 4, 4])], {
      seed,
    });
    checkBatching('maxPool2d', f, distinctTensor(random, [3, 2, 2, 5, 4]));
  });

  it('says what is wrong', () => {
    expectError(() => maxPool2d(zeros([3, 4, 4]), 2), 'SHAPE', 'maxPool2d: needs x [n,c,h,w], got float32[3,4,4]; give it a batch axis'); // prettier-ignore
    expectError(() => maxPool2d(x, 5), 'SHAPE', 'maxPool2d: a window of height 5');
    expectError(() => maxPool2d(x, 0), 'ARGUMENT', 'maxPool2d: window must be a whole number of at least 1, or a list of 2, got 0'); // prettier-ignore
    expectError(() => maxPool2d(x, 2, { stride: -1 }), 'ARGUMENT', 'maxPool2d: stride');
    expectError(() => maxPool2d(x, 2, { padding: -1 }), 'ARGUMENT', 'maxPool2d: padding must be');
    expectError(
      () => maxPool2d(x, 2, { padding: 2 }),
      'ARGUMENT',
      'the padding must be smaller than the window',
    );
    expectError(() => maxPool2d(x.greater(0), 2), 'DTYPE', 'maxPool2d: needs numbers, got bool[1,1,4,4]');
  });
});

describe('avgPool2d', () => {
  it('takes the mean of each window', () => {
    expect(flat(avgPool2d(x, 2))).toEqual([1.75, 2.75, 7, 6.25]);
    expect(flat(x.avgPool2d(4))).toEqual([71 / 16]);
    expect(avgPool2d(zeros([2, 3, 7, 5]), 2, { stride: 3 }).shape).toEqual([2, 3, 2, 2]);
    expect(avgPool2d(zeros([0, 3, 4, 4]), 2).shape).toEqual([0, 3, 2, 2]);
  });

  it('counts padding, or does not', () => {
    const y = ones([1, 1, 3, 3]);
    expect(flat(avgPool2d(y, 3, { stride: 2, padding: 1 }))).toEqual(
      new Array<number>(4).fill(Math.fround(4 / 9)),
    );
    expect(flat(avgPool2d(y, 3, { stride: 2, padding: 1, countIncludePad: false }))).toEqual([1, 1, 1, 1]);
    expect(flat(avgPool2d(x, 2, { padding: [[1, 0], 0], countIncludePad: false }))).toEqual([1.5, 4, 5.25, 4.25]); // prettier-ignore
  });

  it.each(seeds)('derivatives, vmap, jit, seed %i', (seed) => {
    const random = generator(seed);
    for (const countIncludePad of [true, false]) {
      const f = (...[y]: Tensor[]): Tensor =>
        avgPool2d(y!, [2, 3], { stride: [2, 1], padding: [[0, 1], 1], countIncludePad });
      checkDerivatives('avgPool2d', f, [randomTensor(random, [2, 2, 5, 4])], { seed });
      checkBatching('avgPool2d', f, randomTensor(random, [3, 2, 2, 5, 4]));
    }
  });

  it('says what is wrong', () => {
    expectError(() => avgPool2d(zeros([4, 4]), 2), 'SHAPE', 'avgPool2d: needs x [n,c,h,w]');
    expectError(() => avgPool2d(x, 5), 'SHAPE', 'avgPool2d: a window of height 5');
    expectError(
      () => avgPool2d(x.cast('int32'), 2),
      'DTYPE',
      "avgPool2d: the mean of integers is no integer; cast first: x.cast('float32'), got int32[1,1,4,4]",
    );
  });
});
