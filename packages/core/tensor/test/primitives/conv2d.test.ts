import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import * as p from '../../src/primitives/calls.js';
import { contractPrimitives } from '../../src/primitives/contract.js';
import type { Conv2dParameters, Pair } from '../../src/primitives/parameters.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { outputSize } from '../../src/primitives/windows.js';
import type { Tensor } from '../../src/tensor.js';
import { checkDerivatives, checkJit, checkVmap } from '../support/derivatives.js';
import type { Subject } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { build, elementAt, generator, host, integer, randomHost, runKernel } from '../support/kernels.js';
import { randomTensor } from '../support/tensors.js';

const { conv2d } = contractPrimitives;
const seeds = [1, 2, 3];

const plain: Conv2dParameters = {
  strides: [1, 1],
  padding: [[0, 0], [0, 0]], // prettier-ignore
  inputDilation: [1, 1],
  kernelDilation: [1, 1],
  groups: 1,
};

/** The definition: every tap of every window, looked up in the dilated and padded input. */
function naive(x: HostArray, kernel: HostArray, params: Conv2dParameters): HostArray {
  const shape = conv2d.shape([x, kernel], params)[0]!.shape;
  const { strides, padding, inputDilation, kernelDilation, groups } = params;
  const [outputs, channels, height, width] = kernel.shape as [number, number, number, number];
  const at = (position: number, axis: 0 | 1): number | undefined => {
    const i = position / inputDilation[axis];
    return Number.isInteger(i) && i >= 0 && i < x.shape[2 + axis]! ? i : undefined;
  };
  return build(shape, x.dtype === 'int32' ? 'int32' : 'float64', ([n, o, y, z]) => {
    const group = Math.floor(o! / (outputs / groups));
    let total = 0;
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < height; k++) {
        for (let l = 0; l < width; l++) {
          const i = at(y! * strides[0] + k * kernelDilation[0] - padding[0][0], 0);
          const j = at(z! * strides[1] + l * kernelDilation[1] - padding[1][0], 1);
          if (i === undefined || j === undefined) continue;
          total += elementAt(x, [n!, group * channels + c, i, j]) * elementAt(kernel, [o!, c, k, l]);
        }
      }
    }
    return total;
  });
}

interface Problem {
  readonly x: number[];
  readonly kernel: number[];
  readonly params: Conv2dParameters;
}

/** Random sizes and settings with room for at least one window. */
function problem(random: () => number, { batch = 3, group = 5, size = 9 } = {}): Problem {
  for (;;) {
    const pair = (low: number, high: number): Pair => [
      integer(random, low, high),
      integer(random, low, high),
    ];
    const groups = integer(random, 1, 3);
    const inner = integer(random, 1, 3);
    const x = [integer(random, 1, batch), groups * inner, ...pair(1, size)];
    const kernel = [groups * integer(random, 1, group), inner, ...pair(1, 4)];
    const params: Conv2dParameters = {
      strides: pair(1, 3),
      padding: [pair(-2, 3), pair(-2, 3)],
      inputDilation: pair(1, 3),
      kernelDilation: pair(1, 3),
      groups,
    };
    const fits = ([0, 1] as const).every(
      (i) =>
        outputSize({
          size: x[2 + i]!,
          window: kernel[2 + i]!,
          stride: params.strides[i],
          padding: params.padding[i],
          inputDilation: params.inputDilation[i],
          kernelDilation: params.kernelDilation[i],
        }) >= 1,
    );
    if (fits) return { x, kernel, params };
  }
}

function expectNaive(x: HostArray, kernel: HostArray, params: Conv2dParameters): void {
  const actual = runKernel<'conv2d'>(conv2d, [x, kernel], params);
  const expected = naive(x, kernel, params);
  const tolerance = x.dtype === 'float32' ? 1e-6 : x.dtype === 'float64' ? 1e-12 : 0;
  expect(actual.shape).toEqual(expected.shape);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const value = expected.data[i]!;
    worst = Math.max(worst, Math.abs(actual.data[i]! - value) / Math.max(1, Math.abs(value)));
  }
  expect(worst, JSON.stringify({ x: x.shape, kernel: kernel.shape, params })).toBeLessThanOrEqual(tolerance);
}

describe('the kernel', () => {
  it.each(seeds)('is the definition for random strides, padding, dilation and groups, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 150; trial++) {
      const dtype = (['float32', 'float64', 'int32'] as const)[trial % 3]!;
      const { x, kernel, params } = problem(random);
      expectNaive(randomHost(random, x, dtype), randomHost(random, kernel, dtype), params);
    }
  });

  it('crosses the borders of its blocks and of its chunks of images', () => {
    const random = generator(5);
    const deep = [randomHost(random, [2, 40, 9, 8], 'float64'), randomHost(random, [5, 40, 3, 3], 'float64')];
    expectNaive(deep[0]!, deep[1]!, plain);
    const wide = [randomHost(random, [1, 1, 5, 5], 'float64'), randomHost(random, [260, 1, 3, 3], 'float64')];
    expectNaive(wide[0]!, wide[1]!, plain);
    // Images of 0.4 million elements come in several chunks; each must give what it gives alone.
    const size = 700 * 25 * 22;
    const images = randomHost(random, [3, 700, 25, 22], 'float64');
    const kernel = randomHost(random, [3, 700, 24, 21], 'float64');
    const together = runKernel<'conv2d'>(conv2d, [images, kernel], plain);
    for (let n = 0; n < 3; n++) {
      const one = host([1, 700, 25, 22], 'float64', images.data.subarray(n * size, (n + 1) * size));
      const alone = runKernel<'conv2d'>(conv2d, [one, kernel], plain);
      expect(together.data.subarray(n * 12, (n + 1) * 12)).toEqual(alone.data);
    }
  });

  it('gives zeros where windows meet nothing but padding, and for no input channels', () => {
    const out = runKernel<'conv2d'>(
      conv2d,
      [host([1, 1, 1, 1], 'float32', [2]), host([1, 1, 1, 1], 'float32', [3])],
      { ...plain, padding: [[1, 1], [2, 0]] }, // prettier-ignore
    );
    expect(Array.from(out.data)).toEqual([0, 0, 0, 0, 0, 6, 0, 0, 0]);
    const none = runKernel<'conv2d'>(
      conv2d,
      [host([1, 0, 2, 2], 'float32'), host([2, 0, 1, 1], 'float32')],
      plain,
    );
    expect(Array.from(none.data)).toEqual(new Array<number>(8).fill(0));
    const noImages = runKernel<'conv2d'>(
      conv2d,
      [host([0, 1, 2, 2], 'float32'), host([2, 1, 1, 1], 'float32')],
      plain,
    );
    expect(noImages.shape).toEqual([0, 2, 2, 2]);
  });

  it('leaves inserted zeros out: an infinite tap next to a pixel does not give NaN', () => {
    const out = runKernel<'conv2d'>(
      conv2d,
      [host([1, 1, 1, 2], 'float64', [1, 2]), host([1, 1, 1, 2], 'float64', [Infinity, 3])],
      { ...plain, inputDilation: [1, 2] },
    );
    expect(Array.from(out.data)).toEqual([Infinity, 6]);
  });

  it('accumulates float32 in float64', () => {
    const x = host([1, 3, 1, 1], 'float32', [1e8, 1, -1e8]);
    const kernel = host([1, 3, 1, 1], 'float32', [1, 1, 1]);
    expect(runKernel<'conv2d'>(conv2d, [x, kernel], plain).data[0]).toBe(1);
  });
});

describe('the record', () => {
  const small = { batch: 2, group: 2, size: 5 };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('derivatives of first and second order, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 4; trial++) {
      const { x, kernel, params } = problem(random, small);
      const f: Subject = (a, b) => p.conv2d(a, b, params);
      const inputs = [randomTensor(random, x), randomTensor(random, kernel)];
      checkDerivatives(JSON.stringify({ x, kernel, params }), f, inputs, { seed });
      checkJit('conv2d', f, inputs);
    }
  });

  it.each(seeds)('vmap is a loop for either and both, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 5; trial++) {
      const { x, kernel, params } = problem(random, small);
      const make = (): Tensor[] => [randomTensor(random, x), randomTensor(random, kernel)];
      checkVmap('conv2d', (a, b) => p.conv2d(a, b, params), [make(), make(), make()]);
    }
  });

  it('an empty batch has a zero gradient for the kernel', () => {
    const x = host([2, 0, 3, 3], 'float64');
    const ct = host([4, 0, 2, 2], 'float64');
    const out = runKernel<'conv2d'>(conv2d, [x, ct], plain);
    expect(out.shape).toEqual([2, 4, 2, 2]);
    expect(out.data.every((value) => value === 0)).toBe(true);
  });

  it('refuses what does not fit', () => {
    const aval = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
    const run =
      (x: number[], kernel: number[], params: Partial<Conv2dParameters> = {}) =>
      () =>
        conv2d.shape([aval(...x), aval(...kernel)], { ...plain, ...params });
    expectError(run([1, 2, 3], [1, 2, 3, 3]), 'SHAPE', 'conv2d: needs x [n,c,h,w]');
    expectError(
      run([1, 4, 5, 5], [2, 3, 3, 3]),
      'SHAPE',
      'x has 4 channels, but the kernel is for 3 in each of 1 groups',
    );
    expectError(
      run([1, 4, 5, 5], [3, 2, 3, 3], { groups: 2 }),
      'SHAPE',
      '3 outputs do not split into 2 groups',
    );
    expectError(
      run([1, 1, 2, 5], [1, 1, 3, 3]),
      'SHAPE',
      'a window of height 3 (size 3, dilation 1) does not fit',
    );
    expectError(run([1, 1, 5, 0], [1, 1, 1, 1]), 'SHAPE', 'the input has width 0');
    expectError(
      run([1, 1, 5, 5], [1, 1, 0, 1]),
      'ARGUMENT',
      'the kernel size must be a whole number of at least 1',
    );
    expectError(
      run([1, 1, 5, 5], [1, 1, 1, 1], { strides: [0, 1] }),
      'ARGUMENT',
      'stride must be a whole number',
    );
    expectError(run([1, 1, 5, 5], [1, 1, 1, 1], { groups: 0 }), 'ARGUMENT', 'groups must be a whole number');
    expectError(
      run([1, 1, 5, 5], [1, 1, 1, 1], { padding: [[0.5, 0], [0, 0]] }), // prettier-ignore
      'ARGUMENT',
      'padding must be whole numbers, got 0.5',
    );
    expectError(
      () => conv2d.shape([aval(1, 1, 2, 2), { shape: [1, 1, 1, 1], dtype: 'float64' }], plain),
      'DTYPE',
      'one dtype',
    );
  });
});
