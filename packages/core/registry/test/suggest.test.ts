import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from '../src/suggest.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['adam', 'adam', 0],
    ['Adam', 'adam', 0],
    ['adma', 'adam', 1],
    ['adm', 'adam', 1],
    ['learningRat', 'learningRate', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    // Restricted: no part is edited twice, so this is 3 and not 2.
    ['ca', 'abc', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, 0 for equals only, and at most the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  const ids = ['optim/adam', 'optim/adamp', 'optim/adamw', 'optim/lion', 'nn/linear'];

  it('puts the nearest first', () => {
    expect(nearest('optim/adma', ids)[0]).toBe('optim/adam');
    expect(nearest('optim/loin', ids)[0]).toBe('optim/lion');
  });

  it('finds a component by its short name, also in another plugin', () => {
    expect(nearest('lion', ids)).toEqual(['optim/lion']);
    expect(nearest('optimizers/lion', ids)).toEqual(['optim/lion']);
  });

  it('takes a beginning of three letters or more', () => {
    expect(nearest('lin', ids)).toContain('nn/linear');
    expect(nearest('learn', ['learningRate', 'epsilon'])).toEqual(['learningRate']);
  });

  it('proposes nothing far', () => {
    expect(nearest('transformer', ids)).toEqual([]);
    expect(nearest('x', [])).toEqual([]);
  });
});

describe('didYouMean', () => {
  it('names what is near, else what there is', () => {
    expect(didYouMean('epsilo', ['epsilon', 'beta1'])).toBe('; did you mean epsilon?');
    expect(didYouMean('zzz', ['epsilon', 'beta1'])).toBe('; known are beta1, epsilon');
    expect(didYouMean('zzz', [])).toBe('');
    const many = Array.from({ length: 15 }, (_, index) => `option${String.fromCharCode(97 + index)}`);
    expect(didYouMean('zzz', many)).toMatch(/ and 3 more$/);
  });
});
