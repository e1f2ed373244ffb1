import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/dtype.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import { layoutPrimitives as records } from '../../src/primitives/layout.js';
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

/** 120 random arrays for each of three seeds. */
function* arrays(maxRank = 4, maxLength = 5): Generator<{ x: HostArray; random: () => number }> {
  for (const seed of [11, 12, 13]) {
    const random = generator(seed);
    for (let trial = 0; trial < 120; trial++) {
      yield { x: randomHost(random, randomShape(random, maxRank, maxLength), DTYPES[trial % 4]!), random };
    }
  }
}

function shuffled(random: () => number, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = integer(random, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

describe('full and iota', () => {
  it('fill', () => {
    expect(runKernel(records.full, [], { shape: [2, 3], dtype: 'int32', value: 7 })).toEqual(
      host([2, 3], 'int32', [7, 7, 7, 7, 7, 7]),
    );
    expect(runKernel(records.full, [], { shape: [], dtype: 'float64', value: NaN })).toEqual(
      host([], 'float64', [NaN]),
    );
  });

  it('count along one axis', () => {
    for (const { x, random } of arrays()) {
      if (x.shape.length === 0) continue;
      const axis = integer(random, 0, x.shape.length - 1);
      const out = runKernel(records.iota, [], { shape: x.shape, dtype: 'int32', axis });
      expect(out).toEqual(build(x.shape, 'int32', (index) => index[axis]!));
    }
    expect(() => records.iota.shape([], { shape: [2], dtype: 'bool', axis: 0 })).toThrow(
      /iota: positions are numbers/,
    );
    expectError(
      () => records.iota.shape([], { shape: [2], dtype: 'int32', axis: 1 }),
      'INDEX',
      'iota: shape [2] has no axis 1',
    );
  });
});

describe('reshape', () => {
  it('keeps the order of elements', () => {
    const x = host([2, 3], 'float32', [1, 2, 3, 4, 5, 6]);
    expect(runKernel(records.reshape, [x], { shape: [3, 1, 2] })).toEqual(
      host([3, 1, 2], 'float32', [1, 2, 3, 4, 5, 6]),
    );
    expectError(
      () => records.reshape.shape([x], { shape: [4] }),
      'SHAPE',
      'reshape: float32[2,3] has 6 elements, shape [4] needs 4',
    );
  });
});

describe('transpose', () => {
  it('moves every element to its permuted index', () => {
    for (const { x, random } of arrays(5)) {
      const permutation = shuffled(random, x.shape.length);
      const shape = permutation.map((axis) => x.shape[axis]!);
      const expected = build(shape, x.dtype, (index) =>
        elementAt(
          x,
          permutation.map((_, axis) => index[permutation.indexOf(axis)]!),
        ),
      );
      expect(runKernel(records.transpose, [x], { permutation })).toEqual(expected);
    }
  });

  it('does so across tiles and long runs', () => {
    const random = generator(5);
    for (const [shape, permutation] of [
      [
        [70, 45],
        [1, 0],
      ],
      [
        [3, 70, 45],
        [0, 2, 1],
      ],
      [
        [33, 3, 65],
        [2, 1, 0],
      ],
      [
        [40, 2, 60],
        [1, 0, 2],
      ],
      [
        [2, 40, 3, 50],
        [3, 1, 0, 2],
      ],
    ] as const) {
      const x = randomHost(random, shape, 'float32');
      const expected = build(
        permutation.map((axis) => shape[axis]!),
        'float32',
        (index) =>
          elementAt(
            x,
            permutation.map((_, axis) => index[permutation.findIndex((from) => from === axis)]!),
          ),
      );
      expect(runKernel(records.transpose, [x], { permutation })).toEqual(expected);
    }
  });

  it('refuses what is not an order of the axes', () => {
    expectError(
      () => records.transpose.shape([host([2, 3], 'float32')], { permutation: [0, 0] }),
      'ARGUMENT',
      'transpose: [0,0] is not an order of the 2 axes of float32[2,3]',
    );
  });
});

describe('broadcastTo', () => {
  it('repeats axes of size 1 and adds axes in front', () => {
    for (const { x, random } of arrays(3)) {
      const own = x.shape.map((length) => (random() < 0.4 ? 1 : length));
      const source = randomHost(random, own, x.dtype);
      const shape = [
        ...randomShape(random, 2, 3),
        ...own.map((length) => (length === 1 ? integer(random, 0, 4) : length)),
      ];
      const offset = shape.length - own.length;
      const expected = build(shape, x.dtype, (index) =>
        elementAt(
          source,
          own.map((length, axis) => (length === 1 ? 0 : index[axis + offset]!)),
        ),
      );
      expect(runKernel(records.broadcastTo, [source], { shape })).toEqual(expected);
    }
  });

  it('does so for long runs', () => {
    const random = generator(6);
    for (const [own, shape] of [
      [[200], [50, 200]],
      [
        [50, 1],
        [50, 200],
      ],
      [
        [1, 60, 1],
        [7, 60, 70],
      ],
      [
        [3, 1, 60],
        [3, 50, 60],
      ],
    ] as const) {
      const x = randomHost(random, own, 'float64');
      const offset = shape.length - own.length;
      const expected = build(shape, 'float64', (index) =>
        elementAt(
          x,
          own.map((length, axis) => (length === 1 ? 0 : index[axis + offset]!)),
        ),
      );
      expect(runKernel(records.broadcastTo, [x], { shape })).toEqual(expected);
    }
  });

  it('refuses what does not fit', () => {
    const x = host([2, 3], 'float32');
    for (const shape of [[3], [3, 3], [6]])
      expect(() => records.broadcastTo.shape([x], { shape })).toThrow(/broadcastTo: .*\[2,3\]/);
    expectError(
      () => records.broadcastTo.shape([x], { shape: [1, 3] }),
      'SHAPE',
      'float32[2,3] does not broadcast to [1,3]',
    );
  });
});

describe('slice', () => {
  it('takes every step-th element of a window', () => {
    for (const { x, random } of arrays()) {
      const starts = x.shape.map((length) => integer(random, 0, length));
      const stops = x.shape.map((length, axis) => integer(random, starts[axis]!, length));
      const steps = x.shape.map(() => integer(random, 1, 3));
      const shape = x.shape.map((_, axis) => Math.ceil((stops[axis]! - starts[axis]!) / steps[axis]!));
      const expected = build(shape, x.dtype, (index) =>
        elementAt(
          x,
          index.map((i, axis) => starts[axis]! + i * steps[axis]!),
        ),
      );
      expect(runKernel(records.slice, [x], { starts, stops, steps })).toEqual(expected);
    }
  });

  it('refuses windows that leave the array', () => {
    const x = host([4], 'float32');
    for (const [start, stop, step] of [
      [-1, 2, 1],
      [0, 5, 1],
      [3, 2, 1],
      [0, 4, 0],
    ] as const) {
      expectError(
        () => records.slice.shape([x], { starts: [start], stops: [stop], steps: [step] }),
        'INDEX',
        `slice: ${start}..${stop} by ${step} is not inside axis 0 of float32[4]`,
      );
    }
  });
});

describe('pad', () => {
  it('fills around and between, and crops where widths are negative', () => {
    for (const { x, random } of arrays(3)) {
      const interior = x.shape.map(() => (random() < 0.5 ? 0 : integer(random, 1, 2)));
      const dilated = x.shape.map((length, axis) =>
        length === 0 ? 0 : length + (length - 1) * interior[axis]!,
      );
      const low = x.shape.map(() => integer(random, -3, 3));
      const high = dilated.map((length, axis) => Math.max(integer(random, -3, 3), -(length + low[axis]!)));
      const shape = dilated.map((length, axis) => length + low[axis]! + high[axis]!);
      const value = x.dtype === 'bool' ? 1 : 5;
      const expected = build(shape, x.dtype, (index) => {
        const places = index.map((i, axis) => (i - low[axis]!) / (interior[axis]! + 1));
        const isElement = places.every((i, axis) => Number.isInteger(i) && i >= 0 && i < x.shape[axis]!);
        return isElement ? elementAt(x, places) : value;
      });
      expect(runKernel(records.pad, [x], { low, high, interior, value })).toEqual(expected);
    }
  });

  it('refuses to crop more than there is', () => {
    expectError(
      () => records.pad.shape([host([2], 'float32')], { low: [-2], high: [-1], interior: [0], value: 0 }),
      'SHAPE',
      'leave axis 0 of float32[2] with the size -1',
    );
  });
});

describe('concat', () => {
  it('lines up blocks along an axis', () => {
    for (const { x, random } of arrays()) {
      if (x.shape.length === 0) continue;
      const axis = integer(random, 0, x.shape.length - 1);
      const blocks = Array.from({ length: integer(random, 1, 4) }, () =>
        randomHost(random, x.shape.with(axis, integer(random, 0, 3)), x.dtype),
      );
      const owner = blocks.flatMap((block, b) =>
        Array.from({ length: block.shape[axis]! }, (_, i) => [b, i] as const),
      );
      const expected = build(x.shape.with(axis, owner.length), x.dtype, (index) => {
        const [b, i] = owner[index[axis]!]!;
        return elementAt(blocks[b]!, index.with(axis, i));
      });
      expect(runKernel(records.concat, blocks, { axis })).toEqual(expected);
    }
  });

  it('refuses blocks that do not fit', () => {
    const concat =
      (...inputs: HostArray[]) =>
      () =>
        records.concat.shape(inputs, { axis: 0 });
    expectError(
      concat(host([2, 3], 'float32'), host([2, 4], 'float32')),
      'SHAPE',
      'concat: shapes [2,3], [2,4] do not fit along axis 0',
    );
    expectError(
      concat(host([2], 'float32'), host([2], 'int32')),
      'DTYPE',
      'concat: dtypes float32, int32 differ; cast them to one',
    );
    expect(concat()).toThrow(/concat: got no tensors/);
  });
});

describe('flip and stopGradient', () => {
  it('reverse, and copy', () => {
    for (const { x, random } of arrays()) {
      const axes = x.shape.map((_, axis) => axis).filter(() => random() < 0.5);
      const expected = build(x.shape, x.dtype, (index) =>
        elementAt(
          x,
          index.map((i, axis) => (axes.includes(axis) ? x.shape[axis]! - 1 - i : i)),
        ),
      );
      expect(runKernel(records.flip, [x], { axes })).toEqual(expected);
      expect(runKernel(records.stopGradient, [x], {})).toEqual(x);
    }
    expectError(
      () => records.flip.shape([host([2], 'float32')], { axes: [1] }),
      'INDEX',
      'flip: float32[2] has no axis 1',
    );
  });
});
