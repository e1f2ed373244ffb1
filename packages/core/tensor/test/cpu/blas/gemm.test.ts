import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { GemmProblem } from '../../../src/backends/cpu/gemm/gemm.js';

const engines = new Map<number, Engine>();
function engineWith(threads: number): Engine {
  let engine = engines.get(threads);
  if (engine === undefined) engines.set(threads, (engine = createEngine({ threads })));
  return engine;
}
const single = engineWith(1);
const bytesOf = { float32: 4, float64: 8 } as const;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

interface Case extends Partial<Omit<GemmProblem, 'lda' | 'ldb' | 'ldc'>> {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Elements between the rows of every matrix. */
  readonly gap?: number;
}

/** Runs a product with `threads`; what lies between C's rows and behind it must stay. */
function product(
  wanted: Case,
  threads: number,
): { c: number[]; a: number[]; b: number[]; problem: GemmProblem } {
  const gap = wanted.gap ?? 0;
  const { dtype = 'float64', transposeA = false, transposeB = false, accumulate = false, m, n, k } = wanted;
  const [lda, ldb, ldc] = [(transposeA ? m : k) + gap, (transposeB ? k : n) + gap, n + gap];
  const problem = { dtype, transposeA, transposeB, accumulate, m, n, k, lda, ldb, ldc };
  const size = bytesOf[dtype];
  const [aSize, bSize, cSize] = [(transposeA ? k : m) * lda, (transposeB ? n : k) * ldb, m * ldc];
  const { heap, gemm } = engineWith(threads);
  const bytes = (aSize + bSize + cSize + 64) * size;
  const start = heap.take(bytes);
  const [a, b, c] = [start, start + aSize * size, start + (aSize + bSize) * size];
  const next = random(m * 7 + n * 5 + k);
  const all = heap.view(dtype, start, aSize + bSize + cSize + 8);
  for (let i = 0; i < all.length; i++) all[i] = next();
  if (!accumulate) heap.view(dtype, c, cSize).fill(NaN);
  const before = Array.from(heap.view(dtype, c, cSize + 8));
  gemm(problem)(a, b, c);
  const after = Array.from(heap.view(dtype, c, cSize + 8));
  after.forEach((value, i) => {
    if (i >= cSize || i % ldc >= n) expect(value).toBe(before[i]);
  });
  const result = {
    c: after.slice(0, cSize),
    a: Array.from(heap.view(dtype, a, aSize)),
    b: Array.from(heap.view(dtype, b, bSize)),
    problem,
    before,
  };
  heap.give(start, bytes);
  if (k > 0 && threads === 1) check(result);
  return result;
}

/** Against the sum in float64, at every element for small products and at some for large ones. */
function check({
  c,
  a,
  b,
  problem,
  before,
}: {
  c: number[];
  a: number[];
  b: number[];
  problem: GemmProblem;
  before: number[];
}): void {
  const { dtype, transposeA, transposeB, accumulate, m, n, k, lda, ldb, ldc } = problem;
  const epsilon = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const stride = Math.max(1, Math.floor((m * n) / 5000));
  for (let at = 0; at < m * n; at += stride) {
    const [i, j] = [Math.floor(at / n), at % n];
    let expected = accumulate ? before[i * ldc + j]! : 0;
    let size = Math.abs(expected);
    for (let l = 0; l < k; l++) {
      const term =
        (transposeA ? a[l * lda + i]! : a[i * lda + l]!) * (transposeB ? b[j * ldb + l]! : b[l * ldb + j]!);
      expected += term;
      size += Math.abs(term);
    }
    const error = Math.abs(c[i * ldc + j]! - expected);
    if (!(error <= epsilon * (size + 1e-30) * (4 + Math.sqrt(k)))) {
      expect.fail(`${m}x${n}x${k} [${i},${j}] of ${dtype} is ${c[i * ldc + j]}, not ${expected}`);
    }
  }
}

const flags = [false, true];

describe.skipIf(single.blas === undefined)('gemm by BLAS', () => {
  it.each(['float32', 'float64'] as const)(
    'multiplies %s of all shapes and transposes, and adds',
    (dtype) => {
      const sizes = [1, 2, 3, 5, 8, 17, 33];
      for (const m of sizes)
        for (const n of sizes)
          for (const k of [1, 2, 7, 31])
            for (const transposeA of flags)
              for (const transposeB of flags)
                for (const accumulate of flags)
                  for (const gap of [0, 3])
                    product({ dtype, m, n, k, transposeA, transposeB, accumulate, gap }, 1);
    },
  );

  it('takes sizes of 0: a sum of nothing is 0, and only in C', () => {
    for (const dtype of ['float32', 'float64'] as const)
      for (const gap of [0, 2]) {
        for (const [m, n, k] of [[0, 3, 2], [3, 0, 2], [0, 0, 0]] as const) product({ dtype, m, n, k, gap }, 1); // prettier-ignore
        const { c } = product({ dtype, m: 3, n: 4, k: 0, gap }, 1);
        c.forEach((value, i) => {
          if (i % (4 + gap) < 4) expect(value).toBe(0);
        });
        const kept = product({ dtype, m: 3, n: 4, k: 0, gap, accumulate: true }, 1);
        expect(kept.c.some((value) => value !== 0)).toBe(true);
      }
  });

  it.each(['float32', 'float64'] as const)(
    'gives the same bits in %s with 1, 2, 3 and 4 threads, whatever the sizes',
    (dtype) => {
      const shapes = [[128, 128, 128], [131, 201, 90], [520, 64, 80], [300, 300, 300], [257, 129, 784], [256, 500, 160], [1000, 1000, 100], [65, 2100, 70], [2100, 65, 70], [4, 4100, 600], [301, 63, 500], [200, 257, 1030]] as const; // prettier-ignore
      for (const [m, n, k] of shapes)
        for (const [transposeA, transposeB] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          // prettier-ignore
          const wanted = { dtype, m, n, k, transposeA, transposeB, accumulate: m === 300, gap: m === 257 ? 5 : 0 };
          const one = product(wanted, 1).c;
          for (const threads of [2, 3, 4]) expect(Buffer.from(Float64Array.from(product(wanted, threads).c).buffer).equals(Buffer.from(Float64Array.from(one).buffer)), `${m}x${n}x${k}, ${threads} threads`).toBe(true); // prettier-ignore
        }
    },
  );

  it('carries NaN and infinity from the operands, and none from what C held', () => {
    const { heap, gemm } = single;
    for (const [m, n] of [
      [1, 4],
      [4, 1],
      [4, 4],
    ] as const) {
      // prettier-ignore
      const problem = { dtype: 'float64', transposeA: false, transposeB: false, m, n, k: 2, lda: 2, ldb: n, ldc: n, accumulate: false } as const; // prettier-ignore
      const [a, b, c] = [heap.take(64), heap.take(64), heap.take(256)];
      heap
        .view('float64', a, 2 * m)
        .fill(1)
        .set([NaN, 1]);
      heap
        .view('float64', b, 2 * n)
        .fill(2)
        .set([Infinity]);
      heap.view('float64', c, m * n).fill(NaN);
      gemm(problem)(a, b, c);
      const result = Array.from(heap.view('float64', c, m * n));
      expect(result.slice(0, n).every(Number.isNaN)).toBe(true);
      for (let i = 1; i < m; i++)
        for (let j = 0; j < n; j++) expect(result[i * n + j]).toBe(j === 0 ? Infinity : 4);
    }
  });
});
