import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import { conv2dKernel } from '../../../src/backends/cpu/kernels/conv.js';
import { allocate } from '../../../src/dtype.js';
import { convShape } from '../../../src/primitives/convShape.js';
import { conv2dKernel as referenceKernel } from '../../../src/primitives/kernels/conv2d.js';
import type { Conv2dParameters } from '../../../src/primitives/parameters.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape, sizeOf } from '../../../src/shape.js';
import { productEngines, randomNumbers, runKernel } from './convSupport.js';

type Float = 'float32' | 'float64';
type Four = readonly [number, number, number, number];

let engine: Engine;
const plain: Conv2dParameters = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  inputDilation: [1, 1],
  kernelDilation: [1, 1],
  groups: 1,
};

function array(shape: Four, dtype: Float, next: () => number): HostArray {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return { shape, dtype, data };
}

/** Compares with the reference in float64, relative to the sum of the products' magnitudes. */
function check(x: HostArray, kernel: HostArray, params: Conv2dParameters): void {
  const out = convShape('conv2d', x, kernel, params);
  const [got] = runKernel(engine, conv2dKernel, [x, kernel], [out], params) ?? [];
  if (got === undefined) throw new Error('no kernel');
  const exact = (f: (value: number) => number): Float64Array => {
    const data = new Float64Array(sizeOf(out.shape));
    const wide = ({ shape, data: values }: HostArray): HostArray => ({
      shape,
      dtype: 'float64',
      data: Float64Array.from(values, f),
    });
    referenceKernel([wide(x), wide(kernel)], [{ shape: out.shape, dtype: 'float64', data }], params);
    return data;
  };
  const expected = exact((value) => value);
  const magnitude = exact(Math.abs);
  const tolerance = x.dtype === 'float32' ? 1e-5 : 1e-13;
  const wrong = expected.findIndex((value, i) => !(Math.abs(got[i]! - value) <= tolerance * magnitude[i]!));
  const what = `x ${x.dtype} ${formatShape(x.shape)} kernel ${formatShape(kernel.shape)} ${JSON.stringify(params)} at ${wrong}`;
  expect(wrong, wrong < 0 ? '' : `${what}: ${got[wrong]} for ${expected[wrong]}`).toBe(-1);
}

/** The two gradients' equations of a convolution with equal padding, as its derivative rule writes them. */
function checkGradients(
  x: Four,
  kernel: Four,
  stride: number,
  pad: number,
  dtype: Float,
  seed: number,
): void {
  const next = randomNumbers(seed);
  const params = { ...plain, strides: [stride, stride], padding: [[pad, pad], [pad, pad]] } as const; // prettier-ignore
  const ct = convShape('conv2d', { shape: x, dtype }, { shape: kernel, dtype }, params).shape as Four;
  const spread = (size: number): number => (size - 1) * stride + 1;
  const forInput = [0, 1].map((i) => {
    const low = kernel[2 + i]! - 1 - pad;
    return [low, x[2 + i]! - 1 + kernel[2 + i]! - low - spread(ct[2 + i]!)] as const;
  });
  check(array(ct, dtype, next), array([kernel[1], kernel[0], kernel[2], kernel[3]], dtype, next), {
    ...plain,
    padding: [forInput[0]!, forInput[1]!],
    inputDilation: [stride, stride],
  });
  const forKernel = [0, 1].map(
    (i) => [pad, kernel[2 + i]! - 1 + spread(ct[2 + i]!) - x[2 + i]! - pad] as const,
  );
  check(array([x[1], x[0], x[2], x[3]], dtype, next), array([ct[1], ct[0], ct[2], ct[3]], dtype, next), {
    ...plain,
    padding: [forKernel[0]!, forKernel[1]!],
    kernelDilation: [stride, stride],
  });
}

describe.each(productEngines(1))('conv2d on the heap, products by %s', (_, own) => {
  beforeAll(() => void (engine = own));

  it.each(['float32', 'float64'] as const)('agrees with the reference on random problems in %s', (dtype) => {
    const next = randomNumbers(7);
    const whole = (from: number, to: number): number =>
      Math.floor(((next() + 1) / 2) * (to - from + 1)) + from;
    let checked = 0;
    while (checked < 250) {
      const groups = whole(1, 3);
      const pair = (from: number, to: number) => [whole(from, to), whole(from, to)] as const;
      const params: Conv2dParameters = {
        strides: pair(1, 3),
        padding: [pair(-2, 3), pair(-2, 3)],
        inputDilation: pair(1, 3),
        kernelDilation: pair(1, 3),
        groups,
      };
      const channels = whole(1, 3);
      const x = array([whole(1, 3), groups * channels, whole(1, 12), whole(1, 20)], dtype, next);
      const kernel = array([groups * whole(1, 4), channels, whole(1, 7), whole(1, 9)], dtype, next);
      try {
        convShape('conv2d', x, kernel, params);
      } catch {
        continue;
      }
      check(x, kernel, params);
      checked++;
    }
  });

  it.each([
    { x: [3, 2, 13, 13], kernel: [4, 2, 3, 3], stride: 1, pad: 0 },
    { x: [2, 3, 14, 11], kernel: [5, 3, 3, 5], stride: 2, pad: 1 },
    { x: [2, 1, 28, 28], kernel: [3, 1, 5, 5], stride: 1, pad: 2 },
    { x: [2, 2, 9, 40], kernel: [2, 2, 2, 2], stride: 3, pad: 0 },
    { x: [5, 6, 4, 4], kernel: [7, 6, 1, 1], stride: 1, pad: 0 },
    { x: [2, 2, 8, 8], kernel: [3, 2, 1, 1], stride: 2, pad: 0 },
    { x: [3, 2, 60, 70], kernel: [40, 2, 3, 3], stride: 1, pad: 1 },
  ] as const)('agrees on the gradients of $x by $kernel, stride $stride', ({ x, kernel, stride, pad }) => {
    checkGradients(x, kernel, stride, pad, 'float32', 3);
    checkGradients(x, kernel, stride, pad, 'float64', 4);
  });

  it.each([
    { x: [2, 3, 1, 300], kernel: [4, 3, 1, 7] },
    { x: [1, 2, 70, 130], kernel: [3, 2, 3, 3] },
    { x: [4, 5, 6, 7], kernel: [3, 5, 6, 7] },
    { x: [9, 40, 20, 20], kernel: [2, 40, 3, 3] },
    { x: [1, 1, 1, 1], kernel: [1, 1, 1, 1] },
  ] as const)('agrees on wide, large, whole-image and tiny windows: $x by $kernel', ({ x, kernel }) => {
    const next = randomNumbers(11);
    check(array(x, 'float32', next), array(kernel, 'float32', next), plain);
    check(array(x, 'float64', next), array(kernel, 'float64', next), { ...plain, padding: [[0, 0], [2, 1]] }); // prettier-ignore
  });

  it.each(['float32', 'float64'] as const)(
    'agrees where taps are scattered, at every %s row length',
    (dtype) => {
      const next = randomNumbers(13);
      for (let width = 1; width < 40; width++) {
        const x = array([2, 8, 3, width], dtype, next);
        for (const gap of [1, 2, 3] as const) {
          const params = { ...plain, inputDilation: [2, gap], groups: 2 } as const;
          const inner = width + (width - 1) * (gap - 1);
          check(x, array([4, 4, 1, 1], dtype, next), params);
          check(x, array([4, 4, 2, 3], dtype, next), { ...params, padding: [[1, 0], [2, 3]] }); // prettier-ignore
          if (inner < 4) continue;
          check(x, array([2, 4, 3, 2], dtype, next), { ...params, kernelDilation: [1, 2], padding: [[2, -1], [-1, 1]] }); // prettier-ignore
        }
      }
      check(array([3, 9, 1, 150], dtype, next), array([4, 9, 1, 5], dtype, next), { ...plain, padding: [[0, 0], [4, 4]] }); // prettier-ignore
    },
  );

  it.each(['float32', 'float64'] as const)('sums single planes of %s of every small size', (dtype) => {
    const next = randomNumbers(21);
    for (let height = 1; height < 12; height++) {
      for (let width = 1; width < 12; width++) {
        const x = array([2, 3, height, width], dtype, next);
        const same = { ...plain, groups: 3, padding: [[1, 1], [2, 2]] } as const; // prettier-ignore
        check(x, array([3, 1, 1, 1], dtype, next), { ...plain, groups: 3 });
        check(x, array([3, 1, 3, 5], dtype, next), same);
        check(x, array([3, 1, 2, 3], dtype, next), { ...same, strides: [2, 3], inputDilation: [1, 2] });
        check(x, array([3, 1, 2, 2], dtype, next), {
          ...same,
          kernelDilation: [2, 3],
          inputDilation: [3, 1],
        });
      }
    }
    check(array([2, 3, 20, 21], dtype, next), array([3, 1, 6, 6], dtype, next), { ...plain, groups: 3 });
  });

  it.each(['float32', 'float64'] as const)('correlates large windows of single filters, in %s', (dtype) => {
    const next = randomNumbers(23);
    for (let width = 1; width < 22; width++) {
      const x = array([2, 6, 9, width + 2], dtype, next);
      const kernel = array([2, 3, 8, width], dtype, next);
      const params = { ...plain, groups: 2 } as const;
      check(x, kernel, params);
      check(x, kernel, { ...params, padding: [[1, 0], [2, 1]], strides: [1, 2] }); // prettier-ignore
      check(x, kernel, { ...params, padding: [[-1, 4], [width, width]], strides: [2, 1], kernelDilation: [1, 2] }); // prettier-ignore
      check(x, kernel, { ...params, padding: [[0, 9], [0, width]], inputDilation: [2, 3], kernelDilation: [2, 3] }); // prettier-ignore
    }
  });

  it('counts what is infinite once where rows end within a vector', () => {
    for (const width of [4, 5, 6, 7, 9]) {
      const x = array([1, 2, 6, width], 'float32', () => 1);
      x.data[width - 1] = Infinity;
      x.data[width - 3] = Infinity;
      const kernel = array([1, 2, 5, width], 'float32', () => 1);
      const out = { shape: [1, 1, 2, 1], dtype: 'float32' } as const;
      const [got] = runKernel(engine, conv2dKernel, [x, kernel], [out], plain)!;
      expect(got).toEqual(Float32Array.of(Infinity, 10 * width));
    }
  });

  it('keeps what is not a number where it belongs', () => {
    const next = randomNumbers(15);
    const x = array([2, 2, 6, 7], 'float32', next);
    x.data[17] = NaN;
    const kernel = array([1, 2, 3, 3], 'float32', next);
    for (const inputDilation of [
      [1, 1],
      [2, 2],
    ] as const) {
      const params = { ...plain, inputDilation, padding: [[2, 2], [2, 2]] } as const; // prettier-ignore
      const out = convShape('conv2d', x, kernel, params);
      const expected = array(out.shape as Four, 'float32', () => 0);
      referenceKernel([x, kernel], [expected], params);
      const [got] = runKernel(engine, conv2dKernel, [x, kernel], [out], params)!;
      expect(Array.from(got!, Number.isNaN)).toEqual(Array.from(expected.data, Number.isNaN));
    }
  });

  it('works channel by channel when there are as many groups', () => {
    const next = randomNumbers(5);
    for (const strides of [
      [1, 1],
      [2, 2],
      [1, 3],
    ] as const) {
      for (const padding of [
        [
          [0, 0],
          [0, 0],
        ],
        [
          [1, 1],
          [2, 2],
        ],
      ] as const) {
        check(array([2, 6, 15, 18], 'float32', next), array([6, 1, 3, 3], 'float32', next), { ...plain, strides, padding, groups: 6 }); // prettier-ignore
        check(array([2, 6, 15, 18], 'float64', next), array([12, 1, 3, 3], 'float64', next), { ...plain, strides, padding, groups: 6 }); // prettier-ignore
      }
    }
  });

  it('gives the same bits however the work is cut', () => {
    const { heap } = engine;
    const cut: Engine = {
      ...engine,
      parallel: (f, args, items, _grain, scratchBytes = 0) => {
        const scratch = heap.take(scratchBytes + 64);
        for (let item = items - 1; item >= 0; item--) f.call(...args, item, item + 1, scratch);
        heap.give(scratch, scratchBytes + 64);
      },
    };
    const next = randomNumbers(27);
    const problems: [Four, Four, Partial<Conv2dParameters>][] = [
      [[5, 3, 9, 10], [4, 3, 3, 3], { padding: [[1, 1], [1, 1]] }],
      [[5, 8, 6, 7], [4, 4, 3, 3], { padding: [[2, 2], [2, 2]], inputDilation: [2, 2], groups: 2 }],
      [[5, 3, 9, 10], [3, 1, 3, 3], { padding: [[1, 1], [1, 1]], groups: 3 }],
      [[2, 6, 9, 10], [2, 3, 8, 9], { groups: 2 }],
      [[2, 6, 9, 10], [8, 3, 8, 9], { groups: 2 }],
    ]; // prettier-ignore
    for (const [xShape, kernelShape, rest] of problems) {
      const [x, kernel] = [array(xShape, 'float32', next), array(kernelShape, 'float32', next)];
      const params = { ...plain, ...rest };
      const out = convShape('conv2d', x, kernel, params);
      expect(runKernel(cut, conv2dKernel, [x, kernel], [out], params)).toEqual(
        runKernel(engine, conv2dKernel, [x, kernel], [out], params),
      );
    }
  });

  it('gives the same image the same bits wherever it stands in the batch', () => {
    const next = randomNumbers(9);
    const one = array([1, 3, 12, 12], 'float32', next);
    const kernel = array([4, 3, 3, 3], 'float32', next);
    const data = new Float32Array(one.data.length * 300);
    for (let i = 0; i < 300; i++) data.set(one.data, i * one.data.length);
    const [got] = runKernel(engine, conv2dKernel, [{ shape: [300, 3, 12, 12], dtype: 'float32', data }, kernel], [{ shape: [300, 4, 10, 10], dtype: 'float32' }], plain)!; // prettier-ignore
    for (let i = 1; i < 300; i++) expect(got!.slice(i * 400, i * 400 + 400)).toEqual(got!.slice(0, 400));
  });

  it('writes nothing without images, and leaves integers and empty sums to the reference', () => {
    const f32 = (shape: Four) =>
      ({ shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) }) as const;
    expect(
      runKernel(engine, conv2dKernel, [f32([0, 2, 5, 5]), f32([3, 2, 3, 3])], [{ shape: [0, 3, 3, 3], dtype: 'float32' }], plain), // prettier-ignore
    ).toEqual([new Float32Array(0)]);
    expect(
      runKernel(engine, conv2dKernel, [f32([1, 0, 5, 5]), f32([3, 0, 3, 3])], [{ shape: [1, 3, 3, 3], dtype: 'float32' }], plain), // prettier-ignore
    ).toBeUndefined();
    const i32 = (shape: Four) => ({ shape, dtype: 'int32', data: new Int32Array(sizeOf(shape)) }) as const;
    expect(
      runKernel(engine, conv2dKernel, [i32([1, 1, 5, 5]), i32([1, 1, 3, 3])], [{ shape: [1, 1, 3, 3], dtype: 'int32' }], plain), // prettier-ignore
    ).toBeUndefined();
  });
});
