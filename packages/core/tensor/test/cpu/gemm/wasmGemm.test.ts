import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { ProductProblem } from '../../../src/backends/cpu/gemm/wasmGemm.js';
import { wasmGemm, wasmProduct } from '../../../src/backends/cpu/gemm/wasmGemm.js';
import { matmulKernel } from '../../../src/backends/cpu/kernels/matmul.js';
import { matmul } from '../../../src/primitives/matmul.js';
import { generator, integer, randomHost, runKernel } from '../../support/kernels.js';

const engine = createEngine({ threads: 1 });
const dtypes = ['float32', 'float64', 'int32'] as const;
const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));
type Sizes = Omit<ProductProblem, 'lda' | 'ldb' | 'ldc'>;

/** Runs a product whose rows have gaps, between guards; small whole numbers, so that every sum is exact. */
function run(sizes: Sizes, on: Engine = engine, fill?: (i: number) => number) {
  const { dtype, transposeA, transposeB, m, n, k } = sizes;
  const [lda, ldb, ldc] = [(transposeA ? m : k) + 3, (transposeB ? k : n) + 1, n + 2];
  const random = generator(m * 1000 + n * 100 + k);
  const bytes = dtype === 'float64' ? 8 : 4;
  const lengths = [(transposeA ? k : m) * lda + 1, (transposeB ? n : k) * ldb + 1, m * ldc + 8];
  // Odd multiples of an element: nothing may rest on alignment.
  const blocks = lengths.map((length) => engine.heap.take((length + 1) * bytes));
  const views = blocks.map((at, i) => engine.heap.view(dtype, at + bytes, lengths[i]!));
  const [a, b, c] = views as [(typeof views)[0], (typeof views)[0], (typeof views)[0]];
  // The right factor's elements are counted on from a million.
  [a, b].forEach((view, which) => {
    for (let i = 0; i < view.length; i++) view[i] = fill?.(i + which * 1e6) ?? integer(random, -6, 6);
  });
  c.fill(9);
  wasmProduct({ ...sizes, lda, ldb, ldc }, on)(blocks[0]! + bytes, blocks[1]! + bytes, blocks[2]! + bytes);
  const result = { a: a.slice(), b: b.slice(), c: c.slice(), lda, ldb, ldc };
  blocks.forEach((at, i) => engine.heap.give(at, (lengths[i]! + 1) * bytes));
  return result;
}

function expectDefinition(sizes: Sizes): void {
  const { transposeA, transposeB, m, n, k, accumulate } = sizes;
  const { a, b, c, lda, ldb, ldc } = run(sizes);
  const expected = new Float64Array(c.length).fill(9);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? 9 : 0;
      for (let l = 0; l < k; l++) {
        sum += a[transposeA ? l * lda + i : i * lda + l]! * b[transposeB ? j * ldb + l : l * ldb + j]!;
      }
      expected[i * ldc + j] = sum;
    }
  }
  expect(Array.from(c), JSON.stringify(sizes)).toEqual(Array.from(expected));
}

describe.each(dtypes)('%s', (dtype) => {
  it.each(flags)('is the definition for small sizes, transposed %s %s', (transposeA, transposeB) => {
    for (let m = 1; m <= 40; m += m < 14 ? 1 : 13) {
      for (let n = 1; n <= 40; n += n < 18 ? 1 : 11) {
        for (const k of [0, 1, 2, 3, 4, 5, 9, 40]) {
          expectDefinition({ dtype, transposeA, transposeB, m, n, k, accumulate: (m + n + k) % 2 === 0 });
        }
      }
    }
  });

  it.each(flags)('crosses the borders of its blocks, transposed %s %s', (transposeA, transposeB) => {
    for (const [m, n, k] of [
      [95, 127, 255],
      [96, 128, 256],
      [97, 129, 257],
      [193, 9, 513],
      [13, 257, 33],
    ] as const) {
      for (const accumulate of [false, true]) {
        expectDefinition({ dtype, transposeA, transposeB, m, n, k, accumulate });
      }
    }
  });

  it.each(flags)('has the same bits however items are cut, transposed %s %s', (transposeA, transposeB) => {
    for (const [m, n, k] of [
      [50, 70, 300],
      [200, 300, 40],
      [7, 130, 600],
    ] as const) {
      const sizes = { dtype, transposeA, transposeB, m, n, k, accumulate: true };
      const fill = (i: number): number =>
        dtype === 'int32' ? Math.imul(i, 2654435761) : Math.sin(i) * 10 ** (i % 5);
      const whole = run(sizes, engine, fill).c;
      for (const step of [1, 3]) expect(run(sizes, cutting(step), fill).c).toEqual(whole);
    }
  });
});

/** An engine that calls functions for `step` items at a time, the last ones first. */
function cutting(step: number): Engine {
  return {
    ...engine,
    parallel: (f, args, items, _grain, scratchBytes) => {
      const scratch = scratchBytes === undefined ? 0 : engine.heap.take(scratchBytes);
      for (let begin = Math.floor((items - 1) / step) * step; begin >= 0; begin -= step) {
        const end = Math.min(items, begin + step);
        f.call(...args, begin, end, ...(scratchBytes === undefined ? [] : [scratch]));
      }
      if (scratchBytes !== undefined) engine.heap.give(scratch, scratchBytes);
    },
  };
}

it.each([3, 40])('does not skip zeros: 0 times infinity is NaN, and stays in its place, size %i', (n) => {
  const fill = (i: number): number => (i === 0 ? Infinity : 0);
  const { a, b, c, ldc } = run({ dtype: 'float32', transposeA: false, transposeB: false, m: n, n, k: n, accumulate: false }, engine, fill); // prettier-ignore
  expect([a[0], b.includes(Infinity)]).toEqual([Infinity, false]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) expect(c[i * ldc + j]).toEqual(i === 0 ? NaN : 0);
  }
});

it('adds long sums block by block: float32 with k = 100000', () => {
  const k = 100_000;
  const { a, b, c } = run({ dtype: 'float32', transposeA: false, transposeB: true, m: 1, n: 1, k, accumulate: false }, engine, (i) => (i % 97) / 97 + 0.1); // prettier-ignore
  let exact = 0;
  for (let l = 0; l < k; l++) exact += a[l]! * b[l]!;
  // One running float32 sum is off by 1e-4 and more here.
  expect(Math.abs(c[0]! - exact) / exact).toBeLessThan(5e-6);
});

describe('the kernel of matmul', () => {
  const on: Engine = { ...engine, gemm: wasmGemm(engine) };
  it.each(dtypes)('is the reference for stacks, layouts and empty sizes, %s', (dtype) => {
    const random = generator(7);
    for (let trial = 0; trial < 150; trial++) {
      const [transposeA, transposeB] = flags[trial % 4]!;
      const length = (): number => (random() < 0.08 ? 0 : integer(random, 1, 20));
      const [batch, m, n, k] = [integer(random, 1, 3), length(), length(), length()];
      const stack = (): number => (random() < 0.5 ? 1 : batch);
      const a = randomHost(random, [stack(), ...(transposeA ? [k, m] : [m, k])], dtype);
      const b = randomHost(random, [stack(), ...(transposeB ? [n, k] : [k, n])], dtype);
      const params = { transposeA, transposeB };
      const expected = runKernel<'matmul'>(matmul, [a, b], params);
      const kernel = matmulKernel({ inputs: [a, b], outputs: [expected], params }, on)!;
      const hosts = [a, b, expected];
      const bytes = hosts.map(({ data }) => data.byteLength + 16);
      const addresses = bytes.map((size) => engine.heap.take(size));
      const views = hosts.map(({ data }, i) => engine.heap.view(dtype, addresses[i]!, data.length));
      views[0]!.set(a.data);
      views[1]!.set(b.data);
      views[2]!.fill(77);
      kernel(addresses);
      const tolerance = dtype === 'float32' ? 2e-5 : dtype === 'float64' ? 1e-13 : 0;
      expected.data.forEach((value, i) => {
        expect(Math.abs(views[2]![i]! - value)).toBeLessThanOrEqual(tolerance);
      });
      addresses.forEach((at, i) => engine.heap.give(at, bytes[i]!));
    }
  });
});
