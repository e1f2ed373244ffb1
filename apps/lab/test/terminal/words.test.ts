import { expect, test } from 'vitest';
import { words } from '../../src/terminal/words.js';

test.each([
  ['oracleCalls', 'oracle calls'],
  ['structuralHammingDistance', 'structural Hamming distance'],
  ['worstAuc', 'worst AUC'],
  ['f1', 'F1'],
  ['test accuracy', 'test accuracy'],
  ['AUC', 'AUC'],
])('%s is %s', (name, shown) => {
  expect(words(name)).toBe(shown);
});
