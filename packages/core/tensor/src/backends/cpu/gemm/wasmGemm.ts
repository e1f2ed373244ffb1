import type { Engine } from '../engine.js';
import { blockFunction, mergeFunction } from './block.js';
import type { ElementName } from './element.js';
import { elementOf } from './element.js';
import type { Gemm, GemmProblem } from './gemm.js';
import { packFunction, transposeFunction } from './pack.js';
import { TILE_ROWS, tileColumns, tileFunction } from './tile.js';

/** A product of any of the dtypes. */
export type ProductProblem = Omit<GemmProblem, 'dtype'> & { readonly dtype: ElementName };

const BLOCK_ROWS = 16 * TILE_ROWS;
const BLOCK_COLUMNS = 128;
/** Multiplications that are worth a thread. */
const GRAIN = 500_000;
/** Source rows that are transposed together. */
const TRANSPOSED = 32;

/**
 * The matrix product without BLAS, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008):
 * B is packed into panels, A is read as it lies (transposed first where asked), C is made in tiles that stay in registers.
 */
export function wasmGemm(engine: Engine): Gemm {
  return (problem) => wasmProduct(problem, engine);
}

/** As wasmGemm, for int32 too, which wraps around. */
export function wasmProduct(
  problem: ProductProblem,
  engine: Engine,
): (a: number, b: number, c: number) => void {
  const { dtype, transposeA, transposeB, m, n, k } = problem;
  if (m === 0 || n === 0) return () => undefined;
  const element = elementOf(dtype, engine.relaxed);
  const { bytes } = element;
  const width = tileColumns(element);
  const functions = engine.functions(`gemm ${dtype}`, () => [
    ...Array.from({ length: TILE_ROWS }, (_, r) => tileFunction(element, r + 1)),
    mergeFunction(element),
    blockFunction(element, 0, TILE_ROWS),
    packFunction(element),
    transposeFunction(element),
  ]);
  const [block, pack, transpose] = functions.slice(TILE_ROWS + 1) as [F, F, F];

  const panels = Math.ceil(n / width);
  const rowBytes = width * bytes;
  const whole = Math.floor(n / width);
  // Few rows do not pay for packing B: only the panel that is not whole is packed then.
  const direct = !transposeB && (m <= 2 * TILE_ROWS || m * n * k <= 64 ** 3);
  const packedPanels = direct ? panels - whole : panels;
  const packedBytes = packedPanels * k * rowBytes;
  const leftBytes = transposeA ? m * k * bytes : 0;
  const scratchBytes = packedBytes + leftBytes;

  const rowBlocks = Math.ceil(m / BLOCK_ROWS);
  const blockColumns = Math.min(
    BLOCK_COLUMNS,
    Math.max(width, Math.floor((n * rowBlocks) / 16 / width) * width),
  );
  const items = rowBlocks * Math.ceil(n / blockColumns);
  const grain = Math.max(1, Math.ceil(GRAIN / Math.max(1, (m * n * k) / items)));
  const packGrain = Math.max(1, Math.ceil(GRAIN / 8 / Math.max(1, k * width)));
  const transposeGrain = Math.max(1, Math.ceil(GRAIN / 8 / (m * TRANSPOSED)));

  return (a, b, c) => {
    const scratch = scratchBytes === 0 ? 0 : engine.heap.take(scratchBytes);
    const left = transposeA ? scratch + packedBytes : a;
    if (packedBytes > 0 && transposeB) {
      const args = [b, problem.ldb * bytes, n, k, scratch, rowBytes, width, k * rowBytes, 1];
      engine.parallel(transpose, args, panels, packGrain);
    } else if (packedBytes > 0) {
      const skipped = panels - packedPanels;
      const args = [b + skipped * rowBytes, problem.ldb * bytes, n - skipped * width, k, scratch];
      engine.parallel(pack, args, packedPanels, packGrain);
    }
    if (leftBytes > 0) {
      const args = [a, problem.lda * bytes, k, m, left, k * bytes, TRANSPOSED, TRANSPOSED * bytes, 0];
      engine.parallel(transpose, args, Math.ceil(k / TRANSPOSED), transposeGrain);
    }
    const right = direct ? [b, problem.ldb * bytes, rowBytes, scratch] : [scratch, rowBytes, k * rowBytes, scratch + whole * k * rowBytes]; // prettier-ignore
    const aStep = (transposeA ? k : problem.lda) * bytes;
    const args = [left, aStep, ...right, c, problem.ldc * bytes, m, n, k, problem.accumulate ? 1 : 0, BLOCK_ROWS, blockColumns, rowBlocks]; // prettier-ignore
    engine.parallel(block, args, items, grain, TILE_ROWS * rowBytes);
    if (scratchBytes > 0) engine.heap.give(scratch, scratchBytes);
  };
}

type F = ReturnType<Engine['functions']>[number];
