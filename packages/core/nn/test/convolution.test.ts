import { conv2d, ones, random } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  convolution1d,
  convolution2d,
  convolutionTransposed2d,
  heNormal,
  type onesInitializer,
} from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const key = random.key(1);

describe('convolution layers', () => {
  it('are conv2d plus a bias for each map', () => {
    const layer = convolution2d(4, 3, { stride: 2, padding: 1 });
    const { params, state } = layer.init(key, [2, 7, 7], { dtype: 'float64' });
    const x = normal(2, [3, 2, 7, 7]);
    const expected = conv2d(x, params.weight, { stride: 2, padding: 1 }).add(params.bias!.reshape([4, 1, 1]));
    expectClose(layer.apply(params, state, x).output, expected);
  });

  it('store weights as PyTorch does', () => {
    const shape = (layer: ReturnType<typeof convolution2d>, input: number[]): readonly number[] =>
      layer.init(key, input).params.weight.shape;
    expect(shape(convolution2d(6, [3, 5], { groups: 2 }), [4, 9, 9])).toEqual([6, 2, 3, 5]);
    expect(shape(convolution1d(6, 3), [4, 9])).toEqual([6, 4, 3]);
    expect(shape(convolutionTransposed2d(6, [3, 5], { groups: 2 }), [4, 9, 9])).toEqual([4, 3, 3, 5]);
  });

  it('start within 1/√fanIn of an output, also transposed', () => {
    for (const seed of seeds) {
      for (const layer of [convolution2d(64, 3), convolutionTransposed2d(64, 3)]) {
        const { weight, bias } = layer.init(random.key(seed), [4, 5, 5], { dtype: 'float64' }).params;
        const bound = 1 / Math.sqrt(4 * 9);
        for (const part of [weight, bias!]) {
          expect(part.abs().max().item()).toBeLessThanOrEqual(bound);
          expect(part.abs().max().item()).toBeGreaterThan(0.9 * bound);
        }
      }
    }
  });

  it('take an initialiser, which sees [out, in/groups, ...kernel], and then begin with a bias of 0', () => {
    const shapes: (readonly number[])[] = [];
    const spy: typeof onesInitializer = (k, shape, options) => {
      shapes.push(shape);
      return heNormal()(k, shape, options);
    };
    const plain = convolution2d(6, 3, { initializer: spy, groups: 2 }).init(key, [4, 9, 9]);
    const transposed = convolutionTransposed2d(6, 3, { initializer: spy, groups: 2 }).init(key, [4, 9, 9]);
    expect(shapes).toEqual([
      [6, 2, 3, 3],
      [6, 2, 3, 3],
    ]);
    for (const { bias } of [plain.params, transposed.params]) expect(bias!.abs().max().item()).toBe(0);
  });

  it('transposed, undo the sizes of the plain one and have its adjoint', () => {
    const settings = { stride: 2, padding: 1 } as const;
    const options = { ...settings, bias: false } as const;
    for (const seed of seeds) {
      const back = convolutionTransposed2d(2, 3, { ...options, outputPadding: 1 });
      const { params, state, outputShape } = back.init(random.key(seed), [3, 4, 4], { dtype: 'float64' });
      expect(outputShape).toEqual([2, 8, 8]);
      const x = normal(seed + 1, [1, 2, 8, 8]);
      const y = normal(seed + 2, [1, 3, 4, 4]);
      // <conv(x), y> = <x, convT(y)> with one weight, [3, 2, 3, 3], read as [out, in] and as [in, out].
      const forth = conv2d(x, params.weight, settings).mul(y).sum();
      expectClose(back.apply(params, state, y).output.mul(x).sum(), forth);
    }
  });

  it('refuse what does not fit', () => {
    const layer = convolution2d(4, 3);
    const { params, state } = layer.init(key, [1, 8, 8]);
    expectError(
      () => layer.apply(params, state, ones([2, 3, 8, 8])),
      'SHAPE',
      'convolution2d: input has 3 channels, the layer was built for 1',
    );
    expectError(
      () => layer.apply(params, state, ones([1, 8, 8])),
      'SHAPE',
      'input must have the shape [batch, channels, height, width], got [1,8,8]',
    );
    expectError(
      () => layer.init(key, [8, 8]),
      'SHAPE',
      'examples must have the shape [channels, height, width], got [8,8] (the batch axis is not part of it)',
    );
    expectError(() => layer.init(key, [1, 2, 8]), 'SHAPE', 'conv2d: a window of height 3');
    expectError(
      () => convolution2d(4, 3, { groups: 3 }).init(key, [3, 8, 8]),
      'ARGUMENT',
      'convolution2d: 3 input and 4 output channels do not both split into 3 groups',
    );
    expectError(
      () => convolution2d(0, 3),
      'ARGUMENT',
      'channels must be a whole number of at least 1, got 0',
    );
    expectError(
      () => convolution2d(4, NaN),
      'ARGUMENT',
      'kernel must be a whole number of at least 1, got NaN',
    );
    expectError(() => convolution2d(4, 3, { groups: 1.5 }), 'ARGUMENT', 'groups must be a whole number');
    expectError(() => convolution1d(4, 3).init(key, [1, 8, 8]), 'SHAPE', '[channels, length]');
    expectError(
      () => convolution2d(4, 3, { stride: 0 }).init(key, [1, 8, 8]),
      'ARGUMENT',
      /stride must be a whole number of at least 1.*got 0/,
    );
    const disposed = ones([1, 1, 8, 8]);
    disposed.dispose();
    expectError(() => layer.apply(params, state, disposed), 'DISPOSED', 'was disposed');
  });
});
