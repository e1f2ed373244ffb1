import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { reducePrimitives as records } from '../../src/primitives/reduce.js';
import { reducedShape } from '../../src/shape.js';
import { expectError } from '../support/errors.js';
import {
  build,
  elementAt,
  generator,
  host,
  indicesOf,
  integer,
  randomHost,
  randomShape,
  runKernel,
} from '../support/kernels.js';

const SEEDS = [1, 2, 3];
const TRIALS = 60;

/** The elements that each output element is made of, in order. */
function groups(x: HostArray, axes: readonly number[]): number[][] {
  const kept = reducedShape(x.shape, axes);
  const result = Array.from(indicesOf(kept), () => [] as number[]);
  for (const index of indicesOf(x.shape)) {
    const flat = index.filter((_, axis) => !axes.includes(axis)).reduce((f, i, a) => f * kept[a]! + i, 0);
    result[flat]!.push(elementAt(x, index));
  }
  return result;
}

function randomAxes(random: () => number, ndim: number): number[] {
  return Array.from({ length: ndim }, (_, axis) => axis).filter(() => random() < 0.5);
}

function* cases(
  dtypes: readonly DType[],
  special = false,
): Generator<{ x: HostArray; axes: number[]; random: () => number }> {
  for (const seed of SEEDS) {
    const random = generator(seed);
    for (let trial = 0; trial < TRIALS; trial++) {
      const shape = randomShape(random);
      const x = randomHost(random, shape, dtypes[trial % dtypes.length]!, special);
      yield { x, axes: randomAxes(random, shape.length), random };
    }
  }
}

function expectClose(actual: HostArray, expected: readonly number[], tolerance: number): void {
  expect(actual.data.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const got = actual.data[i]!;
    const near =
      Object.is(got, value) ||
      got === value ||
      Math.abs(got - value) <= tolerance * Math.max(1, Math.abs(value));
    if (!near) expect(got).toBe(value);
  });
}

const max = (values: number[]): number => values.reduce((a, b) => (a !== a || b !== b ? NaN : a > b ? a : b));
const min = (values: number[]): number => values.reduce((a, b) => (a !== a || b !== b ? NaN : a < b ? a : b));

describe('sum and prod', () => {
  it('agree with plain loops over random shapes and axes', () => {
    for (const { x, axes } of cases(['float32', 'float64', 'int32'])) {
      const tolerance = x.dtype === 'float32' ? 1e-6 : 1e-14;
      const parts = groups(x, axes);
      expectClose(
        runKernel(records.sum, [x], { axes }),
        parts.map((part) => part.reduce((a, b) => a + b, 0)),
        tolerance,
      );
      const times = (a: number, b: number) => (x.dtype === 'int32' ? Math.imul(a, b) : a * b);
      expectClose(
        runKernel(records.prod, [x], { axes }),
        parts.map((part) => part.reduce(times, 1)),
        tolerance * 4,
      );
    }
  });

  it('give 0 and 1 for empty axes', () => {
    const x = host([2, 0, 3], 'float64');
    expect([...runKernel(records.sum, [x], { axes: [1] }).data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...runKernel(records.prod, [x], { axes: [0, 1] }).data]).toEqual([1, 1, 1]);
  });

  it('wrap int32', () => {
    const x = host([3], 'int32', [2 ** 31 - 1, 1, 5]);
    expect(runKernel(records.sum, [x], { axes: [0] }).data[0]).toBe(-(2 ** 31) + 5);
    expect(runKernel(records.prod, [host([2], 'int32', [65536, 65537])], { axes: [0] }).data[0]).toBe(65536);
    const tall = host([2, 2, 2], 'int32', new Array<number>(8).fill(2 ** 30));
    expect([...runKernel(records.sum, [tall], { axes: [0, 2] }).data]).toEqual([0, 0]);
  });

  it.each([
    [[1_000_003], [0]],
    [[300_001, 3], [0]],
    [[3, 200_001, 2], [1]],
  ])('sum %j over %j exactly enough', (shape, axes) => {
    // 0.1 is not a binary fraction: a plain float32 loop over a million of them is off by hundreds, a plain double one by 1e-11.
    for (const dtype of ['float32', 'float64'] as const) {
      const x = host(shape, dtype);
      x.data.fill(0.1);
      const out = runKernel(records.sum, [x], { axes });
      const count = x.data.length / out.data.length;
      const exact = (dtype === 'float32' ? Math.fround(0.1) : 0.1) * count;
      for (const value of out.data)
        expect(Math.abs(value - exact) / exact).toBeLessThan(dtype === 'float32' ? 6e-8 : 5e-15);
    }
  });

  it('refuse bool', () => {
    const x = host([2], 'bool');
    expectError(() => records.sum.shape([x], { axes: [0] }), 'DTYPE', 'sum: got bool[2]; cast it to int32');
    expect(() => records.cumsum.shape([x], { axis: 0, reverse: false })).toThrow(/cumsum: got bool\[2\]/);
  });
});

describe('reduceMax and reduceMin', () => {
  it('agree with plain loops, NaN and infinities included', () => {
    for (const { x, axes } of cases(['float32', 'float64', 'int32', 'bool'], true)) {
      if (axes.some((axis) => x.shape[axis] === 0)) continue;
      const parts = groups(x, axes);
      expectClose(runKernel(records.reduceMax, [x], { axes }), parts.map(max), 0);
      expectClose(runKernel(records.reduceMin, [x], { axes }), parts.map(min), 0);
    }
  });

  it('have no extreme of nothing', () => {
    expectError(
      () => records.reduceMax.shape([host([2, 0], 'float32')], { axes: [1] }),
      'SHAPE',
      'max: float32[2,0] has no elements along axes [1]',
    );
    expect(runKernel(records.reduceMin, [host([0, 3], 'float32')], { axes: [1] }).shape).toEqual([0]);
  });
});

describe('argMax and argMin', () => {
  it('give the first extreme, NaN before all', () => {
    for (const { x, random } of cases(['float32', 'float64', 'int32', 'bool'], true)) {
      if (x.shape.length === 0) continue;
      const axis = integer(random, 0, x.shape.length - 1);
      if (x.shape[axis] === 0) continue;
      const parts = groups(x, [axis]);
      const first = (part: number[], extreme: number) =>
        part.findIndex((v) => v === extreme || (v !== v && extreme !== extreme));
      expectClose(
        runKernel(records.argMax, [x], { axis }),
        parts.map((part) => first(part, max(part))),
        0,
      );
      expectClose(
        runKernel(records.argMin, [x], { axis }),
        parts.map((part) => first(part, min(part))),
        0,
      );
    }
  });

  it('refuse an empty axis', () => {
    expect(() => records.argMax.shape([host([0], 'int32')], { axis: 0 })).toThrow(
      /argmax: int32\[0\] has no elements/,
    );
  });
});

describe('cumsum', () => {
  it('agrees with sums of the parts, forwards and backwards', () => {
    for (const { x, random } of cases(['float32', 'float64', 'int32'])) {
      if (x.shape.length === 0) continue;
      const axis = integer(random, 0, x.shape.length - 1);
      for (const reverse of [false, true]) {
        const expected = build(x.shape, 'float64', (index) => {
          let total = 0;
          for (let i = reverse ? index[axis]! : 0; i < (reverse ? x.shape[axis]! : index[axis]! + 1); i++) {
            total += elementAt(x, index.with(axis, i));
          }
          return total;
        });
        expectClose(
          runKernel(records.cumsum, [x], { axis, reverse }),
          [...expected.data],
          x.dtype === 'float32' ? 1e-6 : 1e-14,
        );
      }
    }
    const wrapped = runKernel(records.cumsum, [host([3], 'int32', [2 ** 31 - 1, 1, 1])], {
      axis: 0,
      reverse: false,
    });
    expect([...wrapped.data]).toEqual([2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1]);
  });
});

describe('argsort', () => {
  const sorted = (values: number[], descending: boolean): number[] =>
    values
      .map((_, i) => i)
      .sort((a, b) => {
        const [x, y] = [values[a]!, values[b]!];
        if (x !== x || y !== y) return (x !== x ? 1 : 0) - (y !== y ? 1 : 0) || a - b;
        return (descending ? y - x || 0 : x - y || 0) || a - b;
      });

  it('is stable, with NaN last in both directions', () => {
    for (const { x, random } of cases(['float32', 'float64', 'int32', 'bool'], true)) {
      if (x.shape.length === 0) continue;
      const axis = integer(random, 0, x.shape.length - 1);
      for (const descending of [false, true]) {
        const out = runKernel(records.argsort, [x], { axis, descending });
        const perAxis = groups(x, [axis]).map((part) => sorted(part, descending));
        expect(groups(out, [axis])).toEqual(perAxis);
      }
    }
  });

  it.each(['float32', 'float64', 'int32', 'bool'] as const)('holds for long %s axes too', (dtype) => {
    for (const seed of SEEDS) {
      const random = generator(seed);
      for (const length of [17, 100, 2047, 2048, 5000]) {
        const x = randomHost(random, [length], dtype, true);
        if (dtype === 'int32') x.data.set([-(2 ** 31), 2 ** 31 - 1, -(2 ** 31)]);
        if (dtype === 'float64') x.data.set([-1e300, 1e300, 5e-324, -5e-324, 1 + 2 ** -52, 1]);
        for (const descending of [false, true]) {
          const out = runKernel(records.argsort, [x], { axis: 0, descending });
          expect([...out.data]).toEqual(sorted([...x.data], descending));
        }
      }
    }
  });
});
