import { describe, expect, it } from 'vitest';
import { arange, concat, pad, repeat, split, stack, tensor, tile, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const x = tensor([[1, 2], [3, 4]], { dtype: 'float64' }); // prettier-ignore

describe('concat and stack', () => {
  it('join along an old or a new axis', () => {
    expect(concat([x, x]).shape).toEqual([4, 2]);
    expect(concat([x, [[5], [6]]], 1).toArray()).toEqual([[1, 2, 5], [3, 4, 6]]); // prettier-ignore
    expect(stack([x, x], -1).shape).toEqual([2, 2, 2]);
    expect(stack([1, 2, tensor(3)]).toArray()).toEqual([1, 2, 3]);
  });

  it('promote to one dtype', () => {
    expect(concat([tensor([1], { dtype: 'int32' }), tensor([0.5])]).dtype).toBe('float32');
  });

  it('say what does not fit', () => {
    expectError(() => concat([x, zeros([3])]), 'SHAPE', 'concat: shapes [2,2], [3] do not fit along axis 0');
    expectError(() => concat([]), 'ARGUMENT', 'concat: needs an array of at least one tensor');
    expectError(() => concat([1, 2]), 'SHAPE', 'use stack');
    expectError(() => stack([x, zeros([2])]), 'SHAPE', 'stack: shapes [2,2], [2] must all be equal');
    expectError(() => stack([x], 3), 'INDEX', 'stack: axis 3');
  });
});

describe('split', () => {
  it('cuts evenly or at positions', () => {
    const t = arange(6);
    expect(split(t, 3).map((part) => part.toArray())).toEqual([[0, 1], [2, 3], [4, 5]]); // prettier-ignore
    expect(split(t, [1, 1, 4]).map((part) => part.toArray())).toEqual([[0], [], [1, 2, 3], [4, 5]]);
    expect(split(x, 2, 1).map((part) => part.shape)).toEqual([[2, 1], [2, 1]]); // prettier-ignore
    expect(split(x, []).length).toBe(1);
  });

  it('says what does not fit', () => {
    expectError(
      () => split(arange(6), 4),
      'SHAPE',
      'split: axis 0 of int32[6] does not divide into 4 equal parts',
    );
    expectError(
      () => split(arange(6), [4, 2]),
      'ARGUMENT',
      'split: positions [4,2] must be whole, ascending and within 0..6',
    );
    expectError(() => split(arange(6), [7]), 'ARGUMENT', 'within 0..6');
    expectError(
      () => split(arange(6), 0),
      'ARGUMENT',
      'sections must be a whole number of at least 1, got 0',
    );
  });
});

describe('tile and repeat', () => {
  it('tile repeats the whole', () => {
    expect(tile(tensor([1, 2]), 2).toArray()).toEqual([1, 2, 1, 2]);
    expect(tile(x, 2).toArray()).toEqual([[1, 2, 1, 2], [3, 4, 3, 4]]); // prettier-ignore
    expect(tile(tensor([1, 2]), [2, 1]).toArray()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
    expect(tile(x, [0, 1]).shape).toEqual([0, 2]);
    expectError(() => tile(x, -1), 'ARGUMENT', 'tile: each repetition must be a whole number of at least 0');
  });

  it('repeat repeats each element', () => {
    expect(repeat(x, 2).toArray()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(repeat(x, 2, 1).toArray()).toEqual([[1, 1, 2, 2], [3, 3, 4, 4]]); // prettier-ignore
    expect(repeat(x, [0, 2], 0).toArray()).toEqual([[3, 4], [3, 4]]); // prettier-ignore
    expectError(
      () => repeat(x, [1], 0),
      'ARGUMENT',
      'repeat: 1 counts for axis 0 of float64[2,2]; give one number, or 2',
    );
    expectError(() => repeat(x, 1.5, 0), 'ARGUMENT', 'repeat: repeats must be a whole number');
  });
});

describe('pad', () => {
  const t = tensor([1, 2, 3]);

  it('fills by each mode as NumPy does', () => {
    expect(pad(t, [2, 1]).toArray()).toEqual([0, 0, 1, 2, 3, 0]);
    expect(pad(t, 1, { value: NaN }).toArray()).toEqual([NaN, 1, 2, 3, NaN]);
    expect(pad(t, 2, { mode: 'edge' }).toArray()).toEqual([1, 1, 1, 2, 3, 3, 3]);
    expect(pad(t, 2, { mode: 'reflect' }).toArray()).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(pad(t, 2, { mode: 'symmetric' }).toArray()).toEqual([2, 1, 1, 2, 3, 3, 2]);
    expect(pad(t, 2, { mode: 'wrap' }).toArray()).toEqual([2, 3, 1, 2, 3, 1, 2]);
    expect(pad(x, [[0, 1], [1, 0]]).toArray()).toEqual([[0, 1, 2], [0, 3, 4], [0, 0, 0]]); // prettier-ignore
    expect(pad(x, 1, { mode: 'reflect' }).toArray()).toEqual([[4, 3, 4, 3], [2, 1, 2, 1], [4, 3, 4, 3], [2, 1, 2, 1]]); // prettier-ignore
  });

  it('says what does not fit', () => {
    expectError(
      () => pad(t, -1),
      'ARGUMENT',
      'pad: widths must be whole numbers of at least 0 (to cut off, use slice)',
    );
    expectError(() => pad(x, [[1, 1]]), 'ARGUMENT', 'a pair for each axis of float64[2,2]; got [[1,1]]');
    expectError(
      () => pad(t, 3, { mode: 'reflect' }),
      'SHAPE',
      "pad: mode 'reflect' cannot make 3 elements from axis 0 of float32[3]; it has 2 to use",
    );
    expectError(() => pad(zeros([0]), 1, { mode: 'edge' }), 'SHAPE', "mode 'edge' cannot make 1");
    expectError(
      () => pad(t, 1, { mode: 'mirror' as never }),
      'ARGUMENT',
      "pad: unknown mode 'mirror'; known are constant, edge",
    );
    expectError(() => pad(arange(3), 1, { value: 0.5 }), 'DTYPE', 'pad: int32[3] cannot hold the value 0.5');
  });
});

it('all of them differentiate and batch', () => {
  for (const seed of [1, 2, 3]) {
    const random = generator(seed);
    const [a, b] = [randomTensor(random, [3, 4]), randomTensor(random, [3, 4])];
    checkDerivatives('concat', (s, t) => concat([s.mul(t), t], 1), [a, b], { seed });
    checkDerivatives('stack', (s, t) => stack([s.mul(t), t], 1), [a, b], { seed });
    checkBatching('stack', (s, t) => stack([s, t], 1), a, b);
    checkDerivatives('split', (t) => split(t.mul(t), [1], 1), [a], { seed });
    checkDerivatives('tile', (t) => tile(t.mul(t), [2, 2]), [a], { seed });
    checkDerivatives('repeat', (t) => repeat(t.mul(t), [1, 0, 2], 0), [a], { seed });
    for (const mode of ['constant', 'edge', 'reflect', 'symmetric', 'wrap'] as const) {
      checkDerivatives(`pad ${mode}`, (t) => pad(t.mul(t), [[1, 2], [0, 1]], { mode }), [a], { seed }); // prettier-ignore
      checkBatching(`pad ${mode}`, (t) => pad(t, [2, 1], { mode }), a);
    }
  }
});
