import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Kernel, Problem } from '../../kernel.js';
import { zerosPass } from './zeros.js';
import { readsVectors, storedFactor } from './factor.js';
import { productPass } from './product.js';
import { smallProductPass } from './small.js';
import { sumPartsPass } from './parts.js';
import type { Cut } from './tile.js';
import { chooseCut } from './tile.js';
import { fewVectorsKernel } from './vectors.js';

/** A product with what does not matter any more left out. */
interface Sizes {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Numbers from one matrix of the batch to the next; 0 where all use the same. */
  readonly stepA: number;
  readonly stepB: number;
}

/** Up to so many rows and columns a matrix is too small for a block of a workgroup. */
const smallSide = 16;
const smallDepth = 64;
/** Up to so many columns (or rows) a product reads its other factor once, and does little with it. */
const fewVectors = 4;
const shallow = 32;
/** Up to so many multiplications the time is that of starting anything at all. */
const smallWork = 1 << 14;

export function matmulRule(problem: Problem<'matmul'>, capabilities: Capabilities): Kernel {
  const { params, outputs } = problem;
  const [output] = outputs;
  const outputSize = sizeOf(output!.shape);
  if (outputSize === 0) return { passes: [] };
  const sizes = sizesOf(problem);
  const { batch, rows, columns, depth, stepA, stepB } = sizes;
  const { dtype } = output!;
  if (depth === 0) return { passes: [zerosPass('matmul', dtype, 2, outputSize, capabilities)] };
  const { transposeA, transposeB } = params;
  const few = Math.max(rows, columns) <= smallSide || rows * columns * depth * batch <= smallWork;
  if (few && depth <= smallDepth) {
    const a = { batch: stepA, ...(transposeA ? { line: 1, depth: rows } : { line: depth, depth: 1 }) };
    const b = { batch: stepB, ...(transposeB ? { line: depth, depth: 1 } : { line: 1, depth: columns }) };
    return { passes: [smallProductPass({ dtype, batch, rows, columns, depth, a, b }, capabilities)] };
  }
  if (Math.min(rows, columns) <= fewVectors && depth > shallow)
    return withVectors(problem, sizes, capabilities);
  return tiledMatmul(problem, capabilities);
}

function withVectors(
  { inputs, params, outputs }: Problem<'matmul'>,
  sizes: Sizes,
  capabilities: Capabilities,
): Kernel {
  const { batch, rows, columns, depth, stepA, stepB } = sizes;
  const [a, b] = inputs.map(({ shape }) => sizeOf(shape));
  const left = { name: 'a', lines: rows, contiguous: params.transposeA ? 'lines' : 'depth', step: stepA, elements: a! } as const; // prettier-ignore
  const right = { name: 'b', lines: columns, contiguous: params.transposeB ? 'depth' : 'lines', step: stepB, elements: b! } as const; // prettier-ignore
  const common = { dtype: outputs[0]!.dtype, batch, depth };
  return columns <= rows
    ? fewVectorsKernel({ ...common, matrix: left, vectors: right, vectorsAre: 'columns' }, capabilities)
    : fewVectorsKernel({ ...common, matrix: right, vectors: left, vectorsAre: 'rows' }, capabilities);
}

function sizesOf({ inputs: [a, b], outputs: [output], params }: Problem<'matmul'>): Sizes {
  const [batch, rows, columns] = output!.shape as [number, number, number];
  const depth = a!.shape[params.transposeA ? 1 : 2]!;
  const [stepA, stepB] = [a!, b!].map(({ shape }) => (shape[0] === 1 ? 0 : sizeOf(shape.slice(1))));
  // A stack of left factors for one right factor is one tall factor.
  if (stepB === 0 && !params.transposeA)
    return { batch: 1, rows: batch * rows, columns, depth, stepA: 0, stepB };
  return { batch, rows, columns, depth, stepA: stepA!, stepB: stepB! };
}

/** A product by tiles, however it is cut. */
export function tiledMatmul(problem: Problem<'matmul'>, capabilities: Capabilities, given?: Cut): Kernel {
  const { inputs, outputs, params } = problem;
  const { batch, rows, columns, depth, stepA, stepB } = sizesOf(problem);
  const { dtype, shape } = outputs[0]!;
  const cut = given ?? chooseCut(rows, columns, depth, batch, capabilities);
  const start = (step: number): string => (step === 0 ? '0u' : `batch * ${step}u`);
  const factorA = { name: 'a', lines: rows, depth, contiguous: params.transposeA ? 'lines' : 'depth', start: start(stepA) } as const; // prettier-ignore
  const factorB = { name: 'b', lines: columns, depth, contiguous: params.transposeB ? 'depth' : 'lines', start: start(stepB) } as const; // prettier-ignore
  const split = cut.parts > 1;
  const size = Math.ceil(sizeOf(shape) / 4) * 4;
  const width = columns % 4 === 0 ? 4 : 1;
  const product = productPass(
    {
      label: 'matmul',
      dtype,
      depth,
      batch,
      a: storedFactor(factorA, cut.tile.depth),
      b: storedFactor(factorB, cut.tile.depth),
      target: {
        rowPlace: (row) => `(batch * ${rows}u + ${row}) * ${columns / width}u`,
        columnPlace: (column) => (width === 4 ? `${column} / 4u` : column),
        size,
      },
      cut,
      inputs: [factorA, factorB].map((factor, array) => ({
        name: factor.name,
        array,
        dtype,
        elements: sizeOf(inputs[array]!.shape),
        access: 'read',
        width: readsVectors(factor) ? 4 : 1,
      })),
      output: split ? 3 : 2,
    },
    capabilities,
  );
  if (!split) return { passes: [product] };
  return {
    passes: [product, sumPartsPass('matmul', dtype, cut.parts, size, [3, 2], capabilities)],
    scratch: [cut.parts * size],
  };
}
