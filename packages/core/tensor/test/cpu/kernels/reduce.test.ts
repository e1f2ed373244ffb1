import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { KernelFactory } from '../../../src/backends/cpu/kernel.js';
import { reduceKernels } from '../../../src/backends/cpu/kernels/reduce.js';
import type { Reduction } from '../../../src/program/rowForm.js';
import type { DType } from '../../../src/dtype.js';
import { allocate } from '../../../src/dtype.js';
import { maxKernel, minKernel, prodKernel, sumKernel } from '../../../src/primitives/kernels/reduce.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import { formatShape, reducedShape, sizeOf } from '../../../src/shape.js';
import { plainEngine, randomNumbers, runKernel } from './convSupport.js';
import { itemByItem } from './reduceSupport.js';

const engine = plainEngine();
const references = { sum: sumKernel, prod: prodKernel, reduceMax: maxKernel, reduceMin: minKernel };
const reductions = Object.keys(references) as Reduction[];

/** Rows by the reference kernel: what is tested here is all but rows. */
const kernelsOf = (reduction: Reduction): KernelFactory<Reduction> =>
  reduceKernels(({ inputs: [x], outputs: [out], params: { axes } }, { heap }) => ([from, to]) => {
    const host = ({ shape, dtype }: typeof x & object, at: number): HostArray => ({
      shape,
      dtype,
      data: heap.view(dtype, at, sizeOf(shape)),
    });
    references[reduction](host(x!, from!), host(out!, to!), axes);
  })[reduction];

function array(shape: readonly number[], dtype: DType, next: () => number, special = false): HostArray {
  const data = allocate(dtype, sizeOf(shape));
  const odd = [NaN, Infinity, -Infinity, 0, -0, -0];
  for (let i = 0; i < data.length; i++) {
    const value = next();
    if (dtype === 'bool') data[i] = value > 0.5 ? 1 : 0;
    else if (dtype === 'int32') data[i] = Math.floor(value * 2 ** 31);
    else if (special) data[i] = odd[Math.floor((next() + 1) * 8)] ?? value;
    // Near 1 and of both signs: a product of many neither vanishes nor overflows.
    else data[i] = Math.sign(value) * (1 + value / 16);
  }
  return { shape, dtype, data };
}

function run(reduction: Reduction, x: HostArray, axes: readonly number[], on: Engine = engine) {
  const out = { shape: reducedShape(x.shape, axes), dtype: x.dtype };
  const [got] = runKernel(on, kernelsOf(reduction), [x], [out], { axes }) ?? [];
  if (got === undefined) throw new Error('no kernel');
  const data = allocate(x.dtype, sizeOf(out.shape));
  references[reduction](x, { ...out, data }, axes);
  return { got, expected: data };
}

/** The same bits where nothing rounds; sums relative to what was added, products relative to themselves. */
function check(reduction: Reduction, x: HostArray, axes: readonly number[]): void {
  const { got, expected } = run(reduction, x, axes);
  const rounds = x.dtype.startsWith('float') && (reduction === 'sum' || reduction === 'prod');
  const magnitude = Float64Array.from(expected, Math.abs);
  if (rounds && reduction === 'sum') {
    const data = x.data.map(Math.abs);
    sumKernel({ ...x, data, dtype: x.dtype }, { shape: [], dtype: 'float64', data: magnitude }, axes);
  }
  const factors = sizeOf(x.shape) / Math.max(1, expected.length);
  const tolerance =
    x.dtype === 'float32' ? 3e-7 : reduction === 'sum' ? 1e-14 : 2 ** -52 * Math.max(8, factors);
  const wrong = expected.findIndex((value, i) => {
    if (Object.is(value, got[i])) return false;
    return !(rounds && Math.abs(got[i]! - value) <= tolerance * magnitude[i]!);
  });
  const what = `${reduction} ${x.dtype} ${formatShape(x.shape)} over ${axes.join()}: at ${wrong}`;
  expect(wrong, wrong < 0 ? '' : `${what} ${got[wrong]} for ${expected[wrong]}`).toBe(-1);
}

describe('reductions of columns and of any axes', () => {
  it.each(reductions)('%s agrees with the reference on random shapes and axes', (reduction) => {
    const isExtreme = reduction === 'reduceMax' || reduction === 'reduceMin';
    const next = randomNumbers(3);
    const whole = (to: number): number => Math.floor(((next() + 1) / 2) * (to + 1));
    for (let round = 0; round < 300; round++) {
      const shape = Array.from({ length: whole(4) }, () =>
        whole(12) === 0 ? 0 : 1 + whole(round % 3 ? 6 : 20),
      );
      const axes = shape.flatMap((length, axis) =>
        whole(1) === 0 && (length > 0 || !isExtreme) ? [axis] : [],
      );
      for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
        if (dtype === 'bool' && !isExtreme) continue;
        check(reduction, array(shape, dtype, next, round % 4 === 0), axes);
      }
    }
  });

  it.each([
    [9, 300],
    [257, 255],
    [128, 256],
    [33, 1031],
    [8192, 3],
    [8193, 17],
    [30000, 5],
    [20, 4099],
  ])('agrees on tiles and pieces: [%d, %d]', (rows, width) => {
    const next = randomNumbers(rows);
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      for (const reduction of reductions) check(reduction, array([rows, width], dtype, next), [0]);
    }
    check('reduceMax', array([rows, width], 'float32', next, true), [0]);
    for (const dtype of ['float32', 'float64'] as const) {
      const x = array([rows, width], dtype, next);
      for (let i = 0; i < 3; i++) x.data[Math.floor(((next() + 1) / 2) * x.data.length)] = NaN;
      check('reduceMax', x, [0]);
      check('reduceMin', x, [0]);
    }
    check('reduceMin', array([rows, width], 'bool', next), [0]);
  });

  it('lets NaN win, and keeps the first of two zeros', () => {
    const data = Float32Array.of(-0, 0, NaN, 1, 0, -0, 5, NaN);
    const x: HostArray = { shape: [2, 4], dtype: 'float32', data };
    expect([...run('reduceMax', x, [0]).got]).toEqual([-0, 0, NaN, NaN]);
    expect([...run('reduceMin', x, [0]).got]).toEqual([-0, 0, NaN, NaN]);
  });

  it('sums ten million float32 numbers in columns to a relative error below 1e-6', () => {
    const data = new Float32Array(1e7).fill(0.1);
    for (const shape of [
      [5e6, 2],
      [1e4, 1000],
    ]) {
      const { got } = run('sum', { shape, dtype: 'float32', data }, [0]);
      const exact = Math.fround(0.1) * shape[0]!;
      for (const sum of got) expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-7);
    }
  });

  it('does not overflow where only a partial sum would', () => {
    const data = Float32Array.of(3e38, 1, 3e38, 1, -3e38, 1, -3e38, 1);
    expect([...run('sum', { shape: [4, 2], dtype: 'float32', data }, [0]).got]).toEqual([0, 4]);
  });

  it('finds one true or one false element of a row wherever it stands', () => {
    for (let length = 2; length < 70; length++) {
      for (let at = 0; at < length; at++) {
        const data = new Uint8Array(3 * length);
        data[length + at] = 1;
        const x: HostArray = { shape: [3, length], dtype: 'bool', data };
        expect([...run('reduceMax', x, [1]).got]).toEqual([0, 1, 0]);
        expect([...run('reduceMin', { ...x, data: data.map((v) => 1 - v) }, [1]).got]).toEqual([1, 0, 1]);
      }
    }
  });

  it('neither rounds nor overflows between a step over rows and one over columns', () => {
    const over = (reduction: Reduction, ...data: number[]): number[] => {
      const x: HostArray = { shape: [2, 2, 2], dtype: 'float32', data: Float32Array.from(data) };
      return [...run(reduction, x, [0, 2]).got];
    };
    expect(over('sum', 3e38, 3e38, 16777216, 1, -3e38, -3e38, 1, 0)).toEqual([0, 16777218]);
    expect(over('prod', 2 ** 100, 2 ** 100, 1, 2, 2 ** -100, 2 ** -100, 3, 4)).toEqual([1, 24]);
  });

  it('gives the same bits however items are cut', () => {
    const next = randomNumbers(8);
    for (const shape of [
      [3, 40, 700],
      [1, 20000, 9],
      [2, 5, 4099],
    ]) {
      for (const reduction of reductions) {
        const x = array(shape, 'float32', next);
        expect(run(reduction, x, [1], itemByItem(engine)).got).toEqual(run(reduction, x, [1]).got);
      }
    }
  });

  it('returns the memory it takes', () => {
    const next = randomNumbers(1);
    const taken: number[] = [];
    const heap = {
      ...engine.heap,
      take: (bytes: number) => (taken.push(bytes), engine.heap.take(bytes)),
      give: (at: number, bytes: number) => (taken.push(-bytes), engine.heap.give(at, bytes)),
    };
    run('sum', array([20000, 2, 3, 4], 'float32', next), [0, 2], { ...engine, heap });
    expect(taken.some((bytes) => bytes > 0)).toBe(true);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(0);
  });
});
