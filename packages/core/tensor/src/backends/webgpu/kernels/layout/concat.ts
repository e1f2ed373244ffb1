import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Pass, Rule } from '../../kernel.js';
import { paddedBytes, pass } from '../../shader.js';
import { threadsOf } from './move.js';

/** An input that has elements, as rows of the target. */
interface Part {
  readonly array: number;
  /** Of one row, in units. */
  readonly length: number;
  /** Where in a row of the target. */
  readonly start: number;
}

/** The inputs side by side, as matrices whose rows are counted in units of `width` elements. */
interface Layout {
  readonly rows: number;
  readonly rowLength: number;
  readonly width: 1 | 4;
  /** The target's number among the arrays. */
  readonly target: number;
}

/** One pass for as many inputs as bindings are allowed. */
export const concatRule: Rule<'concat'> = ({ inputs, outputs: [out], params: { axis } }, capabilities) => {
  const { shape } = out!;
  const rows = sizeOf(shape.slice(0, axis));
  const lengths = inputs.map((input) => sizeOf(input.shape.slice(axis)));
  const filled = lengths.flatMap((length, array) => (length > 0 ? [array] : []));
  // Fours of the target come from one input each; only the end of all may be within one.
  const aligned = (rows > 1 ? filled : filled.slice(0, -1)).every((array) => lengths[array]! % 4 === 0);
  const width = aligned ? 4 : 1;
  let rowLength = 0;
  const parts = filled.map((array) => {
    const part = { array, length: Math.ceil(lengths[array]! / width), start: rowLength };
    rowLength += part.length;
    return part;
  });
  const layout = { rows, rowLength, width, target: inputs.length } as const;
  const bindings = (elements: number): number => Math.ceil(paddedBytes(elements) / capabilities.bindingBytes);
  const room = capabilities.storageBindings - bindings(sizeOf(shape));
  const groups: Part[][] = [];
  let left = 0;
  for (const part of parts) {
    const needed = bindings(sizeOf(inputs[part.array]!.shape));
    if (needed > room) return 'concat: the arrays are too large to be bound together';
    if (needed > left) {
      groups.push([]);
      left = room;
    }
    groups.at(-1)!.push(part);
    left -= needed;
  }
  return { passes: groups.map((group) => groupPass(group, layout, capabilities)) };
};

function groupPass(parts: readonly Part[], layout: Layout, capabilities: Capabilities): Pass {
  const { rows, rowLength, width, target } = layout;
  const first = parts[0]!.start;
  const columns = parts.reduce((sum, { length }) => sum + length, 0);
  const size = threadsOf(capabilities);
  const choices = parts.map(({ length, start }, k) => {
    const from = start - first;
    const place = `${rows > 1 ? `row * ${length}u + ` : ''}column - ${from}u`;
    return `if (column < ${from + length}u) { y_set(to, x${k}_get(${place})); return; }`;
  });
  return pass({
    label: 'concat',
    capabilities,
    arrays: [
      ...parts.map(({ array, length }, k) => ({
        name: `x${k}`,
        array,
        dtype: 'int32' as const,
        elements: rows * length * width,
        access: 'read' as const,
        width,
      })),
      {
        name: 'y',
        array: target,
        dtype: 'int32',
        elements: rows * rowLength * width,
        access: 'write',
        width,
      },
    ],
    size,
    groups: Math.ceil((rows * columns) / size),
    main: `
  let row = thread / ${columns}u;
  if (row >= ${rows}u) { return; }
  let column = thread % ${columns}u;
  let to = row * ${rowLength}u + ${first}u + column;
  ${choices.join('\n  ')}`,
  });
}
