import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import { argMaxKernel, argMinKernel } from '../../../src/backends/cpu/kernels/argExtreme.js';
import type { DType, TypedArray } from '../../../src/dtype.js';
import { allocate } from '../../../src/dtype.js';
import { argExtremeKernel } from '../../../src/primitives/kernels/reduce.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape, reducedShape, sizeOf } from '../../../src/shape.js';
import { plainEngine, randomNumbers, runKernel } from './convSupport.js';
import { itemByItem } from './reduceSupport.js';

const engine = plainEngine();
const dtypes = ['float32', 'float64', 'int32', 'bool'] as const;

function run(isMax: boolean, x: HostArray, axis: number, on: Engine = engine): TypedArray {
  const out = { shape: reducedShape(x.shape, [axis]), dtype: 'int32' as const };
  const [got] = runKernel(on, isMax ? argMaxKernel : argMinKernel, [x], [out], { axis }) ?? [];
  if (got === undefined) throw new Error('no kernel');
  return got;
}

function check(x: HostArray, axis: number): void {
  const shape = reducedShape(x.shape, [axis]);
  for (const isMax of [true, false]) {
    const data = allocate('int32', sizeOf(shape));
    argExtremeKernel(x, { shape, dtype: 'int32', data }, axis, isMax);
    const got = run(isMax, x, axis);
    const wrong = data.findIndex((position, i) => position !== got[i]);
    const what = `${isMax ? 'argMax' : 'argMin'} ${x.dtype} ${formatShape(x.shape)} over ${axis} at ${wrong}`;
    expect(wrong, wrong < 0 ? '' : `${what}: ${got[wrong]} for ${data[wrong]}`).toBe(-1);
  }
}

/** Few different values, so that extremes are met more than once; `odd` adds NaN, infinities and both zeros. */
function array(shape: readonly number[], dtype: DType, next: () => number, odd: boolean): HostArray {
  const data = allocate(dtype, sizeOf(shape));
  const special = [NaN, Infinity, -Infinity, 0, -0];
  const levels = odd ? 8 : 1000;
  for (let i = 0; i < data.length; i++) {
    const level = Math.floor(next() * levels);
    if (dtype === 'bool') data[i] = level > 0 ? 1 : 0;
    else if (dtype === 'int32') data[i] = odd ? level * 2 ** 28 : level;
    else data[i] = (odd ? special[Math.floor((next() + 1) * 20)] : undefined) ?? level / 4;
  }
  return { shape, dtype, data };
}

describe('positions of extremes', () => {
  it('agree with the reference on random shapes, along every axis', () => {
    const next = randomNumbers(5);
    const whole = (to: number): number => Math.floor(((next() + 1) / 2) * (to + 1));
    for (let round = 0; round < 200; round++) {
      const shape = Array.from({ length: 1 + whole(3) }, () => 1 + whole(round % 3 ? 6 : 40));
      for (const dtype of dtypes) {
        const x = array(shape, dtype, next, round % 2 === 0);
        shape.forEach((_, axis) => void check(x, axis));
      }
    }
  });

  it.each([
    [3, 1023],
    [2, 1025],
    [2, 5000],
    [2000, 3],
    [40, 257],
    [3, 4099],
  ])('agree on chunks and tiles: [%d, %d]', (rows, width) => {
    const next = randomNumbers(width);
    for (const dtype of dtypes) {
      for (const odd of [false, true]) {
        const x = array([rows, width], dtype, next, odd);
        check(x, 0);
        check(x, 1);
      }
    }
  });

  it('find the only extreme, and the first NaN, wherever they stand', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const length of [5, 33, 1100, 2051]) {
        for (let at = 0; at < length; at += length > 100 ? 97 : 1) {
          const data = allocate(dtype, length).fill(1);
          data[at] = 2;
          expect([...run(true, { shape: [length], dtype, data }, 0)]).toEqual([at]);
          data[at] = NaN;
          data[length - 1] = NaN;
          // An extreme before the NaN, as large as can be, and another NaN behind it.
          if (at > 0) data[0] = Infinity;
          expect([...run(true, { shape: [length], dtype, data }, 0)]).toEqual([at]);
          expect([...run(false, { shape: [length], dtype, data }, 0)]).toEqual([at]);
        }
      }
    }
  });

  it('take the first of equals, of two zeros and of two infinities too', () => {
    const data = Float32Array.of(-0, 0, 0, -0, -Infinity, -Infinity, Infinity, Infinity);
    for (const shape of [[2, 4], [8], [4, 2]]) {
      check({ shape, dtype: 'float32', data }, 0);
    }
    const same = new Float64Array(30).fill(-Infinity);
    expect([...run(true, { shape: [30], dtype: 'float64', data: same }, 0)]).toEqual([0]);
    expect([...run(true, { shape: [10, 3], dtype: 'float64', data: same }, 0)]).toEqual([0, 0, 0]);
  });

  it('are none where another axis is empty', () => {
    const x: HostArray = { shape: [0, 3, 2], dtype: 'float32', data: new Float32Array(0) };
    expect(run(true, x, 1)).toEqual(new Int32Array(0));
  });

  it('are the same however items are cut', () => {
    const next = randomNumbers(2);
    const x = array([5, 37, 700], 'float32', next, true);
    for (const axis of [0, 1, 2]) expect(run(true, x, axis, itemByItem(engine))).toEqual(run(true, x, axis));
  });
});
