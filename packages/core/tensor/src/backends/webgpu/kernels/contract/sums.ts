import type { Factor, Product } from './product.js';
import type { Tile } from './tile.js';

/** What a thread of a product does in registers: it adds up its part of the block, and writes it. */

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const component = ['x', 'y', 'z', 'w'] as const;
const sum = (row: number, vector: number): string => `sum_${row}_${vector}`;

/** The variables of the part, vectors of four columns. */
export const accumulators = ({ threadRows, threadColumns }: Tile): string[] =>
  range(threadRows).flatMap((row) => range(threadColumns / 4).map((vector) => sum(row, vector)));

/**
 * One slice. Steps are written out, all of them for large parts: a constant place in the slice needs no arithmetic and no
 * check. Small parts are not worth the time that it takes to compile them.
 */
export function multiply(tile: Tile): string {
  const { threadRows, threadColumns, depth } = tile;
  if (threadRows * threadColumns >= 64)
    return range(depth)
      .map((k) => step(tile, `${k}`))
      .join('\n');
  const steps = range(4).map((k) => step(tile, `at_step + ${k}u`));
  return [`      for (var at_step = 0u; at_step < ${depth}u; at_step += 4u) {`, ...steps, '      }'].join(
    '\n',
  );
}

/** The crosswise products at one depth. */
function step({ rows, columns, threadRows, threadColumns }: Tile, k: string): string {
  const high = rows / threadRows;
  const wide = columns / threadColumns;
  return [
    '      {',
    ...range(threadRows / 4).map((v) => `      let a${v} = slice_a[${k}][thread_row + ${v * high}u];`),
    ...range(threadColumns / 4).map((v) => `      let b${v} = slice_b[${k}][thread_column + ${v * wide}u];`),
    ...range(threadRows).flatMap((row) =>
      range(threadColumns / 4).map(
        (v) => `      ${sum(row, v)} += a${Math.floor(row / 4)}.${component[row % 4]!} * b${v};`,
      ),
    ),
    '      }',
  ].join('\n');
}

/** The number of a thread's line among all: the element-th of its vector-th vector. */
function lineOf(factor: Factor, lines: number, threadLines: number, block: string, thread: string) {
  const vectors = lines / 4;
  const apart = lines / threadLines;
  return (vector: number, element: number): string =>
    factor.adjacent
      ? `${block} * ${lines}u + 4u * ${thread} + ${4 * vector * apart + element}u`
      : `${block} * ${lines}u + ${thread} + ${vector * apart + element * vectors}u`;
}

/** Writes a thread's sums; from the second block of terms on, adds them to what is there. */
export function write({ a, b, cut: { tile, parts }, target }: Product, inBlocks: boolean): string {
  const row = lineOf(a, tile.rows, tile.threadRows, 'block_row', 'thread_row');
  const column = lineOf(b, tile.columns, tile.threadColumns, 'block_column', 'thread_column');
  const elements = b.adjacent ? [0] : range(4);
  const base = parts === 1 ? '' : ` + part * ${b.adjacent ? target.size / 4 : target.size}u`;
  const lines: string[] = [];
  const exists = target.columnExists ?? (() => 'true');
  for (const v of range(tile.threadColumns / 4))
    for (const e of elements)
      lines.push(
        `  let column_${v}_${e} = ${column(v, e)};`,
        `  let place_${v}_${e} = ${target.columnPlace(`column_${v}_${e}`)}${base};`,
        `  let exists_${v}_${e} = column_${v}_${e} < ${b.lines}u${target.columnExists ? ` && ${exists(`column_${v}_${e}`)}` : ''};`,
      );
  for (const r of range(tile.threadRows)) {
    lines.push('  {', `  let row = ${row(Math.floor(r / 4), r % 4)};`, `  if (row < ${a.lines}u) {`);
    lines.push(`    let row_place = ${target.rowPlace('row')};`);
    for (const v of range(tile.threadColumns / 4))
      for (const e of elements) {
        const place = `row_place + place_${v}_${e}`;
        const value = b.adjacent ? sum(r, v) : `${sum(r, v)}.${component[e]}`;
        const set = inBlocks
          ? `if (start == begin) { out_set(${place}, ${value}); } else { out_set(${place}, out_get(${place}) + ${value}); }`
          : `out_set(${place}, ${value});`;
        lines.push(`    if (exists_${v}_${e}) { ${set} }`);
      }
    lines.push('  }', '  }');
  }
  return lines.join('\n');
}
