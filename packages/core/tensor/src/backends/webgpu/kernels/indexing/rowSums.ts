import type { Capabilities, Pass } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { pass, wgslType } from '../../shader.js';
import { threadsOf } from '../layout/move.js';
import type { Scatter } from './rows.js';
import { resolveRow, rowFault } from './rows.js';
import type { SortedRows } from './sortRows.js';

/** Indices of a chunk, whose updates are summed beforehand where all name one row; more of long lists. */
const chunkOf = (count: number): number => (count <= 2 ** 17 ? 64 : 256);
/** So many sums of chunks are added up by themselves, lest small ones be lost in a long sum. */
const blockedSums = 64;

/** How rows are counted: in fours where they can be. */
function unitsOf({ dtype, batches, length, depth, count }: Scatter) {
  const width: 1 | 4 = depth % 4 === 0 ? 4 : 1;
  const type = width === 4 ? `vec4<${wgslType(dtype)}>` : wgslType(dtype);
  const updates: ArrayUse = {
    name: 'updates',
    array: 2,
    dtype,
    elements: batches * count * depth,
    access: 'read',
    width,
  };
  const elements = batches * length * depth;
  const x: ArrayUse = { name: 'x', array: 0, dtype, elements, access: 'read', width };
  const y: ArrayUse = { name: 'y', array: 3, dtype, elements, access: 'write', width };
  return { width, type, units: depth / width, updates, x, y, threads: elements / width };
}

/** `batch`, `row` and `column` (a unit) of an element of the result, and `total`, which starts with x. */
const place = (units: number, length: number): string => `
  if (thread >= y_length()) { return; }
  let column = thread % ${units}u;
  let row = thread / ${units}u % ${length}u;
  let batch = thread / ${units * length}u;
  var total = x_get(thread);`;

/** Each element of the result looks through all indices for its row. */
export function scannedSums(scatter: Scatter, capabilities: Capabilities): Pass {
  const { length, lists, count } = scatter;
  const { units, updates, x, y, threads } = unitsOf(scatter);
  const size = threadsOf(capabilities);
  return pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [
      x,
      { name: 'indices', array: 1, dtype: 'int32', elements: lists * count, access: 'read' },
      updates,
      y,
    ],
    size,
    groups: Math.ceil(threads / size),
    declarations: resolveRow(length),
    main: `${place(units, length)}
  for (var i = 0u; i < ${count}u; i++) {
    let position = ${lists === 1 ? 'i' : `batch * ${count}u + i`};
    let index = indices_get(position);
    let named = resolve_row(index);
    if (named == row) { total += updates_get((batch * ${count}u + i) * ${units}u + column); }
    if (named >= ${length}u && row == 0u && column == 0u) { raise_at(0u, index, position); }
  }
  y_set(thread, total);`,
    faults: [rowFault('scatterAdd', length)],
  });
}

/** Each element of the result adds up the updates of its row, which lie together in the sorted list. */
export function sortedSums(
  scatter: Scatter,
  sorted: SortedRows,
  firstScratch: number,
  capabilities: Capabilities,
): { passes: Pass[]; scratch: number[] } {
  const { dtype, batches, length, depth, lists, count } = scatter;
  const { width, type, units, updates, x, y, threads } = unitsOf(scatter);
  const size = threadsOf(capabilities);
  const list = lists === 1 ? '0u' : 'batch';
  const chunk = chunkOf(count);
  const chunks = Math.floor(count / chunk);
  const entries = lists * count;
  const starts = { array: firstScratch, dtype: 'int32', elements: lists * (length + 1) } as const;
  const sums = { array: firstScratch + 1, dtype, elements: batches * chunks * depth, width } as const;
  const rows: ArrayUse = {
    name: 'rows',
    array: sorted.rows,
    dtype: 'int32',
    elements: entries,
    access: 'read',
  };
  const positions: ArrayUse = { ...rows, name: 'positions', array: sorted.positions };
  const declarations = `
fn update_at(batch: u32, i: u32, column: u32) -> ${type} {
  return updates_get((batch * ${count}u + u32(positions_get(${list} * ${count}u + i))) * ${units}u + column);
}`;

  const startsPass = pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [rows, { ...starts, name: 'starts', access: 'write' }],
    size,
    groups: Math.ceil(starts.elements / size),
    main: `
  if (thread >= ${starts.elements}u) { return; }
  let list = thread / ${length + 1}u * ${count}u;
  let row = i32(thread % ${length + 1}u);
  var low = 0u;
  var high = ${count}u;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (rows_get(list + middle) < row) { low = middle + 1u; } else { high = middle; }
  }
  starts_set(thread, i32(low));`,
  });

  // Where many updates meet, threads enough share the adding; elsewhere these find nothing to do.
  const chunksPass = pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [rows, positions, updates, { ...sums, name: 'sums', access: 'write' }],
    size,
    groups: Math.ceil((batches * chunks * units) / size),
    declarations,
    main: `
  if (thread >= ${batches * chunks * units}u) { return; }
  let column = thread % ${units}u;
  let start = thread / ${units}u % ${Math.max(1, chunks)}u * ${chunk}u;
  let batch = thread / ${Math.max(1, chunks) * units}u;
  let list = ${list} * ${count}u;
  if (rows_get(list + start) != rows_get(list + start + ${chunk - 1}u)) { return; }
  var total = update_at(batch, start, column);
  for (var i = 1u; i < ${chunk}u; i++) { total += update_at(batch, start + i, column); }
  sums_set(thread, total);`,
  });

  const sumsPass = pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [
      x,
      positions,
      updates,
      { ...starts, name: 'starts', access: 'read' },
      ...(chunks > 0 ? [{ ...sums, name: 'sums', access: 'read' } as const] : []),
      y,
    ],
    size,
    groups: Math.ceil(threads / size),
    declarations,
    main: `${place(units, length)}
  let start = ${list} * ${length + 1}u + row;
  var i = u32(starts_get(start));
  let end = u32(starts_get(start + 1u));
  ${chunks > 0 ? addChunks(type, chunk, `(batch * ${chunks}u + i / ${chunk}u) * ${units}u + column`) : ''}
  for (; i < end; i++) { total += update_at(batch, i, column); }
  y_set(thread, total);`,
  });

  return {
    passes: [startsPass, ...(chunks > 0 ? [chunksPass] : []), sumsPass],
    scratch: [starts.elements, ...(chunks > 0 ? [sums.elements] : [])],
  };
}

/** The updates before the first whole chunk of a row, and those chunks. */
const addChunks = (type: string, chunk: number, sum: string): string => `
  for (; i < end && i % ${chunk}u != 0u; i++) { total += update_at(batch, i, column); }
  while (i + ${chunk}u <= end) {
    var part = ${type}();
    for (var k = 0u; k < ${blockedSums}u && i + ${chunk}u <= end; k++) {
      part += sums_get(${sum});
      i += ${chunk}u;
    }
    total += part;
  }`;
