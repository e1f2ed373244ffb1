import { describe, expect, it } from 'vitest';
import type { Engine, KernelFunction } from '../../../src/backends/cpu/engine.js';
import type { Product, ProductProblem } from '../../../src/backends/cpu/kernels/product/product.js';
import { innerProduct } from '../../../src/backends/cpu/kernels/product/product.js';
import { i32 } from '../../../src/backends/cpu/wasm/code.js';
import { defineFunction } from '../../../src/backends/cpu/wasm/module.js';
import { productEngines, randomNumbers } from './convSupport.js';

interface Case extends Pick<ProductProblem, 'dtype' | 'transposeA' | 'transposeB' | 'm' | 'n' | 'k'> {
  /** What the sizes are less than the problem's. */
  readonly less: number;
  readonly accumulate: number;
}

/** Operands of `items` products that lie one behind the other, and the function that makes them. */
function prepare(engine: Engine, wanted: Case, items: number) {
  const { dtype, transposeA, transposeB, m, n, k, less, accumulate } = wanted;
  const size = dtype === 'float32' ? 4 : 8;
  const [lda, ldb, ldc] = [(transposeA ? m : k) + 1, transposeB ? k : n, n + 3];
  const lengths = [(transposeA ? k : m) * lda, (transposeB ? n : k) * ldb, m * ldc] as const;
  const product: Product = innerProduct({ dtype, transposeA, transposeB, m, n, k, lda, ldb, ldc }, engine);
  const run = defineFunction({
    parameters: { a: 'i32', b: 'i32', c: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
    body({ a, b, c, begin, end, scratch }, frame) {
      const [item, left, right, out] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')]; // prettier-ignore
      const at = (base: typeof a, length: number) =>
        i32.add(base.get, i32.mul(item.get, i32.const(length * size)));
      return frame.range(item, begin.get, end.get, 1, [
        left.set(at(a, lengths[0])),
        right.set(at(b, lengths[1])),
        out.set(at(c, lengths[2])),
        product.multiply(frame, {
          a: left.get,
          b: right.get,
          c: out.get,
          scratch: scratch.get,
          accumulate: i32.const(accumulate),
          ...(less > 0 && { m: i32.const(m - less), n: i32.const(n - less), k: i32.const(k - less) }),
        }),
      ]);
    },
  });
  const f = engine.functions(JSON.stringify(wanted), () => [...product.functions, run]).at(-1)!;
  const next = randomNumbers(m + n + k);
  const addresses = lengths.map((length) => {
    const address = engine.heap.take(items * length * size);
    const data = engine.heap.view(dtype, address, items * length);
    for (let i = 0; i < data.length; i++) data[i] = next();
    return address;
  });
  const views = addresses.map((address, i) => engine.heap.view(dtype, address, items * lengths[i]!));
  const free = (): void => addresses.forEach((at, i) => engine.heap.give(at, items * lengths[i]! * size));
  return { f, addresses, views, scratchBytes: product.scratchBytes, lengths, lda, ldb, ldc, free };
}

/** Runs all items such that other threads get some of them; how many ran on this one. */
function runShared(
  engine: Engine,
  f: KernelFunction,
  args: readonly number[],
  items: number,
  scratch: number,
): number {
  let here = 0;
  const call = (...all: number[]): number => {
    const [begin, end] = all.slice(args.length) as [number, number];
    here += end - begin;
    return f.call(...all);
  };
  engine.parallel({ ...f, call }, args, items, 1, scratch);
  return here;
}

const flags = [false, true];

describe.each(productEngines(3))('a product within a kernel, by %s', (_, engine) => {
  it.each(['float32', 'float64'] as const)('has every transpose, size and sum of %s', (dtype) => {
    for (const [m, n, k] of [
      [4, 4, 4],
      [7, 5, 3],
      [2, 40, 9],
      [33, 18, 65],
      [20, 34, 300],
    ] as const)
      for (const transposeA of flags)
        for (const transposeB of flags)
          for (const less of [0, 1])
            for (const accumulate of [0, 1])
              check({ dtype, transposeA, transposeB, m, n, k, less, accumulate });
  });

  function check(wanted: Case): void {
    const { dtype, transposeA, transposeB, less, accumulate } = wanted;
    const { f, addresses, views, scratchBytes, lengths, lda, ldb, ldc, free } = prepare(engine, wanted, 2);
    const [a, b, c] = views as [Float64Array, Float64Array, Float64Array];
    const before = c.slice();
    engine.parallel(f, addresses, 2, 2, scratchBytes);
    const [m, n, k] = [wanted.m - less, wanted.n - less, wanted.k - less];
    for (let at = 0; at < c.length; at++) {
      const item = Math.floor(at / lengths[2]);
      const [i, j] = [Math.floor((at % lengths[2]) / ldc), at % ldc];
      let expected = before[at]!;
      if (i < m && j < n) {
        expected *= accumulate;
        for (let l = 0; l < k; l++)
          expected +=
            a[item * lengths[0] + (transposeA ? l * lda + i : i * lda + l)]! *
            b[item * lengths[1] + (transposeB ? j * ldb + l : l * ldb + j)]!;
      }
      const tolerance = i < m && j < n ? (dtype === 'float32' ? 2e-6 : 1e-14) * (k + 1) : 0;
      if (!(Math.abs(c[at]! - expected) <= tolerance))
        expect.fail(`${JSON.stringify(wanted)} [${i},${j}] is ${c[at]}, not ${expected}`);
    }
    free();
  }

  it('has the same bits on several threads at once as on one, over and over', () => {
    const items = 48;
    // Small products, and such as the library packs first.
    for (const [m, n, k] of [
      [32, 36, 120],
      [24, 182, 144],
      [48, 260, 130],
    ] as const)
      for (const dtype of ['float32', 'float64'] as const)
        for (const transposeB of flags) {
          const wanted = { dtype, transposeA: false, transposeB, m, n, k, less: 0, accumulate: 0 };
          const { f, addresses, views, scratchBytes, free } = prepare(engine, wanted, items);
          const bytes = (): Buffer => Buffer.from(views[2]!.slice().buffer);
          views[2]!.fill(NaN);
          engine.parallel(f, addresses, items, items, scratchBytes);
          const alone = bytes();
          let elsewhere = 0;
          for (let round = 0; round < 400 && (round < 20 || elsewhere < 5 * items); round++) {
            views[2]!.fill(NaN);
            elsewhere += items - runShared(engine, f, addresses, items, scratchBytes);
            if (!bytes().equals(alone)) expect.fail(`${JSON.stringify(wanted)} in round ${round}`);
          }
          expect(elsewhere).toBeGreaterThan(0);
          free();
        }
  });
});
