import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { conv1d, conv2d, convTranspose2d, grad, ones, sum, tensor, vjp, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { generator, integer } from '../support/kernels.js';
import { checkBatching, randomTensor } from '../support/tensors.js';

const seeds = [1, 2, 3];
const close = (actual: Tensor, expected: Tensor): void => {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  actual.dataSync().forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 11));
};

describe('conv2d', () => {
  const x = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], { dtype: 'float64' }).reshape([1, 1, 3, 3]); // prettier-ignore
  const k = tensor([[1, 0], [0, -1]], { dtype: 'float64' }).reshape([1, 1, 2, 2]); // prettier-ignore

  it('slides the kernel without flipping it', () => {
    expect(conv2d(x, k).toArray()).toEqual([[[[-4, -4], [-4, -4]]]]); // prettier-ignore
    expect(x.conv2d(k, { stride: 2 }).toArray()).toEqual([[[[-4]]]]);
    expect(conv2d(x, k, { padding: 1 }).toArray()).toEqual([
      [[[-1, -2, -3, 0], [-4, -4, -4, 3], [-7, -4, -4, 6], [0, 7, 8, 9]]], // prettier-ignore
    ]);
    expect(conv2d(x, k, { dilation: 2 }).toArray()).toEqual([[[[-8]]]]);
    expect(conv2d(x, k, { padding: [[-1, 0], [0, -1]] }).toArray()).toEqual([[[[-4]]]]); // prettier-ignore
    expect(conv2d(zeros([0, 3, 5, 5]), zeros([4, 3, 3, 3])).shape).toEqual([0, 4, 3, 3]);
  });

  it('pads by name, number, axis and side', () => {
    const shape = (padding: NonNullable<Parameters<typeof conv2d>[2]>['padding'], stride = 1): number[] =>
      [...conv2d(zeros([1, 1, 7, 8]), zeros([1, 1, 3, 4]), { padding, stride }).shape].slice(2);
    expect(shape('valid')).toEqual([5, 5]);
    expect(shape('same')).toEqual([7, 8]);
    expect(shape('same', 2)).toEqual([4, 4]);
    expect(shape('same', 3)).toEqual([3, 3]);
    expect(shape(2)).toEqual([9, 9]);
    expect(shape([1, 2])).toEqual([7, 9]);
    expect(shape([[0, 1], 2])).toEqual([6, 9]); // prettier-ignore
    expect(shape(undefined)).toEqual([5, 5]);
    // The odd one of 'same' goes to the end.
    expect(conv2d(x, k, { padding: 'same' }).toArray()).toEqual(
      conv2d(x, k, { padding: [[0, 1], [0, 1]] }).toArray(), // prettier-ignore
    );
  });

  it.each(seeds)('groups are convolutions of their own, seed %i', (seed) => {
    const random = generator(seed);
    const image = randomTensor(random, [2, 6, 5, 4]);
    const kernel = randomTensor(random, [4, 3, 3, 2]);
    const together = conv2d(image, kernel, { groups: 2, padding: 1 });
    for (const group of [0, 1]) {
      const part = conv2d(
        image.slice([0, 3 * group, 0, 0], [2, 3 * group + 3, 5, 4]),
        kernel.slice([2 * group, 0, 0, 0], [2 * group + 2, 3, 3, 2]),
        { padding: 1 },
      );
      close(together.slice([0, 2 * group, 0, 0], [2, 2 * group + 2, 5, 5]), part);
    }
  });

  it.each(seeds)('inputDilation is an input with zeros between, seed %i', (seed) => {
    const random = generator(seed);
    const image = randomTensor(random, [1, 2, 3, 4]);
    const kernel = randomTensor(random, [2, 2, 2, 3]);
    const spread = zeros([1, 2, 5, 10], { dtype: 'float64' }).dataSync();
    const at = image.dataSync();
    for (let c = 0; c < 2; c++)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 4; j++) spread[(c * 5 + 2 * i) * 10 + 3 * j] = at[(c * 3 + i) * 4 + j]!;
    close(
      conv2d(image, kernel, { inputDilation: [2, 3], padding: 'same' }),
      conv2d(tensor(spread, { shape: [1, 2, 5, 10] }), kernel, { padding: 'same' }),
    );
  });

  it.each(seeds)('derivatives, vmap, jit, seed %i', (seed) => {
    const random = generator(seed);
    const options = { stride: [2, 1], padding: 'same', dilation: [1, 2], groups: 2 } as const;
    const f = (a: Tensor, b: Tensor): Tensor => conv2d(a, b, options);
    const subject = (...[a, b]: Tensor[]): Tensor => f(a!, b!);
    checkDerivatives('conv2d', subject, [randomTensor(random, [2, 4, 5, 6]), randomTensor(random, [2, 2, 3, 2])], { seed }); // prettier-ignore
    checkBatching(
      'conv2d',
      subject,
      randomTensor(random, [3, 2, 4, 5, 6]),
      randomTensor(random, [3, 2, 2, 3, 2]),
    );
  });

  it('promotes dtypes and wraps int32', () => {
    const int = tensor([[2147483647]], { dtype: 'int32' }).reshape([1, 1, 1, 1]);
    expect(conv2d(int, int.mul(0).add(2)).item()).toBe(-2);
    expect(conv2d(int, ones([1, 1, 1, 1], { dtype: 'float64' })).item()).toBe(2147483647);
  });

  it('says what is wrong', () => {
    const z = (...shape: number[]): Tensor => zeros(shape);
    const run =
      (a: Tensor, b: Tensor, options: Parameters<typeof conv2d>[2] = {}) =>
      () =>
        conv2d(a, b, options);
    expectError(run(z(3, 5, 5), z(1, 3, 3, 3)), 'SHAPE', 'conv2d: needs x [n,c,h,w] and a kernel');
    expectError(run(z(3, 5, 5), z(1, 3, 3, 3)), 'SHAPE', 'give x a batch axis: x.expandDims(0)');
    expectError(run(z(1, 1, 28, 28), z(16, 3, 5, 5)), 'SHAPE', 'x has 1 channels, but the kernel is for 3 in each of 1 groups: x float32[1,1,28,28] and kernel float32[16,3,5,5]; its second size would be 1'); // prettier-ignore
    expectError(run(z(1, 1, 3, 3), z(1, 1, 5, 3)), 'SHAPE', 'a window of height 5 (size 5, dilation 1) does not fit into an input of height 3 with its padding [0,0]; pad by 2 more'); // prettier-ignore
    expectError(run(z(1, 1, 3, 3), z(1, 1, 1, 1), { stride: 0 }), 'ARGUMENT', 'conv2d: stride must be a whole number of at least 1, or a list of 2, got 0'); // prettier-ignore
    expectError(run(z(1, 1, 3, 3), z(1, 1, 1, 1), { stride: [1, 2, 3] }), 'ARGUMENT', 'got [1,2,3]');
    expectError(run(z(1, 1, 3, 3), z(1, 1, 1, 1), { dilation: NaN }), 'ARGUMENT', 'dilation');
    expectError(run(z(1, 1, 3, 3), z(1, 1, 1, 1), { padding: 'full' as never }), 'ARGUMENT', "conv2d: padding must be 'same', 'valid'"); // prettier-ignore
    expectError(run(z(1, 1, 3, 3), z(1, 1, 1, 1), { padding: 0.5 }), 'ARGUMENT', 'got 0.5');
    expectError(
      run(z(1, 1, 3, 3), z(1, 1, 1, 1), { groups: 1.5 }),
      'ARGUMENT',
      'groups must be a whole number',
    );
    expectError(run(z(1, 4, 3, 3), z(3, 2, 1, 1), { groups: 2 }), 'SHAPE', 'do not split into 2 groups');
    expectError(
      () => conv2d(z(1, 1, 1, 1).cast('bool'), z(1, 1, 1, 1).cast('bool')),
      'DTYPE',
      'conv2d: x and kernel need one dtype that is not bool',
    );
  });
});

describe('conv1d', () => {
  it('is conv2d in one dimension', () => {
    const x = tensor([[[1, 2, 3, 4]]], { dtype: 'float64' });
    const k = tensor([[[1, -1]]], { dtype: 'float64' });
    expect(conv1d(x, k).toArray()).toEqual([[[-1, -1, -1]]]);
    expect(x.conv1d(k, { padding: [[1, 0]], stride: 2 }).toArray()).toEqual([[[-1, -1]]]); // prettier-ignore
    expect(conv1d(x, k, { padding: 'same', dilation: 2 }).shape).toEqual([1, 1, 4]);
    expect(conv1d(x, k, { inputDilation: 2 }).toArray()).toEqual([[[1, -2, 2, -3, 3, -4]]]);
  });

  it.each(seeds)('derivatives and vmap, seed %i', (seed) => {
    const random = generator(seed);
    const f = (...[a, b]: Tensor[]): Tensor => conv1d(a!, b!, { stride: 2, padding: [[1, 2]], groups: 2 });
    checkDerivatives('conv1d', f, [randomTensor(random, [2, 4, 7]), randomTensor(random, [2, 2, 3])], {
      seed,
    });
    checkBatching('conv1d', f, randomTensor(random, [3, 2, 4, 7]), randomTensor(random, [3, 2, 2, 3]));
  });

  it('says what is wrong', () => {
    expectError(() => conv1d(zeros([2, 3]), zeros([1, 2, 3])), 'SHAPE', 'conv1d: needs x [n,c,w]');
    expectError(() => conv1d(zeros([1, 2, 3]), zeros([1, 1, 3])), 'SHAPE', 'conv1d: x has 2 channels');
    expectError(() => conv1d(zeros([1, 1, 3]), zeros([1, 1, 4])), 'SHAPE', 'conv1d: a window of width 4');
    expectError(
      () => conv1d(zeros([1, 1, 3]), zeros([1, 1, 1]), { padding: [1, 2] }),
      'ARGUMENT',
      'or [[low, high]], got [1,2]',
    );
  });
});

describe('convTranspose2d', () => {
  it('spreads every pixel by the kernel', () => {
    const x = tensor([[1, 2]], { dtype: 'float64' }).reshape([1, 1, 1, 2]);
    const k = tensor([[1, 10, 100]], { dtype: 'float64' }).reshape([1, 1, 1, 3]);
    expect(convTranspose2d(x, k).toArray()).toEqual([[[[1, 12, 120, 200]]]]);
    expect(convTranspose2d(x, k, { stride: [1, 2] }).toArray()).toEqual([[[[1, 10, 102, 20, 200]]]]);
    expect(convTranspose2d(x, k, { stride: [1, 3], outputPadding: [0, 1] }).toArray()).toEqual([
      [[[1, 10, 100, 2, 20, 200, 0]]],
    ]);
    expect(convTranspose2d(x, k, { padding: [0, [1, 0]] }).toArray()).toEqual([[[[12, 120, 200]]]]); // prettier-ignore
  });

  it.each(seeds)('is the transpose of conv2d with the same settings, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 10; trial++) {
      const stride = integer(random, 1, 3);
      const dilation = integer(random, 1, 2);
      const padding = integer(random, 0, 1);
      const groups = integer(random, 1, 2);
      const kernel = randomTensor(random, [2 * groups, 3, integer(random, 2, 3), 2]);
      const image = zeros([2, 3 * groups, integer(random, 6, 9), 7], { dtype: 'float64' });
      const settings = { stride, dilation, padding, groups };
      const [y, pullback] = vjp((x: Tensor) => conv2d(x, kernel, settings), image);
      const ct = randomTensor(random, y.shape);
      // What the convolution did not read at the end is output padding here.
      const lost = [2, 3].map(
        (axis) => (image.shape[axis]! + 2 * padding - dilation * (kernel.shape[axis]! - 1) - 1) % stride,
      );
      const back = convTranspose2d(ct, kernel, { ...settings, outputPadding: lost });
      close(back, pullback(ct)[0]);
    }
  });

  it.each(seeds)('derivatives and vmap, seed %i', (seed) => {
    const random = generator(seed);
    const options = {
      stride: [2, 3],
      padding: 1,
      outputPadding: [1, 2],
      dilation: [2, 1],
      groups: 2,
    } as const;
    const f = (...[a, b]: Tensor[]): Tensor => convTranspose2d(a!, b!, options);
    checkDerivatives('convTranspose2d', f, [randomTensor(random, [2, 4, 3, 2]), randomTensor(random, [4, 1, 2, 3])], { seed }); // prettier-ignore
    checkBatching(
      'convTranspose2d',
      f,
      randomTensor(random, [3, 1, 4, 3, 2]),
      randomTensor(random, [3, 4, 1, 2, 3]),
    );
    expect(grad((a: Tensor) => sum(f(a, ones([4, 1, 2, 3]))))(zeros([1, 4, 2, 2])).shape).toEqual([
      1, 4, 2, 2,
    ]);
  });

  it('says what is wrong', () => {
    const z = (...shape: number[]): Tensor => zeros(shape);
    const run =
      (options: Parameters<typeof convTranspose2d>[2], a = z(1, 2, 3, 3), b = z(2, 1, 2, 2)) =>
      () =>
        convTranspose2d(a, b, options);
    expectError(
      run({}, z(2, 3, 3)),
      'SHAPE',
      'convTranspose2d: needs x [n,c,h,w] and a kernel [c,outputs/groups',
    );
    expectError(
      run({}, z(1, 3, 3, 3)),
      'SHAPE',
      'x has 3 channels, so the kernel must be [3,outputs/groups,…]',
    );
    expectError(
      run({ outputPadding: 1 }),
      'ARGUMENT',
      'outputPadding 1 must be smaller than the stride 1 or the dilation 1',
    );
    expectError(run({ groups: 3 }), 'ARGUMENT', 'divides the 2 channels, got 3');
    expectError(run({ padding: 'same' as never }), 'ARGUMENT', "padding must be numbers, got 'same'");
    expectError(run({ padding: -1 }), 'ARGUMENT', 'a whole number of at least 0');
    expectError(run({ padding: 2 }), 'SHAPE', 'does not fit');
  });
});
