import type { Capabilities, Pass } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { pass } from '../../shader.js';
import { threadsOf } from '../layout/move.js';
import type { Scatter } from './rows.js';
import { resolveRow, rowFault } from './rows.js';

/** Lists of indices in the order of the rows that they name, equal ones in their order of before. */
export interface SortedRows {
  readonly passes: readonly Pass[];
  /** The arrays of the rows (`length` for an index out of range), and of the positions that they had. */
  readonly rows: number;
  readonly positions: number;
  readonly scratch: readonly number[];
}

/** So many sorted runs are merged at once: fewer passes for more searching. */
const ways = 16;

/** A numbered pair of arrays: rows, positions. */
const pairUses = (names: string, array: number, elements: number, access: 'read' | 'write'): ArrayUse[] => [
  { name: `${names}_rows`, array, dtype: 'int32', elements, access },
  { name: `${names}_positions`, array: array + 1, dtype: 'int32', elements, access },
];

/** Sorts blocks, then merges them. The scratch arrays have the numbers from `first` on. */
export function sortRows(scatter: Scatter, first: number, capabilities: Capabilities): SortedRows {
  const { lists, count } = scatter;
  const passes = [blockPass(scatter, first, capabilities)];
  let from = first;
  let to = first + 2;
  for (let run = threadsOf(capabilities); run < count; run *= ways) {
    passes.push(mergePass(scatter, run, from, to, capabilities));
    [from, to] = [to, from];
  }
  const scratch = Array.from({ length: passes.length > 1 ? 4 : 2 }, () => lists * count);
  return { passes, rows: from, positions: from + 1, scratch };
}

/** A workgroup sorts as many indices as it has threads: each thread counts those that come before its own. */
function blockPass(scatter: Scatter, to: number, capabilities: Capabilities): Pass {
  const { length, lists, count } = scatter;
  const size = threadsOf(capabilities);
  const blocks = Math.ceil(count / size);
  return pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [
      { name: 'indices', array: 1, dtype: 'int32', elements: lists * count, access: 'read' },
      ...pairUses('to', to, lists * count, 'write'),
    ],
    size,
    groups: lists * blocks,
    declarations: `${resolveRow(length)}\nvar<workgroup> rows: array<u32, ${size}>;`,
    main: `
  if (group >= ${lists * blocks}u) { return; }
  let list = group / ${blocks}u * ${count}u;
  let start = group % ${blocks}u * ${size}u;
  let position = start + lane;
  var row = 0xffffffffu;
  if (position < ${count}u) {
    let index = indices_get(list + position);
    row = resolve_row(index);
    if (row >= ${length}u) {
      raise_at(0u, index, list + position);
      row = ${length}u;
    }
  }
  rows[lane] = row;
  workgroupBarrier();
  var rank = 0u;
  for (var k = 0u; k < ${size}u; k++) {
    let other = rows[k];
    rank += u32(other < row || (other == row && k < lane));
  }
  if (position < ${count}u) {
    to_rows_set(list + start + rank, i32(row));
    to_positions_set(list + start + rank, i32(position));
  }`,
    faults: [rowFault('scatterAdd', length)],
  });
}

/** Merges groups of sorted runs: each thread finds how many of the other runs come before its element. */
function mergePass(
  { lists, count }: Scatter,
  run: number,
  from: number,
  to: number,
  capabilities: Capabilities,
): Pass {
  const size = threadsOf(capabilities);
  const elements = lists * count;
  const merged = run * Math.min(ways, Math.ceil(count / run));
  return pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [...pairUses('from', from, elements, 'read'), ...pairUses('to', to, elements, 'write')],
    size,
    groups: Math.ceil(elements / size),
    main: `
  if (thread >= ${elements}u) { return; }
  let place = thread % ${count}u;
  let list = thread - place;
  let start = place - place % ${merged}u;
  let end = min(start + ${merged}u, ${count}u);
  let own = place - place % ${run}u;
  let row = from_rows_get(thread);
  var rank = place - own;
  for (var other = start; other < end; other += ${run}u) {
    if (other == own) { continue; }
    // Equal rows of earlier runs come before, those of later runs after.
    let limit = row + select(0, 1, other < own);
    var low = other;
    var high = min(other + ${run}u, ${count}u);
    while (low < high) {
      let middle = (low + high) / 2u;
      if (from_rows_get(list + middle) < limit) { low = middle + 1u; } else { high = middle; }
    }
    rank += low - other;
  }
  to_rows_set(list + start + rank, row);
  to_positions_set(list + start + rank, from_positions_get(thread));`,
  });
}
