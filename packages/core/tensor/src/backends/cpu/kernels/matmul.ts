import type { Aval } from '../../../shape.js';
import type { Engine } from '../engine.js';
import { wasmProduct } from '../gemm/wasmGemm.js';
import type { HeapKernel, KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { i32 } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { ProductProblem } from './product/product.js';
import { grainOf, innerProduct } from './product/product.js';

/** Products of so many multiplications are worth several threads each. */
const large = 1 << 23;

/**
 * Batches of products: the large ones, and vectors, by the engine's gemm one after the other, small ones shared among the
 * threads. int32, which BLAS does not know, by WebAssembly.
 */
export const matmulKernel: KernelFactory<'matmul'> = ({ inputs, outputs, params }, engine) => {
  const { transposeA, transposeB } = params;
  const [a, b] = inputs as [Aval, Aval];
  const [stack, rows, n] = outputs[0]!.shape as [number, number, number];
  const { dtype } = outputs[0]!;
  if (dtype === 'bool') return undefined;
  const k = a.shape[transposeA ? 1 : 2]!;
  // One right factor for all: the stacked left factors are one tall matrix.
  const tall = b.shape[0] === 1 && !transposeA;
  const [batch, m] = tall ? [1, stack * rows] : [stack, rows];
  const sizes = { transposeA, transposeB, m, n, k };
  const steps = {
    lda: Math.max(1, transposeA ? m : k),
    ldb: Math.max(1, transposeB ? k : n),
    ldc: Math.max(1, n),
  };
  const bytes = dtype === 'float64' ? 8 : 4;
  const aStep = batch > 1 && a.shape[0] !== 1 ? m * k * bytes : 0;
  const bStep = batch > 1 && b.shape[0] !== 1 ? k * n * bytes : 0;
  const cStep = m * n * bytes;
  if (dtype !== 'int32' && batch > 1 && m > 1 && n > 1 && k > 0 && m * n * k < large)
    return sharedProducts({ dtype, ...sizes, ...steps }, batch, [aStep, bStep, cStep], engine);
  const product =
    dtype === 'int32'
      ? wasmProduct({ dtype, ...sizes, ...steps, accumulate: false }, engine)
      : engine.gemm({ dtype, ...sizes, ...steps, accumulate: false });
  return (addresses) => {
    for (let i = 0; i < batch; i++) {
      product(addresses[0]! + i * aStep, addresses[1]! + i * bStep, addresses[2]! + i * cStep);
    }
  };
};

/** Products whose operands lie `steps` bytes apart, each of them on one thread. */
function sharedProducts(
  problem: ProductProblem,
  batch: number,
  steps: readonly [number, number, number],
  engine: Engine,
): HeapKernel {
  const product = innerProduct(problem, engine);
  const key = `matmul ${JSON.stringify([problem, steps])}`;
  const multiply = engine.functions(key, () => [...product.functions, define()]).at(-1)!;
  const grain = grainOf(problem.m * problem.n * problem.k);
  return ([a, b, c]) => engine.parallel(multiply, [a!, b!, c!], batch, grain, product.scratchBytes);

  /** Items are products. */
  function define(): WasmFunction {
    return defineFunction({
      parameters: { a: 'i32', b: 'i32', c: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ a, b, c, begin, end, scratch }, frame) {
        const [item, left, right, out] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')]; // prettier-ignore
        const at = (base: Local, step: number): Code => i32.add(base.get, i32.mul(item.get, i32.const(step)));
        return frame.range(item, begin.get, end.get, 1, [
          left.set(at(a, steps[0])),
          right.set(at(b, steps[1])),
          out.set(at(c, steps[2])),
          product.multiply(frame, {
            a: left.get,
            b: right.get,
            c: out.get,
            scratch: scratch.get,
            accumulate: i32.const(0),
          }),
        ]);
      },
    });
  }
}
