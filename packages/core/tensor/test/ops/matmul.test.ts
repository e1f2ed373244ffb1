import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import { dot, einsum, inner, matmul, outer, profile, tensor, zeros } from '../../src/index.js';
import { checkDerivatives } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { generator } from '../support/kernels.js';
import { checkBatching, randomTensor } from '../support/tensors.js';

const seeds = [1, 2, 3];
const a = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'float64' }); // prettier-ignore
const b = tensor([[1, 0], [0, 1], [2, -1]], { dtype: 'float64' }); // prettier-ignore
const v = tensor([1, -1, 2], { dtype: 'float64' });

/** Shapes of both factors and of the result. */
const shapes: readonly (readonly [number[], number[], number[]])[] = [
  [[3], [3], []],
  [[3], [3, 2], [2]],
  [[2, 3], [3], [2]],
  [
    [2, 3],
    [3, 4],
    [2, 4],
  ],
  [[5, 2, 3], [3], [5, 2]],
  [[3], [5, 3, 2], [5, 2]],
  [
    [5, 2, 3],
    [3, 4],
    [5, 2, 4],
  ],
  [
    [2, 3],
    [5, 3, 4],
    [5, 2, 4],
  ],
  [
    [5, 2, 3],
    [5, 3, 4],
    [5, 2, 4],
  ],
  [
    [2, 1, 2, 3],
    [3, 3, 4],
    [2, 3, 2, 4],
  ],
  [
    [2, 2, 3],
    [1, 1, 3, 4],
    [1, 2, 2, 4],
  ],
  [
    [1, 2, 3],
    [2, 2, 3, 4],
    [2, 2, 2, 4],
  ],
];

describe('matmul with operands that lie transposed', () => {
  const options = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({ transposeA, transposeB })),
  );
  const flip = (t: Tensor, yes: boolean): Tensor => (yes ? t.swapAxes(-1, -2) : t);

  it.each(options)('%o: as with a copy of them', ({ transposeA, transposeB }) => {
    const random = generator(4);
    for (const [left, right, result] of shapes) {
      if ((transposeA && left.length < 2) || (transposeB && right.length < 2)) continue;
      const [x, y] = [left, right].map((shape) => randomTensor(random, shape)) as [Tensor, Tensor];
      const product = matmul(flip(x, transposeA), flip(y, transposeB), { transposeA, transposeB });
      expect(product.shape).toEqual(result);
      const [got, expected] = [product.dataSync(), matmul(x, y).dataSync()];
      got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
    }
  });

  it.each(options)('%o: derivatives and batching', ({ transposeA, transposeB }) => {
    const random = generator(5);
    const left = flip(randomTensor(random, [2, 3, 4]), transposeA);
    const right = flip(randomTensor(random, [2, 4, 2]), transposeB);
    const f = (x: Tensor, y: Tensor): Tensor => matmul(x, y, { transposeA, transposeB });
    checkDerivatives('matmul', f, [left, right]);
    checkBatching('matmul', f, left, right);
  });

  it('errors', () => {
    expectError(
      () => matmul(v, b, { transposeA: true }),
      'SHAPE',
      'transposeA needs an operand with two axes or more, got float64[3]',
    );
    expectError(() => matmul(a, v, { transposeB: true }), 'SHAPE', 'transposeB needs');
    expectError(
      () => matmul(a, b, { transposeB: true }),
      'SHAPE',
      'inner sizes differ: 3 of [2,3] (axis -1) and 2 of [3,2] (axis -1)',
    );
    expectError(() => matmul(a, b, { transposed: true } as never), 'ARGUMENT', "unknown option 'transposed'");
  });
});

describe('matmul', () => {
  it('multiplies matrices and vectors', () => {
    expect(matmul(a, b).toArray()).toEqual([[7, -1], [16, -1]]); // prettier-ignore
    expect(a.matmul(v).toArray()).toEqual([5, 11]);
    expect(matmul([1, 1], a).toArray()).toEqual([5, 7, 9]);
    expect(matmul(v, v).item()).toBe(6);
    expect(matmul(zeros([2, 0]), zeros([0, 3])).toArray()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
    expect(matmul(zeros([0, 3]), zeros([3, 2])).shape).toEqual([0, 2]);
    expect(matmul(zeros([0, 2, 3]), zeros([1, 3, 2])).shape).toEqual([0, 2, 2]);
    expect(matmul(zeros([1, 2, 3]), zeros([0, 3, 2])).shape).toEqual([0, 2, 2]);
  });

  it.each(shapes)('%j x %j -> %j', (left, right, result) => {
    for (const seed of seeds) {
      const random = generator(seed);
      const x = randomTensor(random, left);
      const y = randomTensor(random, right);
      const product = matmul(x, y);
      expect(product.shape).toEqual(result);
      const letters = `${left.length > 1 ? '...i' : ''}k,${right.length > 1 ? '...kj' : 'k'}`;
      const expected = einsum(
        `${letters}->...${left.length > 1 ? 'i' : ''}${right.length > 1 ? 'j' : ''}`,
        x,
        y,
      );
      product.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected.dataSync()[i]!, 12));
      checkDerivatives('matmul', (p, q) => matmul(p, q), [x, y], { seed });
    }
  });

  it.each(shapes)('%j x %j under vmap and jit', (left, right) => {
    const random = generator(4);
    checkBatching(
      'matmul',
      (p, q) => matmul(p, q),
      randomTensor(random, [3, ...left]),
      randomTensor(random, [3, ...right]),
    );
  });

  it('promotes dtypes and wraps int32', () => {
    const int = (x: number[]): Tensor => tensor(x, { dtype: 'int32' });
    expect(matmul(int([2147483647, 1]), int([2, 3]))).toMatchObject({ dtype: 'int32' });
    expect(matmul(int([2147483647, 1]), int([2, 3])).item()).toBe(1);
    expect(matmul(int([1, 2]), tensor([0.5, 1])).dtype).toBe('float32');
    expect(matmul(int([1, 2]), tensor([true, false])).item()).toBe(1);
    expect(matmul(tensor([0.5]), v.slice([0], [1])).dtype).toBe('float64');
  });

  it('makes one product of a stack of rows and a matrix', () => {
    const { kernels } = profile(() => matmul(zeros([6, 4, 3]), zeros([3, 5])));
    expect(kernels.filter((kernel) => kernel.kernel === 'matmul')).toMatchObject([{ count: 1 }]);
    expect(kernels.some((kernel) => kernel.kernel === 'broadcastTo')).toBe(false);
  });

  it('says what does not fit', () => {
    const z = (...shape: number[]): Tensor => zeros(shape);
    const message = (x: Tensor, y: Tensor, text: string): void =>
      expectError(() => matmul(x, y), 'SHAPE', text);
    message(z(32, 784), z(10, 784), 'matmul: inner sizes differ: [32,784] x [10,784]; did you mean b.T?');
    message(z(784, 32), z(784, 10), 'matmul: inner sizes differ: [784,32] x [784,10]; did you mean a.T?');
    message(z(2, 3, 4), z(2, 5, 4), 'did you mean b.swapAxes(-2, -1)?');
    message(
      z(2, 3),
      z(4),
      'inner sizes differ: [2,3] x [4]; the last size of a (3) must be the size of b (4)',
    );
    message(z(2, 3), z(4, 5), 'the last size of a (3) must be the second to last size of b (4)');
    message(
      z(),
      z(3),
      'matmul: needs at least one axis on both sides, got float32[] x float32[3]; to scale use mul',
    );
    message(z(2, 4, 3), z(3, 3, 4), 'matmul: shapes [2] and [3] do not broadcast');
    expectError(
      () => matmul(tensor([[true]]), tensor([[true]])),
      'DTYPE',
      'matmul: booleans have no product of sums: bool[1,1] x bool[1,1]; cast one',
    );
    expectError(() => matmul('x' as never, a), 'ARGUMENT', 'matmul: needs a tensor or a number');
  });
});

describe('dot, inner, outer', () => {
  it('follow NumPy', () => {
    expect(dot(v, v).item()).toBe(6);
    expect(dot(2, v).toArray()).toEqual([2, -2, 4]);
    expect(dot(a, b).toArray()).toEqual(matmul(a, b).toArray());
    expect(dot(zeros([2, 3, 4]), zeros([5, 4, 6])).shape).toEqual([2, 3, 5, 6]);
    expect(inner(a, a).toArray()).toEqual([[14, 32], [32, 77]]); // prettier-ignore
    expect(inner(zeros([2, 3, 4]), zeros([5, 4])).shape).toEqual([2, 3, 5]);
    expect(inner(3, a).toArray()).toEqual(a.mul(3).toArray());
    expect(outer([1, 2], [3, 4, 5]).toArray()).toEqual([[3, 4, 5], [6, 8, 10]]); // prettier-ignore
    expect(outer(a, v).shape).toEqual([6, 3]);
  });

  it.each(seeds)('are what einsum says, with derivatives, seed %i', (seed) => {
    const random = generator(seed);
    const x = randomTensor(random, [2, 3, 4]);
    const y = randomTensor(random, [2, 4, 3]);
    const z = randomTensor(random, [3, 4]);
    const same = (p: Tensor, q: Tensor): void =>
      p.dataSync().forEach((value, i) => expect(value).toBeCloseTo(q.dataSync()[i]!, 12));
    same(dot(x, y), einsum('ijk,lkm->ijlm', x, y));
    same(inner(x, z), einsum('ijk,lk->ijl', x, z));
    same(outer(x, z), einsum('ijk,lm->ijklm', x, z));
    checkDerivatives('dot', (p, q) => dot(p, q), [x, y], { seed });
    checkDerivatives('inner', (p, q) => inner(p, q), [x, z], { seed });
    checkDerivatives('outer', (p, q) => outer(p, q), [x, z], { seed });
    const stacks = [randomTensor(random, [3, 2, 4]), randomTensor(random, [3, 4])] as const;
    checkBatching('dot', (p, q) => dot(p, q), ...stacks);
    checkBatching('inner', (p, q) => inner(p, q), ...stacks);
    checkBatching('outer', (p, q) => outer(p, q), ...stacks);
  });

  it('say what does not fit', () => {
    expectError(() => dot(a, v.slice([0], [2])), 'SHAPE', 'dot: inner sizes differ: [2,3] x [2]');
    expectError(() => inner(a, b), 'SHAPE', 'inner: last sizes differ: [2,3] x [3,2]');
    expectError(() => inner(true, true), 'DTYPE', 'inner: booleans');
    expectError(() => outer(true, true), 'DTYPE', 'outer: booleans');
  });
});
