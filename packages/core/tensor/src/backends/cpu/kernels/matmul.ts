import type { Aval } from '../../../shape.js';
import { wasmProduct } from '../gemm/wasmGemm.js';
import type { KernelFactory } from '../kernel.js';

/** Batches of products by the engine's gemm; int32, which BLAS does not know, by WebAssembly. */
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
  const sizes = { transposeA, transposeB, m, n, k, accumulate: false };
  const steps = {
    lda: Math.max(1, transposeA ? m : k),
    ldb: Math.max(1, transposeB ? k : n),
    ldc: Math.max(1, n),
  };
  const product =
    dtype === 'int32'
      ? wasmProduct({ dtype, ...sizes, ...steps }, engine)
      : engine.gemm({ dtype, ...sizes, ...steps });
  const bytes = dtype === 'float64' ? 8 : 4;
  const aStep = batch > 1 && a.shape[0] !== 1 ? m * k * bytes : 0;
  const bStep = batch > 1 && b.shape[0] !== 1 ? k * n * bytes : 0;
  const cStep = m * n * bytes;
  return (addresses) => {
    for (let i = 0; i < batch; i++) {
      product(addresses[0]! + i * aStep, addresses[1]! + i * bStep, addresses[2]! + i * cStep);
    }
  };
};
