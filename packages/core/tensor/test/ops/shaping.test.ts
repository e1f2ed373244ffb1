import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import {
  arange,
  broadcastTo,
  expandDims,
  flatten,
  flip,
  moveAxis,
  reshape,
  roll,
  squeeze,
  swapAxes,
  tensor,
  transpose,
  zeros,
} from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const x = arange(24).reshape([2, 3, 4]);

describe('reshape and flatten', () => {
  it('work out one size', () => {
    expect(reshape(x, [-1, 6]).shape).toEqual([4, 6]);
    expect(reshape(x, [24]).toArray()).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(x.reshape([2, -1]).shape).toEqual([2, 12]);
    expect(reshape(5, [1, 1]).toArray()).toEqual([[5]]);
    expect(reshape(zeros([0, 3]), [3, -1]).shape).toEqual([3, 0]);
  });

  it('join axes', () => {
    expect([flatten(x).shape, flatten(x, 1).shape, flatten(x, 0, 1).shape, flatten(3).shape]).toEqual([
      [24],
      [2, 12],
      [6, 4],
      [1],
    ]);
    expectError(() => flatten(x, 2, 1), 'ARGUMENT', 'flatten: startAxis 2 lies behind endAxis 1');
  });

  it('say what does not fit', () => {
    expectError(
      () => reshape(x, [5, 5]),
      'SHAPE',
      'reshape: int32[2,3,4] has 24 elements, shape [5,5] needs 25',
    );
    expectError(() => reshape(x, [-1, 7]), 'SHAPE', 'no size in place of -1 makes [-1,7] fit them');
    expectError(() => reshape(x, [-1, -1]), 'ARGUMENT', 'only one size may be -1');
    expectError(() => reshape(zeros([0]), [-1, 0]), 'SHAPE', 'no size in place of -1');
    expectError(
      () => reshape(x, 24 as never),
      'ARGUMENT',
      'reshape: shape must be an array of sizes, got 24',
    );
  });
});

describe('orders of axes', () => {
  it('transpose reverses, or follows a list', () => {
    expect(transpose(x).shape).toEqual([4, 3, 2]);
    expect(transpose(x, [1, 2, 0]).shape).toEqual([3, 4, 2]);
    expect(transpose(x, [0, -1, 1]).at(1, 2, 0).item()).toBe(x.at(1, 0, 2).item());
    expectError(() => transpose(x, [0, 1]), 'ARGUMENT', 'must name each of the 3 axes of int32[2,3,4] once');
    expectError(() => transpose(x, [0, 1, 1]), 'ARGUMENT', 'to exchange two, use swapAxes');
  });

  it('moveAxis and swapAxes', () => {
    expect(moveAxis(x, 0, -1).shape).toEqual([3, 4, 2]);
    expect(moveAxis(x, [0, 1], [-1, 0]).shape).toEqual([3, 4, 2]);
    expect(swapAxes(x, 0, 2).shape).toEqual([4, 3, 2]);
    expectError(() => moveAxis(x, [0, 1], 0), 'ARGUMENT', 'moveAxis: 2 axes cannot go to 1 places');
    expectError(() => moveAxis(x, [0, 0], [1, 2]), 'ARGUMENT', 'name one axis twice');
    expectError(() => swapAxes(x, 0, 3), 'INDEX', 'swapAxes: axis 3');
  });

  it('expandDims and squeeze', () => {
    expect(expandDims(x, 0).shape).toEqual([1, 2, 3, 4]);
    expect(expandDims(x, [0, -1]).shape).toEqual([1, 2, 3, 4, 1]);
    expect(squeeze(zeros([1, 3, 1])).shape).toEqual([3]);
    expect(squeeze(zeros([1, 3, 1]), -1).shape).toEqual([1, 3]);
    expectError(
      () => squeeze(x, 1),
      'SHAPE',
      'squeeze: axis 1 of int32[2,3,4] has size 3; only axes of size 1 can be dropped',
    );
    expectError(() => expandDims(x, 4), 'INDEX', 'expandDims: axis 4 is out of range for 4 axes');
  });
});

describe('broadcastTo', () => {
  it('repeats, and refuses', () => {
    expect(broadcastTo(tensor([1, 2]), [2, 2]).toArray()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
    expectError(
      () => broadcastTo(x, [2, 3, 5]),
      'SHAPE',
      'broadcastTo: shapes [2,3,4] and [2,3,5] do not broadcast',
    );
    expectError(() => broadcastTo(x, [4]), 'SHAPE', 'does not broadcast to [4]');
  });
});

describe('flip and roll', () => {
  it('reverse and shift', () => {
    expect(flip(tensor([1, 2, 3])).toArray()).toEqual([3, 2, 1]);
    expect(flip(tensor([[1, 2], [3, 4]]), 1).toArray()).toEqual([[2, 1], [4, 3]]); // prettier-ignore
    expect(roll(tensor([1, 2, 3, 4]), 1).toArray()).toEqual([4, 1, 2, 3]);
    expect(roll(tensor([1, 2, 3, 4]), -5, 0).toArray()).toEqual([2, 3, 4, 1]);
    expect(roll(tensor([[1, 2], [3, 4]]), 1).toArray()).toEqual([[4, 1], [2, 3]]); // prettier-ignore
    expect(roll(tensor([[1, 2], [3, 4]]), [1, 1], [0, 1]).toArray()).toEqual([[4, 3], [2, 1]]); // prettier-ignore
    expect(roll(zeros([0]), 3, 0).shape).toEqual([0]);
    expectError(() => roll(x, [1, 2], [0, 1, 2]), 'ARGUMENT', 'roll: 2 shifts for 3 axes');
    expectError(() => roll(x, 0.5, 0), 'ARGUMENT', 'roll: shift must be a whole number, got 0.5');
  });
});

it('all of them differentiate and batch', () => {
  const ops: Record<string, (t: Tensor) => Tensor> = {
    transpose: (t) => transpose(t),
    moveAxis: (t) => moveAxis(t, 0, 2),
    expandDims: (t) => expandDims(t, 1),
    flatten: (t) => flatten(t, 1),
    reshape: (t) => reshape(t, [-1, 2]),
    roll: (t) => roll(t, [1, 2], [0, 2]),
    rollFlat: (t) => roll(t, 5),
    flip: (t) => flip(t, [0, 2]),
    broadcastTo: (t) => broadcastTo(t, [2, 2, 3, 4]),
  };
  for (const seed of [1, 2, 3]) {
    const random = generator(seed);
    for (const [name, op] of Object.entries(ops)) {
      checkDerivatives(name, (t) => op(t.mul(t)), [randomTensor(random, [2, 3, 4])], { seed });
      checkBatching(name, (t) => op(t), randomTensor(random, [2, 2, 3, 4]));
    }
  }
});
