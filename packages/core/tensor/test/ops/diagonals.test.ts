import { describe, expect, it } from 'vitest';
import { arange, diag, diagonal, tensor, trace, tril, triu } from '../../src/index.js';
import { build, elementAt, host } from '../support/kernels.js';
import { checkDerivatives } from '../support/derivatives.js';
import { checkBatching, randomTensor } from '../support/tensors.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';

const x = arange(12).reshape([3, 4]);

describe('tril and triu', () => {
  it('keep one side of a diagonal', () => {
    const source = host([3, 4], 'int32', x.dataSync());
    for (let offset = -4; offset <= 5; offset++) {
      const lower = build([3, 4], 'int32', ([i, j]) => (j! <= i! + offset ? elementAt(source, [i!, j!]) : 0));
      const upper = build([3, 4], 'int32', ([i, j]) => (j! >= i! + offset ? elementAt(source, [i!, j!]) : 0));
      expect(tril(x, offset).dataSync()).toEqual(lower.data);
      expect(triu(x, offset).dataSync()).toEqual(upper.data);
    }
    expect(tril(tensor([[[true, true], [true, true]]])).toArray()).toEqual([[[true, false], [true, true]]]); // prettier-ignore
    expectError(() => tril(arange(3)), 'SHAPE', 'tril: needs matrices, at least two axes; got int32[3]');
    expectError(() => triu(x, 0.5), 'ARGUMENT', 'triu: offset must be a whole number, got 0.5');
  });
});

describe('diagonal, diag and trace', () => {
  it('agree with the definition for every offset', () => {
    const source = host([3, 4], 'int32', x.dataSync());
    for (let offset = -4; offset <= 5; offset++) {
      const expected: number[] = [];
      for (let i = 0; i < 3; i++)
        if (i + offset >= 0 && i + offset < 4) expected.push(elementAt(source, [i, i + offset]));
      expect(diagonal(x, { offset }).toArray()).toEqual(expected);
      expect(diag(x, offset).toArray()).toEqual(expected);
      expect(trace(x, { offset }).item()).toBe(expected.reduce((a, b) => a + b, 0));
    }
  });

  it('take any two axes', () => {
    const t = arange(24).reshape([2, 3, 4]);
    expect(diagonal(t, { axis1: -2, axis2: -1 }).toArray()).toEqual([[0, 5, 10], [12, 17, 22]]); // prettier-ignore
    expect(diagonal(t).shape).toEqual([4, 2]);
    expectError(
      () => diagonal(t, { axis1: 1, axis2: -2 }),
      'ARGUMENT',
      'diagonal: axis1 and axis2 are both 1',
    );
    expectError(() => diagonal(arange(3)), 'SHAPE', 'diagonal: needs a matrix');
  });

  it('diag builds matrices', () => {
    expect(diag(tensor([1, 2])).toArray()).toEqual([[1, 0], [0, 2]]); // prettier-ignore
    expect(diag(tensor([1, 2]), 1).toArray()).toEqual([[0, 1, 0], [0, 0, 2], [0, 0, 0]]); // prettier-ignore
    expect(diag(tensor([7]), -2).toArray()).toEqual([[0, 0, 0], [0, 0, 0], [7, 0, 0]]); // prettier-ignore
    expect(diag(tensor([]), 1).toArray()).toEqual([[0]]);
    expectError(
      () => diag(tensor(1)),
      'SHAPE',
      'diag: needs one axis (a diagonal) or two (a matrix), got float32[]',
    );
  });

  it('differentiate and batch', () => {
    for (const seed of [1, 2, 3]) {
      const t = randomTensor(generator(seed), [3, 4]);
      checkDerivatives('tril', (s) => tril(s.mul(s)), [t], { seed });
      checkDerivatives('diagonal', (s) => diagonal(s.mul(s), { offset: 1 }), [t], { seed });
      checkDerivatives('diag', (s) => diag(s.mul(s), -1), [t.at(0)], { seed });
      checkBatching('diag', (s) => diag(s), t);
      checkBatching('trace', (s) => trace(s), t.reshape([2, 2, 3]));
      checkBatching('triu', (s) => triu(s, 1), t.reshape([2, 2, 3]));
    }
  });
});
