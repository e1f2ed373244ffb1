import type { Capabilities, Pass } from '../../kernel.js';
import { pass } from '../../shader.js';
import type { Scatter } from './rows.js';
import { resolveRow, rowFault } from './rows.js';

/** Elements of a block: their sums and rounding errors fit the 16 KiB that every device gives a workgroup. */
const mostElements = 1760;
/** Every thread looks at what all others of its tile have: more of them would be more work. */
const mostThreads = 64;
/** Longer lists are sorted: where all their updates meet in one row, one thread would add them. */
const mostCount = 4096;
/** How often a list may be walked, by all blocks and for each column, before sorting it is less work. */
const mostWalks = 16;
/** Fewer workgroups leave a GPU idle. */
const fewestGroups = 64;

/** The result in blocks of `rows` whole rows. */
function blocksOf({ batches, length, depth }: Scatter, capabilities: Capabilities) {
  const fewest = Math.ceil(length / Math.floor(mostElements / depth));
  const rows = Math.ceil(length / fewest);
  const blocks = Math.ceil(length / rows);
  return { blocks, rows, groups: batches * blocks, size: Math.min(mostThreads, capabilities.threads) };
}

/** Whether there are many short lists, each for a result that a few blocks hold. */
export function sumsInBlocks(scatter: Scatter, capabilities: Capabilities): boolean {
  const { batches, length, depth, lists, count } = scatter;
  if (length === 0 || depth === 0 || lists < batches || count > mostCount) return false;
  const { blocks, groups, size } = blocksOf(scatter, capabilities);
  return groups >= fewestGroups && blocks * depth <= mostWalks && depth <= size;
}

/**
 * A workgroup keeps a block of the result in its memory, and walks the whole list of updates in tiles. Of those that go to
 * one element, the first thread adds all of its tile, in the order of their positions.
 */
export function blockSums(scatter: Scatter, capabilities: Capabilities): Pass {
  const { batches, length, depth, count } = scatter;
  const { blocks, rows, groups, size } = blocksOf(scatter, capabilities);
  const tile = Math.floor(size / depth);
  const elements = batches * length * depth;
  return pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [
      { name: 'x', array: 0, dtype: 'float32', elements, access: 'read' },
      { name: 'indices', array: 1, dtype: 'int32', elements: batches * count, access: 'read' },
      { name: 'updates', array: 2, dtype: 'float32', elements: batches * count * depth, access: 'read' },
      { name: 'y', array: 3, dtype: 'float32', elements, access: 'write' },
    ],
    size,
    groups,
    declarations: `${resolveRow(length)}
var<workgroup> sums: array<f32, ${rows * depth}>;
// What rounding took from the sums.
var<workgroup> errors: array<f32, ${rows * depth}>;
// Of two tiles in turn, so that one can be filled while others are still busy with the last: the place in the block where
// each thread's update goes, and the update.
var<workgroup> places: array<u32, ${2 * size}>;
var<workgroup> updates: array<f32, ${2 * size}>;
const nowhere = 0xffffffffu;`,
    main: `
  if (group >= ${groups}u) { return; }
  let first_row = group % ${blocks}u * ${rows}u;
  let batch = group / ${blocks}u;
  let rows = min(${rows}u, ${length}u - first_row);
  let first = (batch * ${length}u + first_row) * ${depth}u;
  for (var k = lane; k < rows * ${depth}u; k += ${size}u) {
    sums[k] = x_get(first + k);
    // WGSL has it that memory starts with zeros, but it is not so in every driver.
    errors[k] = 0.0;
  }
  let column = lane % ${depth}u;
  var turn = 0u;
  for (var start = 0u; start < ${count}u; start += ${tile}u) {
    let i = start + lane / ${depth}u;
    var place = nowhere;
    if (lane < ${tile * depth}u && i < ${count}u) {
      let position = batch * ${count}u + i;
      let index = indices_get(position);
      let row = resolve_row(index);
      if (row >= ${length}u) { raise_at(0u, index, position); }
      if (row >= first_row && row - first_row < rows) {
        place = (row - first_row) * ${depth}u + column;
        updates[turn + lane] = updates_get(position * ${depth}u + column);
      }
    }
    places[turn + lane] = place;
    workgroupBarrier();
    if (place != nowhere) {
      var k = turn + column;
      while (places[k] != place) { k += ${depth}u; }
      if (k == turn + lane) {
        var sum = sums[place];
        var error = errors[place];
        for (; k < turn + ${tile * depth}u; k += ${depth}u) {
          if (places[k] != place) { continue; }
          let update = updates[k];
          // The id is 0, which compilers do not know: they might simplify the error to 0.
          let next = bitcast<f32>(bitcast<u32>(sum + update) | workgroup_id.z);
          error += select((update - next) + sum, (sum - next) + update, abs(sum) >= abs(update));
          sum = next;
        }
        sums[place] = sum;
        errors[place] = error;
      }
    }
    turn = ${size}u - turn;
  }
  workgroupBarrier();
  for (var k = lane; k < rows * ${depth}u; k += ${size}u) {
    // Infinities and NaN leave errors of no meaning, and 0 added to -0 would be 0.
    let exact = (bitcast<u32>(sums[k]) & 0x7fffffffu) >= 0x7f800000u || errors[k] == 0.0;
    y_set(first + k, select(sums[k] + errors[k], sums[k], exact));
  }`,
    faults: [rowFault('scatterAdd', length)],
  });
}
