import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import { indexingPrimitives as records } from '../../src/primitives/indexing.js';
import { expectError } from '../support/errors.js';
import {
  build,
  elementAt,
  generator,
  host,
  integer,
  randomHost,
  randomShape,
  runKernel,
} from '../support/kernels.js';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'bool'];
const SEEDS = [21, 22, 23];

describe('dynamicSlice and dynamicUpdateSlice', () => {
  it('move a window, clamped so that it fits', () => {
    for (const seed of SEEDS) {
      const random = generator(seed);
      for (let trial = 0; trial < 100; trial++) {
        const x = randomHost(random, randomShape(random), DTYPES[trial % 4]!);
        const sizes = x.shape.map((length) => integer(random, 0, length));
        const asked = x.shape.map((length) => integer(random, -2, length + 1));
        const starts = asked.map((start) => host([], 'int32', [start]));
        const actual = asked.map((start, axis) =>
          Math.max(0, Math.min(start, x.shape[axis]! - sizes[axis]!)),
        );
        const window = build(sizes, x.dtype, (index) =>
          elementAt(
            x,
            index.map((i, axis) => i + actual[axis]!),
          ),
        );
        expect(runKernel(records.dynamicSlice, [x, ...starts], { sizes })).toEqual(window);

        const update = randomHost(random, sizes, x.dtype);
        const updated = build(x.shape, x.dtype, (index) => {
          const inner = index.map((i, axis) => i - actual[axis]!);
          return inner.every((i, axis) => i >= 0 && i < sizes[axis]!)
            ? elementAt(update, inner)
            : elementAt(x, index);
        });
        expect(runKernel(records.dynamicUpdateSlice, [x, update, ...starts], {})).toEqual(updated);
      }
    }
  });

  it('refuse windows larger than the array, and starts that are not int32 scalars', () => {
    const x = host([3, 3], 'float32');
    const start = host([], 'int32');
    expectError(
      () => records.dynamicSlice.shape([x, start, start], { sizes: [4, 1] }),
      'SHAPE',
      'dynamicSlice: a window of 4x1 does not fit in float32[3,3]',
    );
    expectError(
      () => records.dynamicSlice.shape([x, start], { sizes: [1, 1] }),
      'ARGUMENT',
      'dynamicSlice: got 1 starts for float32[3,3]; give one per axis',
    );
    expect(() => records.dynamicSlice.shape([x, start, host([1], 'int32')], { sizes: [1, 1] })).toThrow(
      /a start is int32\[1\]/,
    );
    expectError(
      () => records.dynamicUpdateSlice.shape([x, host([1, 1], 'int32'), start, start], {}),
      'DTYPE',
      'dynamicUpdateSlice: float32[3,3] takes no update int32[1,1]; cast one of them',
    );
  });
});

describe('gather and scatterAdd', () => {
  it('agree with plain loops; each batch may be shared', () => {
    for (const seed of SEEDS) {
      const random = generator(seed);
      for (let trial = 0; trial < 100; trial++) {
        const dtype = DTYPES[trial % 4]!;
        const [b, n, m] = [integer(random, 1, 3), integer(random, 1, 6), integer(random, 0, 7)];
        const d = random() < 0.2 ? 40 : integer(random, 0, 4);
        const x = randomHost(random, [random() < 0.4 ? 1 : b, n, d], dtype);
        const indices = host([random() < 0.4 ? 1 : b, m], 'int32');
        for (let i = 0; i < indices.data.length; i++) indices.data[i] = integer(random, -n, n - 1);
        const row = (batch: number, i: number) => {
          const index = elementAt(indices, [indices.shape[0] === 1 ? 0 : batch, i]);
          return index < 0 ? index + n : index;
        };
        const batches = Math.max(x.shape[0]!, indices.shape[0]!);
        const gathered = build([batches, m, d], dtype, ([batch, i, j]) =>
          elementAt(x, [x.shape[0] === 1 ? 0 : batch!, row(batch!, i!), j!]),
        );
        expect(runKernel(records.gather, [x, indices], {})).toEqual(gathered);

        if (dtype === 'bool') continue;
        const base = randomHost(random, [batches, n, d], dtype);
        const updates = randomHost(random, [batches, m, d], dtype);
        const out = runKernel(records.scatterAdd, [base, indices, updates], {});
        const expected = build(base.shape, 'float64', ([batch, r, j]) => {
          let total = elementAt(base, [batch!, r!, j!]);
          for (let i = 0; i < m; i++) if (row(batch!, i) === r) total += elementAt(updates, [batch!, i, j!]);
          return total;
        });
        expected.data.forEach((value, i) =>
          expect(out.data[i]).toBeCloseTo(value, dtype === 'float32' ? 5 : 12),
        );
      }
    }
  });

  it('scatterAdd sums float32 in doubles whether rows are many or few', () => {
    for (const rows of [2, 5000]) {
      const count = 1000;
      const updates = host([1, count, 1], 'float32');
      updates.data.fill(0.1);
      const out = runKernel(
        records.scatterAdd,
        [host([1, rows, 1], 'float32'), host([1, count], 'int32'), updates],
        {},
      );
      expect(out.data[0]).toBe(Math.fround(Math.fround(0.1) * count));
      expect(out.data[1]).toBe(0);
    }
  });

  it('scatterAdd wraps int32', () => {
    const x = host([1, 1, 1], 'int32', [2 ** 31 - 1]);
    expect(
      runKernel(records.scatterAdd, [x, host([1, 1], 'int32'), host([1, 1, 1], 'int32', [1])], {}).data[0],
    ).toBe(-(2 ** 31));
  });

  it('refuse indices out of range, naming the first one', () => {
    const x = host([1, 3, 1], 'float32');
    const indices = host([1, 3], 'int32', [0, -3, 3]);
    expectError(
      () => runKernel(records.gather, [x, indices], {}),
      'INDEX',
      'gather: index 3 (number 2 of the indices) is out of range for an axis of size 3; use -3..2',
    );
    expect(() => runKernel(records.scatterAdd, [x, indices, host([1, 3, 1], 'float32')], {})).toThrow(
      /scatterAdd: index 3 .* use -3\.\.2/,
    );
    expect(() => runKernel(records.gather, [host([1, 0, 1], 'float32'), indices], {})).toThrow(
      /axis of size 0; no index is valid/,
    );
  });

  it('refuse shapes and dtypes that do not fit', () => {
    const x = host([2, 3, 1], 'float32');
    expectError(
      () => records.gather.shape([x, host([3, 1], 'int32')], {}),
      'SHAPE',
      'gather: x float32[2,3,1] and indices int32[3,1] must be [b, n, d] and [b, m]',
    );
    expect(() => records.gather.shape([x, host([2, 1], 'float32')], {})).toThrow(
      /gather: indices are float32\[2,1\]; they must be int32/,
    );
    expect(() =>
      records.scatterAdd.shape([x, host([2, 1], 'int32'), host([2, 2, 1], 'float32')], {}),
    ).toThrow(/scatterAdd: updates float32\[2,2,1\] do not fit/);
    expectError(
      () => records.scatterAdd.shape([x, host([2, 1], 'int32'), host([2, 1, 1], 'int32')], {}),
      'DTYPE',
      'scatterAdd: x is float32[2,3,1] and updates are int32[2,1,1]; they must have one dtype',
    );
  });
});
