import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import type { DType } from '../../src/dtype.js';
import * as p from '../../src/primitives/calls.js';
import { contractPrimitives } from '../../src/primitives/contract.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import type { Tensor } from '../../src/tensor.js';
import { checkDerivatives, checkJit, checkVmap } from '../support/derivatives.js';
import { expectError } from '../support/errors.js';
import { build, elementAt, generator, host, integer, randomHost, runKernel } from '../support/kernels.js';
import { randomTensor } from '../support/tensors.js';

const { matmul } = contractPrimitives;
const seeds = [1, 2, 3];
const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

/** The definition, with the products of int32 in exact arithmetic. */
function naive(a: HostArray, b: HostArray, transposeA: boolean, transposeB: boolean): HostArray {
  const [batch, m, n] = matmul.shape([a, b], { transposeA, transposeB })[0]!.shape as [
    number,
    number,
    number,
  ];
  const k = a.shape[transposeA ? 1 : 2]!;
  return build([batch, m, n], a.dtype === 'int32' ? 'int32' : 'float64', ([s, i, j]) => {
    const left = a.shape[0] === 1 ? 0 : s!;
    const right = b.shape[0] === 1 ? 0 : s!;
    const term = (l: number): [number, number] => [
      elementAt(a, transposeA ? [left, l, i!] : [left, i!, l]),
      elementAt(b, transposeB ? [right, j!, l] : [right, l, j!]),
    ];
    if (a.dtype === 'int32') {
      let total = 0n;
      for (let l = 0; l < k; l++) {
        const [x, y] = term(l);
        total += BigInt(x) * BigInt(y);
      }
      return Number(BigInt.asIntN(32, total));
    }
    let total = 0;
    for (let l = 0; l < k; l++) {
      const [x, y] = term(l);
      total += x * y;
    }
    return total;
  });
}

function expectNaive(a: HostArray, b: HostArray, transposeA: boolean, transposeB: boolean): void {
  const actual = runKernel<'matmul'>(matmul, [a, b], { transposeA, transposeB });
  const expected = naive(a, b, transposeA, transposeB);
  const tolerance = a.dtype === 'float32' ? 1e-6 : a.dtype === 'float64' ? 1e-12 : 0;
  expect(actual.shape).toEqual(expected.shape);
  expected.data.forEach((value, i) => {
    expect(Math.abs(actual.data[i]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  });
}

describe('the kernel', () => {
  it.each(seeds)('is the sum of products for any sizes and layouts, seed %i', (seed) => {
    const random = generator(seed);
    for (let trial = 0; trial < 120; trial++) {
      const dtype = (['float32', 'float64', 'int32'] as const)[trial % 3]!;
      const [transposeA, transposeB] = flags[integer(random, 0, 3)]!;
      const length = (): number => (random() < 0.05 ? 0 : integer(random, 1, random() < 0.5 ? 5 : 20));
      const [batch, m, n, k] = [integer(random, 1, 3), length(), length(), length()];
      const stack = (): number => (random() < 0.5 ? 1 : batch);
      const a = randomHost(random, [stack(), ...(transposeA ? [k, m] : [m, k])], dtype);
      const b = randomHost(random, [stack(), ...(transposeB ? [n, k] : [k, n])], dtype);
      expectNaive(a, b, transposeA, transposeB);
    }
  });

  it.each(flags)('crosses the borders of its blocks, transposed %s %s', (transposeA, transposeB) => {
    const random = generator(4);
    for (const [m, n, k] of [
      [259, 6, 3],
      [5, 258, 3],
      [6, 5, 515],
      [257, 258, 1],
      [1, 300, 20],
      [300, 1, 20],
    ] as const) {
      // prettier-ignore
      const a = randomHost(random, [1, ...(transposeA ? [k, m] : [m, k])], 'float64');
      const b = randomHost(random, [1, ...(transposeB ? [n, k] : [k, n])], 'float64');
      expectNaive(a, b, transposeA, transposeB);
    }
  });

  it('keeps int32 products exact and wraps around', () => {
    const a = host([1, 2, 2], 'int32', [2147483647, 2, -2147483648, -1]);
    const b = host([1, 2, 2], 'int32', [2, 3, 2147483647, -1]);
    expectNaive(a, b, false, false);
    expectNaive(a, b, true, true);
  });

  it.each([1, 4, 40])('accumulates float32 in float64, %i columns', (n) => {
    const a = host([1, 1, 3], 'float32', [1e8, 1, -1e8]);
    const ones = host([1, 3, n], 'float32', new Array<number>(3 * n).fill(1));
    const out = runKernel<'matmul'>(matmul, [a, ones], { transposeA: false, transposeB: false });
    expect(Array.from(out.data)).toEqual(new Array<number>(n).fill(1));
  });

  it.each([2, 9])('lets NaN and infinity through, and nothing else becomes NaN, size %i', (n) => {
    const a = build([1, n, n], 'float64', ([, i, j]) => (i === 0 && j === 1 ? NaN : i === 1 && j === 0 ? Infinity : 1)); // prettier-ignore
    const b = build([1, n, n], 'float64', ([, i]) => i! + 1);
    const out = runKernel<'matmul'>(matmul, [a, b], { transposeA: false, transposeB: false });
    expect(elementAt(out, [0, 0, 0])).toBeNaN();
    expect(elementAt(out, [0, 1, n - 1])).toBe(Infinity);
    if (n > 2) expect(elementAt(out, [0, 2, 0])).toBe((n * (n + 1)) / 2);
  });

  it('gives zeros for no inner elements', () => {
    const out = runKernel<'matmul'>(matmul, [host([2, 3, 0], 'float32'), host([1, 0, 2], 'float32')], {
      transposeA: false,
      transposeB: false,
    });
    expect(out.shape).toEqual([2, 3, 2]);
    expect(Array.from(out.data)).toEqual(new Array<number>(12).fill(0));
  });
});

describe('the record', () => {
  const stacks = [[1, 1], [3, 3], [3, 1], [1, 3]] as const; // prettier-ignore
  const cases = flags.flatMap(([ta, tb]) => stacks.map(([ba, bb]) => [ta, tb, ba, bb] as const));

  it.each(cases)('derivatives and vmap, transposed %s %s, stacks of %i and %i', (ta, tb, ba, bb) => {
    for (const seed of seeds) {
      const random = generator(seed);
      const [m, n, k] = [integer(random, 1, 4), integer(random, 1, 4), integer(random, 1, 4)];
      const make = (): Tensor[] => [
        randomTensor(random, [ba, ...(ta ? [k, m] : [m, k])]),
        randomTensor(random, [bb, ...(tb ? [n, k] : [k, n])]),
      ];
      const f = (a: Tensor, b: Tensor): Tensor => p.matmul(a, b, ta, tb);
      const inputs = make();
      checkDerivatives('matmul', f, inputs, { seed });
      checkVmap('matmul', f, [inputs, make(), make()]);
      checkJit('matmul', f, inputs);
    }
  });

  it('refuses what does not fit', () => {
    const x = (shape: number[], dtype: DType = 'float32') => ({ shape, dtype });
    const run =
      (a: ReturnType<typeof x>, b: ReturnType<typeof x>, transposeB = false) =>
      () =>
        matmul.shape([a, b], { transposeA: false, transposeB });
    expectError(
      run(x([2, 3]), x([1, 3, 2])),
      'SHAPE',
      'takes [batch, rows, columns] twice, got float32[2,3]',
    );
    expectError(
      run(x([1, 2, 3]), x([1, 2, 3])),
      'SHAPE',
      'inner sizes differ: float32[1,2,3] x float32[1,2,3]',
    );
    expectError(run(x([1, 2, 3]), x([1, 3, 4]), true), 'SHAPE', 'float32[1,3,4] transposed');
    expectError(run(x([2, 2, 3]), x([3, 3, 4])), 'SHAPE', 'batch sizes must be equal or one of them 1');
    expectError(run(x([1, 2, 3]), x([1, 3, 4], 'float64')), 'DTYPE', 'one dtype that is not bool');
    expectError(run(x([1, 2, 3], 'bool'), x([1, 3, 4], 'bool')), 'DTYPE', 'one dtype that is not bool');
  });
});
