import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { GemmProblem } from '../../../src/backends/cpu/gemm/gemm.js';
import type { KernelFactory } from '../../../src/backends/cpu/kernel.js';
import type { TypedArray } from '../../../src/dtype.js';
import type { PrimitiveName, PrimitiveParameters } from '../../../src/primitives/parameters.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import type { Aval } from '../../../src/shape.js';
import { sizeOf } from '../../../src/shape.js';

/** An engine whose matrix product is three loops: what is left of an error is the kernel's own. */
export function plainEngine(): Engine {
  const engine = createEngine({ threads: 1 });
  const { heap } = engine;
  const gemm = (problem: GemmProblem) => (a: number, b: number, c: number) => {
    const { dtype, m, n, k, lda, ldb, ldc, transposeA, transposeB, accumulate } = problem;
    const lastOf = (rows: number, columns: number, ld: number): number => (rows - 1) * ld + columns;
    const left = heap.view(dtype, a, transposeA ? lastOf(k, m, lda) : lastOf(m, k, lda));
    const right = heap.view(dtype, b, transposeB ? lastOf(n, k, ldb) : lastOf(k, n, ldb));
    const out = heap.view(dtype, c, lastOf(m, n, ldc));
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? out[i * ldc + j]! : 0;
        for (let l = 0; l < k; l++)
          sum +=
            left[transposeA ? l * lda + i : i * lda + l]! * right[transposeB ? j * ldb + l : l * ldb + j]!;
        out[i * ldc + j] = sum;
      }
    }
  };
  return { ...engine, gemm };
}

/**
 * Runs a kernel on copies of the inputs. The outputs start in the middle of a block, at a multiple of their element's
 * size only, full of NaN and with guard bytes around that must stay.
 */
export function runKernel<N extends PrimitiveName>(
  engine: Engine,
  factory: KernelFactory<N>,
  inputs: readonly HostArray[],
  outputs: readonly Aval[],
  params: PrimitiveParameters[N],
): TypedArray[] | undefined {
  const kernel = factory({ inputs, outputs, params }, engine);
  if (kernel === undefined) return undefined;
  const { heap } = engine;
  const froms = inputs.map(({ data, dtype }) => {
    const at = heap.take(data.byteLength + 16);
    heap.view(dtype, at, data.length).set(data);
    return at;
  });
  const blocks = outputs.map(({ shape, dtype }) => {
    const size = sizeOf(shape);
    const width = heap.view(dtype, 0, 1).BYTES_PER_ELEMENT;
    const bytes = size * width;
    const block = heap.take(bytes + 128);
    const guarded = heap.view('bool', block, bytes + 128) as Uint8Array;
    guarded.fill(255);
    return { dtype, size, bytes, block, at: block + 64 - width, guarded };
  });
  kernel([...froms, ...blocks.map(({ at }) => at)]);
  const results = blocks.map(({ dtype, size, at }) => heap.view(dtype, at, size).slice());
  for (const { guarded, at, block, bytes } of blocks) {
    const touched = guarded.findIndex(
      (byte, i) => byte !== 255 && (i < at - block || i >= at - block + bytes),
    );
    if (touched >= 0) throw new Error(`byte ${touched - (at - block)} of an output of ${bytes} was written`);
    heap.give(block, bytes + 128);
  }
  froms.forEach((at, i) => heap.give(at, inputs[i]!.data.byteLength + 16));
  return results;
}

/** Numbers in [-1, 1) from a linear congruential generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
