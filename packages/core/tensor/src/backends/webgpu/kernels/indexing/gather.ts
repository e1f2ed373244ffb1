import { sizeOf } from '../../../../shape.js';
import type { Rule } from '../../kernel.js';
import { pass } from '../../shader.js';
import { threadsOf } from '../layout/move.js';
import { resolveRow, rowFault } from './rows.js';

/** One thread for each element of the rows, or for four. An index out of range gives zeros, and an error. */
export const gatherRule: Rule<'gather'> = ({ inputs: [x, indices], outputs: [out] }, capabilities) => {
  const [, count, depth] = out!.shape as [number, number, number];
  const [tables, length] = x!.shape as [number, number, number];
  const width = depth % 4 === 0 ? 4 : 1;
  const units = depth / width;
  const elements = sizeOf(out!.shape);
  const size = threadsOf(capabilities);
  return {
    passes: [
      pass({
        label: 'gather',
        capabilities,
        arrays: [
          { name: 'x', array: 0, dtype: 'int32', elements: sizeOf(x!.shape), access: 'read', width },
          { name: 'indices', array: 1, dtype: 'int32', elements: sizeOf(indices!.shape), access: 'read' },
          { name: 'y', array: 2, dtype: 'int32', elements, access: 'write', width },
        ],
        size,
        groups: Math.ceil(elements / width / size),
        declarations: resolveRow(length),
        main: `
  if (thread >= y_length()) { return; }
  let target_row = thread / ${units}u;
  let column = thread % ${units}u;
  let position = ${indices!.shape[0] === 1 ? `target_row % ${count}u` : 'target_row'};
  let index = indices_get(position);
  let row = resolve_row(index);
  if (row >= ${length}u) {
    if (column == 0u) { raise_at(0u, index, position); }
    y_set(thread, ${width === 4 ? 'vec4<i32>()' : '0'});
    return;
  }
  let first = ${tables === 1 ? '0u' : `target_row / ${count}u * ${length * units}u`};
  y_set(thread, x_get(first + row * ${units}u + column));`,
        faults: [rowFault('gather', length)],
      }),
    ],
  };
};
