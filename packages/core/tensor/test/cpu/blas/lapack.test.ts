import { describe, expect, it } from 'vitest';
import { lapackKernels } from '../../../src/backends/cpu/blas/lapack.js';
import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { HeapKernel, Problem } from '../../../src/backends/cpu/kernel.js';
import { bytesPerElement, type DType } from '../../../src/dtype.js';
import { primitives } from '../../../src/primitives/index.js';
import type { PrimitiveParameters } from '../../../src/primitives/parameters.js';
import { lookupPrimitive, registerPrimitives } from '../../../src/primitives/primitive.js';
import { sizeOf, type Aval, type Shape } from '../../../src/shape.js';

registerPrimitives(primitives);
const engine = createEngine({ threads: 2 });
const { heap, blas } = engine;
const kernels = blas && lapackKernels(blas, engine);

type Name = 'cholesky' | 'triangularSolve' | 'solve' | 'slogdet' | 'qr' | 'svd' | 'eigh';
interface Matrices {
  readonly shape: Shape;
  readonly data: readonly number[];
}

function generator(seed: number): () => number {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  // Sums of uniform numbers: nearly normal.
  return () => next() + next() + next();
}

function random(seed: number, shape: Shape): Matrices {
  const next = generator(seed);
  return { shape, data: Array.from({ length: sizeOf(shape) }, next) };
}

/** Runs the kernel between guards that must stay, and the reference. */
function both<N extends Name>(
  name: N,
  inputs: readonly Matrices[],
  params: PrimitiveParameters[N],
  dtype: DType = 'float64',
): { got: number[][]; expected: number[][]; shapes: readonly Shape[] } {
  const avals = inputs.map(({ shape }): Aval => ({ shape, dtype }));
  const primitive = lookupPrimitive(name);
  const outputs = primitive.shape(avals, params as never);
  const factory = kernels![name] as unknown as (problem: Problem<N>, engine: Engine) => HeapKernel;
  const run = factory({ inputs: avals, outputs, params }, engine);
  const bytes = bytesPerElement(dtype);
  const all = [...avals, ...outputs];
  const starts = all.map((aval) => heap.take((sizeOf(aval.shape) + 2) * bytes));
  const addresses = starts.map((start) => start + bytes);
  const view = (i: number): number[] => Array.from(heap.view(dtype, addresses[i]!, sizeOf(all[i]!.shape)));
  try {
    all.forEach((aval, i) => {
      const space = heap.view(dtype, starts[i]!, sizeOf(aval.shape) + 2).fill(7.5);
      if (i < inputs.length) space.set(inputs[i]!.data, 1);
    });
    const before = inputs.map((_, i) => view(i));
    run(addresses);
    inputs.forEach((_, i) => expect(view(i)).toEqual(before[i]));
    all.forEach((aval, i) => {
      const space = heap.view(dtype, starts[i]!, sizeOf(aval.shape) + 2);
      expect([space[0], space.at(-1)]).toEqual([7.5, 7.5]);
    });
    const Rows = dtype === 'float32' ? Float32Array : Float64Array;
    const host = (aval: Aval, data: ArrayLike<number>) => ({ ...aval, data: Rows.from(data) });
    const references = outputs.map((aval) => host(aval, new Array<number>(sizeOf(aval.shape)).fill(7.5)));
    primitive.kernel(
      avals.map((aval, i) => host(aval, inputs[i]!.data)),
      references,
      params as never,
      () => undefined,
    );
    return {
      got: outputs.map((_, i) => view(inputs.length + i)),
      expected: references.map(({ data }) => Array.from(data)),
      shapes: outputs.map(({ shape }) => shape),
    };
  } finally {
    starts.forEach((start, i) => heap.give(start, (sizeOf(all[i]!.shape) + 2) * bytes));
  }
}

const tolerance = { float64: 1e-10, float32: 1e-5 } as const;
const dtypes = ['float64', 'float32'] as const;

function expectClose(got: readonly number[], expected: readonly number[], limit: number): void {
  const scale = Math.max(1, ...expected.map(Math.abs).filter((x) => x < Infinity));
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    const other = expected[i]!;
    if (Object.is(value, other) || value === other) return;
    if (!(Math.abs(value - other) <= limit * scale))
      expect.fail(`[${i}] is ${value}, the reference has ${other}`);
  });
}

/** op(a) op(b) of single row-major matrices. */
function times(
  a: readonly number[],
  b: readonly number[],
  m: number,
  k: number,
  n: number,
  transposeA = false,
): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum += (transposeA ? a[l * m + i]! : a[i * k + l]!) * b[l * n + j]!;
    return sum;
  });
}

const identity = (n: number): number[] =>
  Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) === i % n ? 1 : 0));

function positiveDefinite(seed: number, n: number): Matrices {
  const { data } = random(seed, [n, n]);
  const product = times(data, data, n, n, n, true);
  return { shape: [n, n], data: product.map((x, i) => x + (Math.floor(i / n) === i % n ? 1 : 0)) };
}

const symmetric = (seed: number, n: number): Matrices => {
  const { data } = random(seed, [n, n]);
  return { shape: [n, n], data: data.map((x, at) => x + data[(at % n) * n + Math.floor(at / n)]!) };
};

/** With the same symmetric part. */
const leaning = ({ shape, data }: Matrices): Matrices => {
  const n = shape[0]!;
  const sides = (at: number): number => Math.sign((at % n) - Math.floor(at / n));
  return { shape, data: data.map((x, at) => x + sides(at) / 8) };
};

/** Rows and columns scaled over `decades` powers of ten. */
const graded = ({ shape, data }: Matrices, decades: number): Matrices => {
  const [m, n] = shape as [number, number];
  const factor = (i: number, length: number): number =>
    10 ** ((-decades / 2) * (i / Math.max(1, length - 1)));
  return { shape, data: data.map((x, at) => x * factor(Math.floor(at / n), m) * factor(at % n, n)) };
};

const diagonalOf = (values: readonly number[]): Matrices => ({
  shape: [values.length, values.length],
  data: identity(values.length).map((x, at) => x * values[at % values.length]!),
});

const none = {} as never;

describe.skipIf(kernels === undefined)('LAPACK kernels against the reference', () => {
  it('has all of them', () => {
    expect(Object.keys(kernels!).sort()).toEqual(['cholesky', 'eigh', 'qr', 'slogdet', 'solve', 'svd', 'triangularSolve']); // prettier-ignore
  });

  it.each(dtypes)('cholesky, %s', (dtype) => {
    for (const n of [0, 1, 2, 3, 7, 33, 70]) {
      for (const a of [
        positiveDefinite(n + 1, n),
        graded(positiveDefinite(n + 2, n), dtype === 'float64' ? 8 : 2),
      ]) {
        const { got, expected } = both('cholesky', [a], none, dtype);
        expectClose(got[0]!, expected[0]!, tolerance[dtype]);
      }
    }
    const { got, expected } = both('cholesky', [leaning(positiveDefinite(3, 4))], none, dtype);
    expectClose(got[0]!, expected[0]!, tolerance[dtype]);
  });

  it.each(dtypes)('triangularSolve, %s', (dtype) => {
    for (const [n, k] of [
      [0, 2],
      [1, 1],
      [3, 1],
      [5, 4],
      [40, 7],
      [3, 0],
    ] as const)
      // prettier-ignore
      for (const lower of [false, true])
        for (const transpose of [false, true])
          for (const unitDiagonal of [false, true]) {
            const a = random(n, [2, n, n]);
            const tame = { shape: a.shape, data: a.data.map((x, at) => (Math.floor(at / n) % n === at % n ? x + 8 : x / (n + 1))) }; // prettier-ignore
            const { got, expected } = both('triangularSolve', [tame, random(k + 5, [2, n, k])], { lower, transpose, unitDiagonal }, dtype); // prettier-ignore
            expectClose(got[0]!, expected[0]!, tolerance[dtype]);
          }
  });

  it.each(dtypes)('solve and slogdet, %s', (dtype) => {
    for (const [n, k] of [
      [0, 2],
      [1, 1],
      [2, 3],
      [5, 1],
      [31, 6],
      [64, 64],
      [3, 0],
    ] as const)
      // prettier-ignore
      for (const transpose of [false, true]) {
        const a = random(n + 3, [2, n, n]);
        const tame = { shape: a.shape, data: a.data.map((x, at) => (Math.floor(at / n) % n === at % n ? x + n / 2 : x)) }; // prettier-ignore
        const { got, expected } = both('solve', [tame, random(k + 5, [2, n, k])], { transpose }, dtype);
        expectClose(got[0]!, expected[0]!, tolerance[dtype]);
        for (const matrices of [a, tame]) {
          const determinants = both('slogdet', [matrices], none, dtype);
          expect(determinants.got[0]).toEqual(determinants.expected[0]);
          expectClose(determinants.got[1]!, determinants.expected[1]!, tolerance[dtype]);
        }
      }
    const exchange = { shape: [3, 3], data: [0, 1, 0, 0, 0, 1, 1, 0, 0] };
    expect(both('slogdet', [exchange], none, dtype).got).toEqual([[1], [0]]);
    expect(both('slogdet', [diagonalOf([1, 0, -2])], none, dtype).got).toEqual([[0], [-Infinity]]);
  });

  it.each(dtypes)('qr: square, tall, wide, empty, dependent columns, %s', (dtype) => {
    for (const [m, n] of [
      [1, 1],
      [3, 3],
      [6, 2],
      [2, 6],
      [7, 1],
      [1, 4],
      [0, 3],
      [3, 0],
      [50, 40],
      [40, 50],
    ] as const) {
      // prettier-ignore
      const { got, expected } = both('qr', [random(m * 9 + n, [2, m, n])], none, dtype);
      got.forEach((values, i) => expectClose(values, expected[i]!, tolerance[dtype]));
    }
    for (const a of [new Array<number>(12).fill(0), new Array<number>(12).fill(1)]) {
      const { got } = both('qr', [{ shape: [4, 3], data: a }], none, dtype);
      expectClose(times(got[0]!, got[1]!, 4, 3, 3), a, tolerance[dtype]);
      expectClose(times(got[0]!, got[0]!, 3, 4, 3, true), identity(3), tolerance[dtype]);
      expect([0, 4, 8].every((at) => got[1]![at]! >= 0)).toBe(true);
    }
  });

  it.each(dtypes)('svd: square, tall, wide, empty, graded, %s', (dtype) => {
    for (const [m, n] of [
      [1, 1],
      [3, 3],
      [6, 2],
      [2, 6],
      [30, 3],
      [3, 30],
      [7, 1],
      [1, 4],
      [0, 3],
      [3, 0],
      [40, 33],
    ] as const)
      // prettier-ignore
      for (const a of [random(m * 5 + n, [m, n]), graded(random(m + n, [m, n]), 3)]) {
        const { got, expected } = both('svd', [a], none, dtype);
        got.forEach((values, i) => expectClose(values, expected[i]!, tolerance[dtype]));
      }
  });

  it.each(dtypes)('svd where vectors are free: zeros, equal values, low rank, %s', (dtype) => {
    const [left, right] = [random(1, [6, 2]).data, random(2, [2, 5]).data];
    const cases = [
      { shape: [3, 4], data: new Array<number>(12).fill(0) },
      { shape: [4, 4], data: identity(4) },
      { shape: [6, 5], data: times(left, right, 6, 2, 5) },
    ];
    for (const a of cases) {
      const [m, n] = a.shape as [number, number];
      const k = Math.min(m, n);
      const { got, expected } = both('svd', [a], none, dtype);
      const [u, s, vt] = got as [number[], number[], number[]];
      expectClose(s, expected[1]!, tolerance[dtype]);
      expectClose(times(u, u, k, m, k, true), identity(k), tolerance[dtype]);
      expectClose(times(u.map((x, at) => x * s[at % k]!), vt, m, k, n), a.data, tolerance[dtype]); // prettier-ignore
      const rows = Array.from({ length: n * k }, (_, at) => vt[(at % k) * n + Math.floor(at / k)]!);
      expectClose(times(vt, rows, k, n, k), identity(k), tolerance[dtype]);
    }
  });

  it.each(dtypes)('eigh: random, graded, stacked, empty, not symmetric, %s', (dtype) => {
    for (const n of [0, 1, 2, 3, 6, 33, 60])
      for (const a of [symmetric(n + 4, n), graded(symmetric(n + 5, n), 3)]) {
        const stack = { shape: [2, n, n], data: [...leaning(a).data, ...a.data] };
        const { got, expected } = both('eigh', [stack], none, dtype);
        got.forEach((values, i) => expectClose(values, expected[i]!, tolerance[dtype] * 10));
      }
  });

  it.each(dtypes)('eigh of repeated eigenvalues and of extreme scales, %s', (dtype) => {
    const n = 6;
    const rotation = both('qr', [random(8, [n, n])], none, dtype).got[0]!;
    const scaled = rotation.map((x, at) => x * [1, 1, 1, 3, 3, -2][at % n]!);
    const transposed = Array.from({ length: n * n }, (_, at) => rotation[(at % n) * n + Math.floor(at / n)]!);
    const repeated = times(scaled, transposed, n, n, n);
    const scales = dtype === 'float64' ? [1, 1e-300, 1e300] : [1, 1e-30, 1e30];
    for (const scale of scales) {
      const a = { shape: [n, n], data: repeated.map((x) => x * scale) };
      const [values, vectors] = both('eigh', [a], none, dtype).got as [number[], number[]];
      expectClose(values.map((x) => x / scale), [-2, 1, 1, 1, 3, 3], tolerance[dtype]); // prettier-ignore
      expectClose(times(vectors, vectors, n, n, n, true), identity(n), tolerance[dtype]);
      const back = Array.from({ length: n * n }, (_, at) => vectors[(at % n) * n + Math.floor(at / n)]! * (values[Math.floor(at / n)]! / scale)); // prettier-ignore
      expectClose(times(vectors, back, n, n, n), repeated, tolerance[dtype]);
    }
  });

  it('a matrix that is not finite gives what the reference gives', () => {
    for (const bad of [NaN, Infinity]) {
      const a = { shape: [2, 2, 2], data: [2, 1, 1, 3, 1, bad, bad, 2] };
      const b = random(1, [2, 2, 1]);
      const upper = { lower: false, transpose: false, unitDiagonal: false };
      const results = [both('eigh', [a], none), both('svd', [a], none), both('qr', [a], none), both('slogdet', [a], none), both('solve', [a, b], { transpose: false }), both('triangularSolve', [a, b], upper)]; // prettier-ignore
      for (const { got, expected } of results)
        got.forEach((values, i) => expectClose(values, expected[i]!, 1e-12));
    }
  });

  it('throws the errors of the reference, word for word', () => {
    const message = (body: () => unknown): string => {
      try {
        body();
      } catch (thrown) {
        return `${(thrown as Error).name}: ${(thrown as Error).message}`;
      }
      return 'nothing';
    };
    const b = random(2, [2, 2, 1]);
    const indefinite = { shape: [2, 2, 2], data: [2, 0, 0, 2, 1, 2, 2, 1] };
    expect(message(() => both('cholesky', [indefinite], none))).toMatch(/^LinalgError: cholesky: the matrix in batch element \[1\] is not positive definite: pivot 1 of 2 is -3,/); // prettier-ignore
    expect(message(() => both('cholesky', [{ shape: [1, 1], data: [NaN] }], none))).toMatch(/pivot 0 of 1 is NaN/); // prettier-ignore
    expect(message(() => both('cholesky', [{ shape: [1, 1], data: [Infinity] }], none))).toMatch(/pivot 0 of 1 is Infinity/); // prettier-ignore
    const singular = { shape: [2, 2, 2], data: [2, 0, 0, 2, 1, 2, 2, 4] };
    expect(message(() => both('solve', [singular, b], { transpose: true }))).toMatch(/^LinalgError: solve: the matrix in batch element \[1\] is singular: pivot 1 of 2 is 0;/); // prettier-ignore
    const triangle = { shape: [2, 2, 2], data: [2, 0, 0, 2, 1, 2, 2, 0] };
    expect(message(() => both('triangularSolve', [triangle, b], { lower: true, transpose: false, unitDiagonal: false }))).toMatch(/^LinalgError: triangularSolve: the matrix in batch element \[1\] is singular: pivot 1 of 2 is 0/); // prettier-ignore
  });
});
