import { sizeOf, stridesOf } from '../../../../shape.js';
import type { Capabilities, Kernel, Rule } from '../../kernel.js';
import { pass } from '../../shader.js';
import type { Axis } from './axes.js';
import { axesOf, collapse } from './axes.js';
import { moveKernel, threadsOf } from './move.js';

/** Words of a tile, and of its sides where both axes are long: rows of 32 words fill whole lines of the cache. */
const tileWords = 1024;
const tileSide = 32;

export const transposeRule: Rule<'transpose'> = ({ inputs: [x], outputs: [out], params }, capabilities) => {
  const elements = sizeOf(x!.shape);
  const strides = stridesOf(x!.shape);
  const axes = axesOf(
    out!.shape,
    params.permutation.map((axis) => strides[axis]!),
  );
  const joined = collapse(axes);
  const rows = joined.at(-1);
  const columns = joined.findIndex(({ stride }) => stride === 1);
  // Where the last axis stays, runs along it move. Matrices of a tile or less are read from the cache in any order.
  if (rows === undefined || rows.stride === 1 || rows.length * joined[columns]!.length <= tileWords)
    return moveKernel(
      { label: 'transpose', from: { array: 0, elements }, to: { array: 1, elements }, axes },
      capabilities,
    );
  return tiledKernel(joined, columns, elements, capabilities);
};

/**
 * The target's last axis (`rows`) is another one than the source's (`columns`). Workgroups read a tile along the columns
 * and write it along the rows, so that both go through memory in order.
 */
function tiledKernel(
  axes: readonly Axis[],
  columnAxis: number,
  elements: number,
  capabilities: Capabilities,
): Kernel {
  const targetStrides = stridesOf(axes.map(({ length }) => length));
  const rows = axes.at(-1)!;
  const columns = axes[columnAxis]!;
  const [height, breadth] = tileShape(rows.length, columns.length);
  const down = Math.ceil(rows.length / height);
  const across = Math.ceil(columns.length / breadth);
  const outer = axes
    .map((axis, i) => ({ ...axis, to: targetStrides[i]! }))
    .filter((_, i) => i !== columnAxis && i !== axes.length - 1);
  const tiles = outer.reduce((product, { length }) => product * length, down * across);
  const size = threadsOf(capabilities);
  // A column more, so that a column of the tile lies in different banks.
  const pitch = breadth + 1;
  return {
    passes: [
      pass({
        label: 'transpose',
        capabilities,
        arrays: [
          { name: 'x', array: 0, dtype: 'int32', elements, access: 'read' },
          { name: 'y', array: 1, dtype: 'int32', elements, access: 'write' },
        ],
        size,
        groups: tiles,
        declarations: `var<workgroup> tile: array<i32, ${height * pitch}>;`,
        main: `
  if (group >= ${tiles}u) { return; }
  let first_column = group % ${across}u * ${breadth}u;
  let first_row = group / ${across}u % ${down}u * ${height}u;
  var source = 0u;
  var goal = 0u;
  var rest = group / ${across * down}u;
  ${outer
    .reverse()
    .map(
      ({ length, stride, to }) =>
        `source += rest % ${length}u * ${stride}u; goal += rest % ${length}u * ${to}u; rest /= ${length}u;`,
    )
    .join('\n  ')}
  for (var k = lane; k < ${height * breadth}u; k += ${size}u) {
    let row = k / ${breadth}u;
    let column = k % ${breadth}u;
    if (first_row + row < ${rows.length}u && first_column + column < ${columns.length}u) {
      tile[row * ${pitch}u + column] = x_get(source + (first_row + row) * ${rows.stride}u + first_column + column);
    }
  }
  workgroupBarrier();
  for (var k = lane; k < ${height * breadth}u; k += ${size}u) {
    let row = k % ${height}u;
    let column = k / ${height}u;
    if (first_row + row < ${rows.length}u && first_column + column < ${columns.length}u) {
      y_set(goal + (first_column + column) * ${targetStrides[columnAxis]!}u + first_row + row, tile[row * ${pitch}u + column]);
    }
  }`,
      }),
    ],
  };
}

/** Rows and columns of a tile, powers of two: a short axis is covered once, and the tile is the longer along the other. */
function tileShape(rows: number, columns: number): readonly [number, number] {
  const cover = (length: number): number => 2 ** Math.ceil(Math.log2(length));
  if (cover(columns) < tileSide) return [tileWords / cover(columns), cover(columns)];
  if (cover(rows) < tileSide) return [cover(rows), tileWords / cover(rows)];
  return [tileSide, tileSide];
}
