import type { DType } from '../../../../dtype.js';
import type { Capabilities, Kernel } from '../../kernel.js';
import { dotsKernel } from './dots.js';

/** A matrix and a few vectors, as they lie in memory. */
export interface FewVectors {
  readonly dtype: DType;
  readonly batch: number;
  readonly depth: number;
  readonly matrix: Side;
  readonly vectors: Side;
  /** Whether the vectors are the columns of the result, or its rows. */
  readonly vectorsAre: 'columns' | 'rows';
}

interface Side {
  readonly name: 'a' | 'b';
  readonly lines: number;
  readonly contiguous: 'depth' | 'lines';
  /** Numbers from one of the batch to the next. */
  readonly step: number;
  readonly elements: number;
}

/** The product of a matrix with at most four vectors. */
export function fewVectorsKernel(problem: FewVectors, capabilities: Capabilities): Kernel {
  const { dtype, batch, depth, matrix, vectors, vectorsAre } = problem;
  const columns = vectors.lines;
  const vector =
    (matrix.contiguous === 'depth' ? depth : matrix.lines) % 4 === 0 ? matrix.contiguous : 'none';
  const threadLines = matrix.contiguous === 'lines' ? 1 : columns <= 2 ? 4 : 2;
  // One vector lies the same either way.
  const along = vectors.contiguous === 'depth' || columns === 1;
  const fours = vector === 'depth' && along;
  const each = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join('\n');
  const matrixLine = matrix.contiguous === 'depth' ? depth : 1;
  const matrixStep = matrix.contiguous === 'depth' ? 1 : matrix.lines;
  const vectorPlace = (c: number, k: string): string =>
    along ? `b${c}_from + ${k}` : `b${c}_from + (${k}) * ${columns}u`;
  const loadMatrix = (r: number): string =>
    vector === 'depth'
      ? `    let a${r} = ${matrix.name}_get(a${r}_from / 4u + k);`
      : `    let a${r} = ${matrix.name}_get(${vector === 'lines' ? `(a${r}_from + k * ${matrixStep}u) / 4u` : `a${r}_from + k * ${matrixStep}u`});`;
  const loadVector = (c: number): string => {
    const get = `${vectors.name}_get`;
    if (fours) return `    let b${c} = ${get}(b${c}_from / 4u + k);`;
    if (vector !== 'depth') return `    let b${c} = ${get}(${vectorPlace(c, 'k')});`;
    const numbers = [0, 1, 2, 3].map((e) => `${get}(${vectorPlace(c, `4u * k + ${e}u`)})`);
    return `    let b${c} = vec4(${numbers.join(', ')});`;
  };
  return dotsKernel(
    {
      label: 'matmul',
      dtype,
      batch,
      lines: matrix.lines,
      columns,
      depth,
      vector,
      contiguous: matrix.contiguous,
      threadLines,
      threadColumns: columns,
      setup: [
        each(threadLines, (r) => `  let a${r}_from = batch * ${matrix.step}u + line${r} * ${matrixLine}u;`),
        each(
          columns,
          (c) => `  let b${c}_from = batch * ${vectors.step}u + column${c} * ${along ? depth : 1}u;`,
        ),
      ].join('\n'),
      load: [each(threadLines, loadMatrix), each(columns, loadVector)].join('\n'),
      place:
        vectorsAre === 'columns'
          ? (line, column) => `(batch * ${matrix.lines}u + ${line}) * ${columns}u + ${column}`
          : (line, column) => `(batch * ${columns}u + ${column}) * ${matrix.lines}u + ${line}`,
      outputs: batch * matrix.lines * columns,
      inputs: [matrix, vectors].map((side) => ({
        name: side.name,
        array: side.name === 'a' ? 0 : 1,
        dtype,
        elements: side.elements,
        access: 'read',
        width: (side === matrix ? vector !== 'none' : fours) ? 4 : 1,
      })),
    },
    capabilities,
  );
}
