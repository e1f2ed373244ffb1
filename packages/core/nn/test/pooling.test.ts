import { arange, random } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { averagePooling2d, globalAveragePooling, maxPooling2d } from '../src/index.js';
import { expectClose, expectError, normal } from './support/checks.js';

const run = (layer: ReturnType<typeof maxPooling2d>, x: Parameters<typeof layer.apply>[2]) =>
  layer.apply({}, {}, x).output;
const x = arange(16).cast('float32').reshape([1, 1, 4, 4]);

describe('pooling layers', () => {
  it('take the largest or the mean of windows', () => {
    expect(run(maxPooling2d(2), x).toArray()).toEqual([[[[5, 7], [13, 15]]]]); // prettier-ignore
    expect(run(averagePooling2d(2), x).toArray()).toEqual([[[[2.5, 4.5], [10.5, 12.5]]]]); // prettier-ignore
    expect(run(maxPooling2d(3, { stride: 1 }), x).toArray()).toEqual([[[[10, 11], [14, 15]]]]); // prettier-ignore
    expect(run(maxPooling2d([1, 4]), x).toArray()).toEqual([[[[3], [7], [11], [15]]]]);
  });

  it('global: the mean over all positions', () => {
    const y = normal(1, [2, 3, 4, 5]);
    expectClose(run(globalAveragePooling(), y), y.mean([2, 3]));
    expectClose(run(globalAveragePooling(), y.flatten(2)), y.mean([2, 3]));
  });

  it('refuse what does not fit', () => {
    const key = random.key(1);
    expectError(
      () => maxPooling2d(2).init(key, [4, 4]),
      'SHAPE',
      'maxPooling2d: examples must have the shape',
    );
    expectError(() => run(maxPooling2d(2), x.squeeze(0)), 'SHAPE', 'maxPooling2d: input must have the shape');
    expectError(() => maxPooling2d(5).init(key, [1, 4, 4]), 'SHAPE', 'maxPool2d: a window of height 5');
    expectError(() => run(averagePooling2d(0), x), 'ARGUMENT', 'window must be');
    expectError(() => globalAveragePooling().init(key, [4]), 'SHAPE', '[channels, ...], got [4]');
    expectError(() => run(globalAveragePooling(), normal(1, [2, 3])), 'SHAPE', 'got [2,3]');
  });
});
