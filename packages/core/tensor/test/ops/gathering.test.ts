import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import {
  arange,
  dynamicSlice,
  dynamicUpdateSlice,
  gather,
  jit,
  oneHot,
  scatterAdd,
  segmentSum,
  take,
  takeAlongAxis,
  tensor,
  zeros,
} from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' });
const x = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'float64' }); // prettier-ignore

describe('gather', () => {
  it('takes entries of an axis in the shape of the indices', () => {
    expect(gather(x, [1, 0, 1]).toArray()).toEqual([[4, 5, 6], [1, 2, 3], [4, 5, 6]]); // prettier-ignore
    expect(gather(x, int([[0, -1]]), 1).toArray()).toEqual([[[1, 3]], [[4, 6]]]);
    expect(take(x, 2, -1).toArray()).toEqual([3, 6]);
    expect(gather(x, int([]), 0).shape).toEqual([0, 3]);
  });

  it('says what is wrong', () => {
    expectError(
      () => gather(x, [2]),
      'INDEX',
      'gather: index 2 (number 0 of the indices) is out of range for an axis of size 2; use -2..1',
    );
    expectError(
      () => gather(x, tensor([0])),
      'DTYPE',
      "gather: indices must be int32, got float32[1]; cast them: indices.cast('int32')",
    );
    expectError(() => gather(x, 0.5), 'DTYPE', 'gather: indices must be int32');
    expectError(() => take(x, 0, 2), 'INDEX', 'take: axis 2');
    expectError(() => gather(tensor(1), [0]), 'INDEX', 'a scalar has no axes');
  });
});

describe('takeAlongAxis', () => {
  it('takes one element per place; the other axes broadcast', () => {
    expect(takeAlongAxis(x, int([[2], [0]])).toArray()).toEqual([[3], [4]]);
    expect(takeAlongAxis(x, int([[0, 1, -1]]), 0).toArray()).toEqual([[1, 5, 6]]);
    expect(takeAlongAxis(x, int([[1, 1]]), 1).toArray()).toEqual([[2, 2], [5, 5]]); // prettier-ignore
    expectError(
      () => takeAlongAxis(x, [0]),
      'SHAPE',
      'takeAlongAxis: indices int32[1] must have as many axes as x float64[2,3]',
    );
    expectError(
      () => takeAlongAxis(x, zeros([3, 1], { dtype: 'int32' })),
      'SHAPE',
      'takeAlongAxis: shapes [2,1] and [3,1] do not broadcast',
    );
  });
});

describe('scatterAdd and segmentSum', () => {
  it('add to entries, repeatedly named ones too', () => {
    expect(scatterAdd(x, [0, 0], [[1, 1, 1], [10, 10, 10]]).toArray()).toEqual([[12, 13, 14], [4, 5, 6]]); // prettier-ignore
    expect(scatterAdd(x, [-1], 1, 1).toArray()).toEqual([[1, 2, 4], [4, 5, 7]]); // prettier-ignore
    expect(scatterAdd(x, 1, [7, 8, 9]).toArray()).toEqual([[1, 2, 3], [11, 13, 15]]); // prettier-ignore
    expect(segmentSum(x, [2, 2], 3).toArray()).toEqual([[0, 0, 0], [0, 0, 0], [5, 7, 9]]); // prettier-ignore
    expect(segmentSum([true, true, false], [0, 0, 1], 2).toArray()).toEqual([2, 0]);
  });

  it('say what does not fit', () => {
    expectError(
      () => scatterAdd(x, [0], zeros([2, 3])),
      'SHAPE',
      'scatterAdd: updates float64[2,3] do not broadcast to [1,3]',
    );
    expectError(() => scatterAdd(tensor([true]), [0], true), 'DTYPE', 'scatterAdd: bools cannot be added');
    expectError(() => scatterAdd(x, [5], 1), 'INDEX', 'scatterAdd: index 5');
    expectError(
      () => segmentSum(x, [0], 2),
      'SHAPE',
      'segmentSum: data float64[2,3] needs ids of shape [2], one for each row; got int32[1]',
    );
    expectError(
      () => segmentSum(x, [0, 1], -1),
      'ARGUMENT',
      'segmentSum: numSegments must be a whole number of at least 0, got -1',
    );
    expectError(() => segmentSum(x, [0, 2], 2), 'INDEX', 'index 2');
  });
});

describe('oneHot', () => {
  it('marks each index; those outside mark nothing', () => {
    expect(oneHot([0, 2, 3, -1], 3).toArray()).toEqual([[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]); // prettier-ignore
    expect(oneHot(int([[1]]), 2, { dtype: 'bool' }).toArray()).toEqual([[[false, true]]]);
    expectError(() => oneHot(tensor([1]), 2), 'DTYPE', 'oneHot: indices must be int32');
    expectError(() => oneHot([1], 1.5), 'ARGUMENT', 'oneHot: classes must be a whole number');
    expectError(() => oneHot([1], 2, { dtype: 'int8' as never }), 'DTYPE', "oneHot: unknown dtype 'int8'");
  });
});

describe('dynamicSlice and dynamicUpdateSlice', () => {
  it('take numbers, scalars or one tensor of starts', () => {
    expect(dynamicSlice(x, [0, 1], [2, 2]).toArray()).toEqual([[2, 3], [5, 6]]); // prettier-ignore
    expect(dynamicSlice(x, [int(1), 9], [1, 2]).toArray()).toEqual([[5, 6]]);
    expect(dynamicSlice(x, int([-3, 0]), [1, 1]).toArray()).toEqual([[1]]);
    expect(dynamicUpdateSlice(x, [[0]], [1, 1]).toArray()).toEqual([[1, 2, 3], [4, 0, 6]]); // prettier-ignore
  });

  it('move inside a compiled function', () => {
    const f = jit((t: Tensor, i: Tensor) => dynamicSlice(t, [i, 0], [1, 3]));
    expect(f(x, int(1)).toArray()).toEqual([[4, 5, 6]]);
    expect(f(x, int(0)).toArray()).toEqual([[1, 2, 3]]);
  });

  it('say what does not fit', () => {
    expectError(
      () => dynamicSlice(x, [0, 0], [3, 1]),
      'SHAPE',
      'dynamicSlice: a window of 3x1 does not fit in float64[2,3]',
    );
    expectError(
      () => dynamicSlice(x, [0], [1, 1]),
      'ARGUMENT',
      'dynamicSlice: needs one start for each axis of float64[2,3]',
    );
    expectError(() => dynamicSlice(x, int([0]), [1, 1]), 'SHAPE', 'starts int32[1] must be int32[2]');
    expectError(() => dynamicSlice(x, [0.5, 0], [1, 1]), 'DTYPE', 'dynamicSlice: starts must be int32');
    expectError(
      () => dynamicUpdateSlice(x, zeros([3, 3]), [0, 0]),
      'SHAPE',
      'dynamicUpdateSlice: a window of 3x3 does not fit',
    );
    expectError(
      () => dynamicUpdateSlice(arange(3), [0, 0, 0, 0], [0]),
      'SHAPE',
      'a window of 4 does not fit in',
    );
  });
});

it('all of them differentiate and batch', () => {
  for (const seed of [1, 2, 3]) {
    const random = generator(seed);
    const t = randomTensor(random, [3, 4]);
    const u = randomTensor(random, [2, 4]);
    const at = int([0, 2]);
    checkDerivatives('gather', (s) => gather(s.mul(s), [[1, 1], [0, 3]], 1), [t], { seed }); // prettier-ignore
    checkDerivatives('takeAlongAxis', (s) => takeAlongAxis(s.mul(s), [[1, 1], [0, 3], [2, 2]]), [t], { seed }); // prettier-ignore
    checkDerivatives('scatterAdd', (s, v) => scatterAdd(s.mul(s), at, v.mul(v)), [t, u], { seed });
    checkDerivatives('scatterAdd of one row', (s, v) => scatterAdd(s, at, v.mul(v)), [t, u.at(0)], {
      seed,
    });
    checkDerivatives('segmentSum', (s) => segmentSum(s.mul(s), [1, 0, 1], 2), [t], { seed });
    checkDerivatives('dynamicSlice', (s) => dynamicSlice(s.mul(s), [1, 2], [2, 2]), [t], { seed });
    const ids = randomTensor(random, [2, 3], { dtype: 'int32', low: 0, high: 3 });
    checkBatching('gather', (s, i) => gather(s, i, 1), randomTensor(random, [2, 2, 3]), ids);
    checkBatching('takeAlongAxis', (s, i) => takeAlongAxis(s, i), randomTensor(random, [2, 4]), ids);
    checkBatching('segmentSum', (s, i) => segmentSum(s, i, 3), randomTensor(random, [2, 3, 2]), ids);
    checkBatching('oneHot', (i) => oneHot(i, 3), ids);
  }
});
