import { blockFunction, mergeFunction } from '../../gemm/block.js';
import { elementOf } from '../../gemm/element.js';
import { packFunction, transposeFunction } from '../../gemm/pack.js';
import { TILE_ROWS, tileColumns, tileFunction } from '../../gemm/tile.js';
import type { Code } from '../../wasm/code.js';
import { call, i32 } from '../../wasm/code.js';
import type { Product, ProductProblem } from './product.js';

/** Places of the functions among those of the module. */
const MERGE = TILE_ROWS;
const BLOCK = TILE_ROWS + 1;
const PACK = TILE_ROWS + 2;
const TRANSPOSE = TILE_ROWS + 3;
/** Rows of A, which are read for each panel of B, that fit a level 1 cache. */
const BLOCK_ROWS = 16 * TILE_ROWS;
/** Rows of A that are transposed together. */
const TRANSPOSED = 32;

/** By the packed product's own functions, as one block: B is packed whole, and A transposed first where asked. */
export function wasmProduct(problem: ProductProblem, relaxed: boolean): Product {
  const { dtype, transposeA, transposeB, lda, ldb, ldc } = problem;
  const element = elementOf(dtype, relaxed);
  const { bytes } = element;
  const width = tileColumns(element);
  const rowBytes = width * bytes;
  const panelBytes = Math.ceil(problem.n / width) * rowBytes * problem.k;
  const leftBytes = transposeA ? problem.m * problem.k * bytes : 0;
  const size = i32.const;
  const upTo = (count: Code, group: number): Code => i32.divU(i32.add(count, size(group - 1)), size(group));
  return {
    functions: [
      ...Array.from({ length: TILE_ROWS }, (_, r) => tileFunction(element, r + 1)),
      mergeFunction(element),
      blockFunction(element, 0, MERGE),
      packFunction(element),
      transposeFunction(element),
    ],
    scratchBytes: panelBytes + leftBytes + TILE_ROWS * rowBytes,
    multiply(
      frame,
      { a, b, c, scratch, accumulate, m = size(problem.m), n = size(problem.n), k = size(problem.k) },
    ) {
      const [panels, left, panelStep, edge] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')]; // prettier-ignore
      const none = size(0);
      const packed = transposeB
        ? call(TRANSPOSE, b, size(ldb * bytes), n, k, scratch, size(rowBytes), size(width), panelStep.get, size(1), none, panels.get) // prettier-ignore
        : call(PACK, b, size(ldb * bytes), n, k, scratch, none, panels.get);
      const aStep = transposeA ? i32.mul(k, size(bytes)) : size(lda * bytes);
      const straightened = call(TRANSPOSE, a, size(lda * bytes), k, m, left.get, aStep, size(TRANSPOSED), size(TRANSPOSED * bytes), none, none, upTo(k, TRANSPOSED)); // prettier-ignore
      return [
        panels.set(upTo(n, width)),
        panelStep.set(i32.mul(k, size(rowBytes))),
        packed,
        transposeA ? [left.set(i32.add(scratch, size(panelBytes))), straightened] : left.set(a),
        // The last panel, whether it is whole or not.
        edge.set(i32.add(scratch, i32.mul(i32.sub(panels.get, size(1)), panelStep.get))),
        call(
          BLOCK,
          left.get,
          aStep,
          scratch,
          size(rowBytes),
          panelStep.get,
          edge.get,
          c,
          size(ldc * bytes),
          m,
          n,
          k,
          accumulate,
          size(BLOCK_ROWS),
          n,
          upTo(m, BLOCK_ROWS),
          none,
          upTo(m, BLOCK_ROWS),
          i32.add(scratch, size(panelBytes + leftBytes)),
        ),
      ];
    },
  };
}
