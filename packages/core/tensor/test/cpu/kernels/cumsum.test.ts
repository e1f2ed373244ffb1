import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import { cumsumKernel } from '../../../src/backends/cpu/kernels/cumsum.js';
import type { DType, TypedArray } from '../../../src/dtype.js';
import { allocate } from '../../../src/dtype.js';
import { cumsumKernel as reference } from '../../../src/primitives/kernels/reduce.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape, sizeOf } from '../../../src/shape.js';
import { plainEngine, randomNumbers, runKernel } from './convSupport.js';
import { itemByItem } from './reduceSupport.js';

const engine = plainEngine();
const dtypes = ['float32', 'float64', 'int32'] as const;

function run(x: HostArray, axis: number, reverse: boolean, on: Engine = engine): TypedArray {
  const [got] = runKernel(on, cumsumKernel, [x], [{ shape: x.shape, dtype: x.dtype }], { axis, reverse }) ?? []; // prettier-ignore
  if (got === undefined) throw new Error('no kernel');
  return got;
}

/** The reference's bits, as elements are added in its order. */
function check(x: HostArray, axis: number): void {
  for (const reverse of [false, true]) {
    const data = allocate(x.dtype, x.data.length);
    reference(x, { shape: x.shape, dtype: x.dtype, data }, axis, reverse);
    const got = run(x, axis, reverse);
    const wrong = data.findIndex((sum, i) => !Object.is(sum, got[i]));
    const what = `${x.dtype} ${formatShape(x.shape)} along ${axis}, reverse ${reverse}, at ${wrong}`;
    expect(wrong, wrong < 0 ? '' : `${what}: ${got[wrong]} for ${data[wrong]}`).toBe(-1);
  }
}

function array(shape: readonly number[], dtype: DType, next: () => number, odd = false): HostArray {
  const data = allocate(dtype, sizeOf(shape));
  const special = [NaN, Infinity, -Infinity, -0];
  for (let i = 0; i < data.length; i++) {
    const value = next();
    // Int32 sums wrap round.
    data[i] = dtype === 'int32' ? Math.floor(value * 2 ** 31) : value;
    if (odd && dtype !== 'int32') data[i] = special[Math.floor((next() + 1) * 20)] ?? value;
  }
  return { shape, dtype, data };
}

describe('cumulative sums', () => {
  it("are the reference's on random shapes, along every axis, both ways", () => {
    const next = randomNumbers(6);
    const whole = (to: number): number => Math.floor(((next() + 1) / 2) * (to + 1));
    for (let round = 0; round < 200; round++) {
      const shape = Array.from({ length: 1 + whole(3) }, () =>
        whole(15) === 0 ? 0 : 1 + whole(round % 3 ? 6 : 30),
      );
      for (const dtype of dtypes) {
        const x = array(shape, dtype, next, round % 4 === 0);
        shape.forEach((_, axis) => void check(x, axis));
      }
    }
  });

  it.each([
    [7, 1023],
    [3, 2051],
    [1, 3000],
    [3000, 3],
  ])("are the reference's on tiles: [%d, %d]", (rows, width) => {
    const next = randomNumbers(width);
    for (const dtype of dtypes) {
      const x = array([rows, width], dtype, next);
      check(x, 0);
      check(x, 1);
    }
  });

  it('begin with +0 and round float32 sums once each', () => {
    const data = Float32Array.of(-0, 16777216, 1, 1, -16777216);
    const x: HostArray = { shape: [5], dtype: 'float32', data };
    expect([...run(x, 0, false)]).toEqual([0, 16777216, 16777216, 16777218, 2]);
    const columns: HostArray = { ...x, shape: [5, 2], data: Float32Array.from([...data].flatMap((v) => [v, v])) }; // prettier-ignore
    expect([...run(columns, 0, false)].filter((_, i) => i % 2 === 1)).toEqual([0, 16777216, 16777216, 16777218, 2]); // prettier-ignore
  });

  it('leave a NaN in all that follow, and only there', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const data = allocate(dtype, 8).fill(1);
      data[3] = NaN;
      expect([...run({ shape: [8], dtype, data }, 0, false)]).toEqual([1, 2, 3, NaN, NaN, NaN, NaN, NaN]);
      expect([...run({ shape: [4, 2], dtype, data }, 0, true)]).toEqual([4, NaN, 3, NaN, 2, 2, 1, 1]);
    }
  });

  it('may be written over what they sum', () => {
    const { heap } = engine;
    for (const [shape, axis] of [
      [[3, 50], 1],
      [[50, 3], 0],
    ] as const) {
      const x = array(shape, 'float32', randomNumbers(4));
      const at = heap.take(600);
      heap.view('float32', at, 150).set(x.data);
      cumsumKernel({ inputs: [x], outputs: [x], params: { axis, reverse: true } }, engine)!([at, at]);
      expect(heap.view('float32', at, 150)).toEqual(run(x, axis, true));
      heap.give(at, 600);
    }
  });

  it('are the same however items are cut', () => {
    const x = array([6, 11, 2100], 'float32', randomNumbers(9));
    for (const axis of [0, 1, 2]) expect(run(x, axis, true, itemByItem(engine))).toEqual(run(x, axis, true));
  });
});
