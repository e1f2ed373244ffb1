import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { einsum, profile, tensor, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { generator, indicesOf, integer } from '../support/kernels.js';
import { checkBatching, randomTensor } from '../support/tensors.js';

const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 2, d: 4, e: 3, f: 1 };
const shapeFor = (term: string): number[] => [...term].map((label) => sizes[label]!);

/** The definition: a loop over every label. */
function naive(inputs: readonly string[], output: string, tensors: readonly Tensor[]): number[] {
  const labels = [...new Set([...output, ...inputs.join('')])];
  const result = new Array<number>(shapeFor(output).reduce((n, size) => n * size, 1)).fill(0);
  const position = (term: string, index: readonly number[]): number =>
    [...term].reduce((flat, label) => flat * sizes[label]! + index[labels.indexOf(label)]!, 0);
  const data = tensors.map((x) => x.dataSync());
  for (const index of indicesOf(shapeFor(labels.join('')))) {
    const product = inputs.reduce((value, term, i) => value * data[i]![position(term, index)]!, 1);
    result[position(output, index)]! += product;
  }
  return result;
}

function randomEquation(random: () => number): { inputs: string[]; output: string } {
  const letters = Object.keys(sizes);
  const term = (): string =>
    Array.from(
      { length: integer(random, 0, 3) },
      () => letters[integer(random, 0, letters.length - 1)]!,
    ).join('');
  const inputs = Array.from({ length: integer(random, 1, 4) }, term);
  const used = [...new Set(inputs.join(''))].sort(() => random() - 0.5);
  return { inputs, output: used.slice(0, integer(random, 0, used.length)).join('') };
}

describe('einsum', () => {
  it.each([1, 2, 3, 4, 5])('is the sum over all labels for random equations, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 60; trial++) {
      const { inputs, output } = randomEquation(random);
      const tensors = inputs.map((term) => randomTensor(random, shapeFor(term)));
      const equation = `${inputs.join(',')}->${output}`;
      const result = einsum(equation, ...tensors);
      expect(result.shape, equation).toEqual(shapeFor(output));
      const expected = naive(inputs, output, tensors);
      result.dataSync().forEach((value, i) => expect(value, equation).toBeCloseTo(expected[i]!, 10));
    }
  });

  it.each([1, 2, 3])('derivatives, vmap and jit of random equations, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 8; trial++) {
      const { inputs, output } = randomEquation(random);
      const equation = `${inputs.join(',')}->${output}`;
      const f = (...xs: Tensor[]): Tensor => einsum(equation, ...xs);
      checkDerivatives(equation, f, inputs.map((term) => randomTensor(random, shapeFor(term))), { seed }); // prettier-ignore
      checkBatching(equation, f, ...inputs.map((term) => randomTensor(random, [3, ...shapeFor(term)])));
    }
  });

  it('knows NumPy’s implicit output: ellipsis, then single labels in order', () => {
    const x = zeros([2, 3]);
    expect(einsum('ba', x).shape).toEqual([3, 2]);
    expect(einsum('ij,jk', x, zeros([3, 4])).shape).toEqual([2, 4]);
    expect(einsum('ii', zeros([3, 3])).shape).toEqual([]);
    expect(einsum('b...a', zeros([2, 5, 3])).shape).toEqual([5, 3, 2]);
    expect(einsum('aB', x).shape).toEqual([3, 2]);
    expect(einsum(' i j , j k -> k i ', x, zeros([3, 4])).shape).toEqual([4, 2]);
    expect(einsum(',', 2, 3).item()).toBe(6);
    expect(einsum('i,->i', [1, 2], 3).toArray()).toEqual([3, 6]);
  });

  it('broadcasts under an ellipsis', () => {
    const random = generator(3);
    const x = randomTensor(random, [2, 1, 2, 3]);
    const y = randomTensor(random, [4, 3, 2]);
    const product = einsum('...ij,...jk->...ik', x, y);
    expect(product.shape).toEqual([2, 4, 2, 2]);
    expect(product.dataSync()).toEqual(x.matmul(y).dataSync());
    expect(einsum('...,...->...', zeros([3, 1]), zeros([2])).shape).toEqual([3, 2]);
    expect(einsum('...i->i...', zeros([4, 5, 3])).shape).toEqual([3, 4, 5]);
    expect(einsum('i...,i->...', zeros([2, 1, 0]), zeros([2])).shape).toEqual([1, 0]);
    checkDerivatives('einsum', (a, b) => einsum('...ij,...jk->...ik', a, b), [x, y]);
  });

  it('takes diagonals', () => {
    const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
    expect(einsum('ii->i', x).toArray()).toEqual([1, 4]);
    expect(einsum('ii', x).item()).toBe(5);
    expect(einsum('iii->i', tensor([1, 2, 3, 4, 5, 6, 7, 8]).reshape([2, 2, 2])).toArray()).toEqual([1, 8]);
    expect(einsum('ii->i', zeros([0, 0])).shape).toEqual([0]);
  });

  it('contracts a chain in a good order and without moving the factors', () => {
    const [a, b, v] = [zeros([50, 60]), zeros([60, 70]), zeros([70])];
    const { kernels } = profile(() => einsum('ij,jk,k->i', a, b, v));
    const names = kernels.map((kernel) => kernel.kernel);
    expect(names).not.toContain('transpose');
    // Right to left: two products with a vector, never the matrix of 50 x 70.
    expect(kernels.find((kernel) => kernel.kernel === 'matmul')!.bytes).toBeLessThan(4 * (3000 + 4200 + 400));
  });

  it('uses transposed factors as they lie', () => {
    const { kernels } = profile(() => einsum('ji,kj->ik', zeros([5, 6]), zeros([7, 5])));
    expect(kernels.map((kernel) => kernel.kernel)).not.toContain('transpose');
  });

  it('promotes dtypes', () => {
    expect(
      einsum('i,i', tensor([1, 2], { dtype: 'int32' }), tensor([3, 4], { dtype: 'int32' })),
    ).toMatchObject({
      dtype: 'int32',
    });
    expect(einsum('i,i', tensor([1], { dtype: 'int32' }), tensor([3], { dtype: 'float64' })).dtype).toBe(
      'float64',
    );
  });

  it('says what is wrong', () => {
    const x = zeros([2, 3]);
    const bad = (equation: string, text: string, ...xs: Tensor[]): void =>
      expectError(() => einsum(equation, ...xs), 'ARGUMENT', text);
    bad('ij,jk->ik', "einsum: 'ij,jk->ik': names 2 operands, but 1 were given", x);
    bad('ijk->i', "'ijk' names 3 axes, but operand 0 is [2,3]", x);
    bad('ijk...->i', "'ijk...' names 3 axes and more, but operand 0 is [2,3]", x);
    bad('ij->ij->i', "more than one '->'", x);
    bad('i1->i', "'1' is no label; labels are single letters a-z and A-Z, or '...'", x);
    bad('ij->ik', "the output's 'k' is in no operand", x);
    bad('ij->ii', "the output names 'i' twice", x);
    bad('......->...', "'......' has '...' twice", x);
    bad('...j->j', "the output has no '...' for them", x);
    bad('', 'needs at least one operand');
    expectError(() => einsum(3 as never, x), 'ARGUMENT', 'einsum: the equation must be a string, got 3');
    expectError(
      () => einsum('ij,jk->ik', x, x),
      'SHAPE',
      "einsum: 'ij,jk->ik': label 'j' has sizes 3 and 2; operands are [2,3] and [2,3]",
    );
    expectError(
      () => einsum('...i,...i->...', zeros([2, 3]), zeros([4, 3])),
      'SHAPE',
      "axis -1 under '...' has sizes 2 and 4",
    );
    expectError(() => einsum('i->', tensor([true])), 'DTYPE', 'einsum: booleans have no sums: bool[1]');
  });
});
