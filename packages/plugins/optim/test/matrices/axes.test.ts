import { describe, expect, it } from 'vitest';
import { zeros } from '@core/tensor';
import { layoutOf, type AxesOptions } from '../../src/matrices/axes.js';
import { distance, randomTensor } from '../support.js';

const layout = (shape: readonly number[], options: AxesOptions) =>
  layoutOf('test', 'w', zeros(shape), options);
const axesOf = (shape: readonly number[], options: AxesOptions): readonly number[] => layout(shape, options).axes; // prettier-ignore
const merged = (shape: readonly number[], maxPreconditionDimension: number): readonly number[] =>
  layout(shape, { mergeDimensions: true, maxPreconditionDimension }).shape;

describe('layoutOf', () => {
  it('gives every axis a matrix that is not too long; vectors only if told so; scalars never', () => {
    expect(axesOf([3, 4], {})).toEqual([0, 1]);
    expect(axesOf([3, 4, 2], { maxPreconditionDimension: 3 })).toEqual([0, 2]);
    expect(axesOf([3], {})).toEqual([]);
    expect(axesOf([3], { precondition1d: true })).toEqual([0]);
    expect(axesOf([3], { precondition1d: true, maxPreconditionDimension: 2 })).toEqual([]);
    expect(axesOf([], { precondition1d: true })).toEqual([]);
  });

  it('merges neighbours while their product is short enough', () => {
    expect(merged([8, 4, 3, 3], 40)).toEqual([32, 9]);
    expect(merged([8, 4, 3, 3], 12)).toEqual([8, 12, 3]);
    expect(merged([8, 4, 3, 3], 10000)).toEqual([288]);
    expect(merged([8, 100, 3], 10)).toEqual([8, 100, 3]);
    expect(merged([100, 2, 3], 10)).toEqual([100, 6]);
    expect(merged([1, 1], 10)).toEqual([1]);
    // A matrix that has become a vector keeps its matrix: all of its elements with all.
    expect(axesOf([2, 3], { mergeDimensions: true })).toEqual([0]);
  });

  it('reads channels-last kernels in the order of channels-first ones', () => {
    const options = {
      mergeDimensions: true,
      maxPreconditionDimension: 12,
      dataFormat: 'channelsLast',
    } as const;
    const kernel = randomTensor(1, [4, 3, 2, 5]);
    const { shape, read, write } = layoutOf('test', 'w', kernel, options);
    expect(shape).toEqual([4, 5, 6]);
    expect(distance(read(kernel), kernel.transpose([0, 3, 1, 2]).reshape([4, 5, 6]))).toBe(0);
    expect(distance(write(read(kernel)), kernel)).toBe(0);
    expect(write(read(kernel)).shape).toEqual(kernel.shape);
  });
});
