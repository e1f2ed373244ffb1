import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Kernel, Pass, Rule } from '../../kernel.js';
import { pass } from '../../shader.js';
import { moveKernel, threadsOf } from '../layout/move.js';
import { blockSums, sumsInBlocks } from './blockSums.js';
import type { Scatter } from './rows.js';
import { resolveRow, rowFault } from './rows.js';
import { scannedSums, sortedSums } from './rowSums.js';
import { sortRows } from './sortRows.js';

/** So few indices are looked through for each element of the result: one short pass. */
const mostScanned = 16;

/**
 * Sums do not depend on chance: whole numbers are added in any order by atomic additions, floats in the order of their
 * positions. (WGSL has no atomic addition of floats. Its replacement, a loop that compares and exchanges, would also be slow
 * where many updates meet.) Many short lists, as those of pooling's gradient, are walked by workgroups that have the sums
 * in their memory. Of few long ones, as those of an embedding's gradient, the indices are sorted by row, which is little
 * work beside what their rows are.
 */
export const scatterAddRule: Rule<'scatterAdd'> = ({ inputs: [x, indices] }, capabilities) => {
  const [batches, length, depth] = x!.shape as [number, number, number];
  const [lists, count] = indices!.shape as [number, number];
  const dtype = x!.dtype === 'int32' ? 'int32' : 'float32';
  const scatter: Scatter = { dtype, batches, length, depth, lists, count };
  if (count <= mostScanned) return { passes: [scannedSums(scatter, capabilities)] };
  const bytes = sizeOf(x!.shape) * 4;
  if (dtype === 'int32' && bytes <= capabilities.bindingBytes) return atomicKernel(scatter, capabilities);
  if (dtype === 'float32' && sumsInBlocks(scatter, capabilities))
    return { passes: [blockSums(scatter, capabilities)] };
  return sortedKernel(scatter, capabilities);
};

function sortedKernel(scatter: Scatter, capabilities: Capabilities): Kernel {
  const sorted = sortRows(scatter, 4, capabilities);
  const sums = sortedSums(scatter, sorted, 4 + sorted.scratch.length, capabilities);
  return { passes: [...sorted.passes, ...sums.passes], scratch: [...sorted.scratch, ...sums.scratch] };
}

function atomicKernel(scatter: Scatter, capabilities: Capabilities): Kernel {
  const { batches, length, depth } = scatter;
  const elements = batches * length * depth;
  const copied = moveKernel(
    {
      label: 'scatterAdd',
      from: { array: 0, elements },
      to: { array: 3, elements },
      axes: [{ length: elements, stride: 1 }],
    },
    capabilities,
  );
  return { passes: [...copied.passes, atomicPass(scatter, capabilities)] };
}

function atomicPass(scatter: Scatter, capabilities: Capabilities): Pass {
  const { batches, length, depth, lists, count } = scatter;
  const size = threadsOf(capabilities);
  const threads = batches * count * depth;
  return pass({
    label: 'scatterAdd',
    capabilities,
    arrays: [
      { name: 'indices', array: 1, dtype: 'int32', elements: lists * count, access: 'read' },
      { name: 'updates', array: 2, dtype: 'int32', elements: threads, access: 'read' },
      { name: 'y', array: 3, dtype: 'int32', elements: batches * length * depth, access: 'atomic' },
    ],
    size,
    groups: Math.ceil(threads / size),
    declarations: resolveRow(length),
    main: `
  if (thread >= ${threads}u) { return; }
  let update_row = thread / ${depth}u;
  let column = thread % ${depth}u;
  let position = ${lists === 1 ? `update_row % ${count}u` : 'update_row'};
  let index = indices_get(position);
  let row = resolve_row(index);
  if (row >= ${length}u) {
    if (column == 0u) { raise_at(0u, index, position); }
    return;
  }
  atomicAdd(&y_0[(update_row / ${count}u * ${length}u + row) * ${depth}u + column], updates_get(thread));`,
    faults: [rowFault('scatterAdd', length)],
  });
}
