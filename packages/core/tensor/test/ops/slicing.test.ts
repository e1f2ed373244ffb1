import { describe, expect, it } from 'vitest';
import { arange, at, slice, tensor, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const line = arange(6);
const x = arange(12).reshape([3, 4]);

describe('slice', () => {
  it('takes ranges, with negative positions, defaults and steps', () => {
    expect(slice(x, [1], [3]).toArray()).toEqual([[4, 5, 6, 7], [8, 9, 10, 11]]); // prettier-ignore
    expect(slice(x, [0, 1], [2, -1]).toArray()).toEqual([[1, 2], [5, 6]]); // prettier-ignore
    expect(slice(x, [null, -2]).shape).toEqual([3, 2]);
    expect(slice(line, [1], [null], [2]).toArray()).toEqual([1, 3, 5]);
    expect(slice(line, [null], [null], [-1]).toArray()).toEqual([5, 4, 3, 2, 1, 0]);
    expect(slice(line, [-2], [0], [-2]).toArray()).toEqual([4, 2]);
    expect(slice(line, [2], [2]).toArray()).toEqual([]);
    expect(slice(zeros([0]), [null], [null], [-1]).shape).toEqual([0]);
  });

  it('never cuts a range off', () => {
    expectError(
      () => slice(line, [0], [7]),
      'INDEX',
      'slice: the range 0:7:1 does not lie within axis 0 of int32[6], which has size 6',
    );
    expectError(() => slice(line, [-7]), 'INDEX', 'the range -7::1');
    expectError(() => slice(line, [4], [2]), 'INDEX', 'the range 4:2:1');
    expectError(() => slice(line, [6], [0], [-1]), 'INDEX', 'the range 6:0:-1');
    expectError(() => slice(line, [0], [6], [0]), 'ARGUMENT', 'slice: the step along axis 0 is 0');
    expectError(
      () => slice(line, [0.5]),
      'ARGUMENT',
      'slice: 0.5 along axis 0 must be a whole number or null',
    );
    expectError(() => slice(line, [0, 0]), 'ARGUMENT', 'at most one entry for each axis of int32[6]');
  });
});

describe('at', () => {
  it('picks positions, whose axes disappear', () => {
    expect(x.at(1).toArray()).toEqual([4, 5, 6, 7]);
    expect(x.at(-1, -1).toArray()).toBe(11);
    expect(x.at(null, 2).toArray()).toEqual([2, 6, 10]);
    expect(at(x, '...', 0).toArray()).toEqual([0, 4, 8]);
    expect(at(x).toArray()).toEqual(x.toArray());
  });

  it('takes ranges and int32 tensors', () => {
    expect(x.at([1, null], [0, 3, 2]).toArray()).toEqual([[4, 6], [8, 10]]); // prettier-ignore
    expect(x.at(':', [null, null, -1]).at(0).toArray()).toEqual([3, 2, 1, 0]);
    const rows = tensor([[2, 0]], { dtype: 'int32' });
    expect(x.at(rows).shape).toEqual([1, 2, 4]);
    expect(x.at([1, 3], rows).toArray()).toEqual([[[6, 4]], [[10, 8]]]);
    expect(arange(24).reshape([2, 3, 4]).at(1, '...', [2, 4]).toArray()).toEqual([[14, 15], [18, 19], [22, 23]]); // prettier-ignore
  });

  it('says what is no index', () => {
    expectError(() => x.at(3), 'INDEX', 'at: position 3 is out of range for axis 0 of int32[3,4]; use -3..2');
    expectError(() => x.at(0, 0, 0), 'INDEX', 'at: 3 indices for int32[3,4], which has 2 axes');
    expectError(() => x.at('...', '...'), 'ARGUMENT', "at: '...' is given twice");
    expectError(() => x.at(0.5), 'ARGUMENT', 'at: 0.5 is no index for axis 0');
    expectError(() => x.at([1] as never), 'ARGUMENT', 'at: [1] is no index');
    expectError(() => x.at('a' as never), 'ARGUMENT', "at: 'a' is no index");
    expectError(() => x.at([0, 5]), 'INDEX', 'at: the range 0:5:1');
    expectError(() => x.at(line, line), 'ARGUMENT', 'at most one can be');
    expectError(() => x.at(tensor([0.5])), 'DTYPE', 'gather: indices must be int32, got float32[1]');
    expectError(() => zeros([0]).at(0), 'INDEX', 'no position is valid');
  });
});

it('both differentiate and batch', () => {
  for (const seed of [1, 2, 3]) {
    const random = generator(seed);
    const rows = tensor([2, 0, 2], { dtype: 'int32' });
    const t = randomTensor(random, [3, 4]);
    checkDerivatives('slice', (s) => slice(s.mul(s), [null, 3], [null, 0], [2, -1]), [t], { seed });
    checkDerivatives('at', (s) => at(s.mul(s), rows, [1, null]), [t], { seed });
    checkBatching('at', (s) => at(s, -1, [null, null, -2]), randomTensor(random, [2, 3, 4]));
    checkBatching('at', (s, i) => at(s, i), randomTensor(random, [2, 3, 4]), tensor([[0, -1], [2, 2]], { dtype: 'int32' })); // prettier-ignore
  }
});
