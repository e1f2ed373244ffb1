import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Kernel, Pass } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { pass, wgslType } from '../../shader.js';
import { dotsKernel } from './dots.js';
import type { Patches } from './patches.js';
import { batchOf, columnsOf, depthOf, kernelSize, originOf, outputPlace, patchDeclarations, patchSetup, rowsOf, tapAt } from './patches.js'; // prettier-ignore

const each = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');

const inputsOf = ({ dtype, x, kernel }: Patches): ArrayUse[] => [
  { name: 'x', array: 0, dtype, elements: sizeOf(x), access: 'read' },
  { name: 'kernel', array: 1, dtype, elements: sizeOf(kernel), access: 'read' },
];

/**
 * For groups of few output channels (depthwise: one): a thread computes those of a position by itself. Pixels that
 * neighbours share come from the cache.
 */
export function convDirect(patches: Patches, capabilities: Capabilities): Pass {
  const { dtype, out, x, kernel, vertical, horizontal } = patches;
  const [rows, columns] = [rowsOf(patches), columnsOf(patches)];
  const threads = columns * batchOf(patches);
  const place = outputPlace(patches);
  const exists = place.exists?.('column');
  const [, , , kernelWidth] = kernel;
  const plane = x[2] * x[3];
  return pass({
    label: 'conv2d',
    capabilities,
    size: 64,
    groups: Math.ceil(threads / 64),
    arrays: [...inputsOf(patches), { name: 'out', array: 2, dtype, elements: sizeOf(out), access: 'write' }],
    declarations: patchDeclarations(patches),
    main: `
  if (thread >= ${threads}u) { return; }
  let column = thread % ${columns}u;
  let batch = thread / ${columns}u;
${patchSetup(patches)}
  var origin_y: u32; var origin_x: u32; var origin_from: u32;
${originOf(patches, 'origin', 'column')}
  var weight = channel_group * ${rows * kernelSize(patches)}u + tap_y * ${kernelWidth}u + tap_x;
${each(rows, (r) => `  var sum${r} = ${wgslType(dtype)}();`)}
  for (var channel = 0u; channel < ${kernel[1]}u; channel++) {
    for (var row = 0u; row < ${vertical.taps}u; row++) {
      for (var step = 0u; step < ${horizontal.taps}u; step++) {
        let dy = row * ${vertical.perTap}u;
        let dx = step * ${horizontal.perTap}u;
        let value = pixel(origin_from + dy * ${x[3]}u + dx, origin_y + dy, origin_x + dx);
        let tap = weight + row * ${vertical.tapStep * kernelWidth}u + step * ${horizontal.tapStep}u;
${each(rows, (r) => `        sum${r} += value * kernel_get(tap + ${r * kernelSize(patches)}u);`)}
      }
    }
    weight += ${kernel[2] * kernel[3]}u;
    origin_from += ${plane}u;
  }
  ${exists === undefined ? '' : `if (!(${exists})) { return; }`}
  let place = ${place.column('column')};
${each(rows, (r) => `  out_set(place + ${place.row(`${r}u`)}, sum${r});`)}`,
  });
}

/** Sums of a thread. */
const mostSums = 9;

/** For few outputs that are long sums each, as in the gradient of a depthwise kernel: threads share the sums. */
export function convDots(patches: Patches, capabilities: Capabilities): Kernel {
  const { dtype, out } = patches;
  const [rows, columns, depth] = [rowsOf(patches), columnsOf(patches), depthOf(patches)];
  const evenly = (size: number, most: number): number => Math.ceil(size / Math.ceil(size / most));
  const threadLines = columns === 1 ? evenly(rows, 4) : evenly(rows, 2);
  const threadColumns = evenly(columns, Math.floor(mostSums / threadLines));
  const place = outputPlace(patches);
  return dotsKernel(
    {
      label: 'conv2d',
      dtype,
      batch: batchOf(patches),
      lines: rows,
      columns,
      depth,
      vector: 'none',
      contiguous: 'depth',
      threadLines,
      threadColumns,
      setup: [
        patchSetup(patches),
        each(threadLines, (r) => `  let kernel${r}_from = (channel_group * ${rows}u + line${r}) * ${kernelSize(patches)}u;`), // prettier-ignore
        each(
          threadColumns,
          (c) => `  var x${c}_y: u32; var x${c}_x: u32; var x${c}_from: u32;\n${originOf(patches, `x${c}`, `column${c}`)}`, // prettier-ignore
        ),
      ].join('\n'),
      load: [
        tapAt(patches, 'k'),
        each(threadLines, (r) => `    let a${r} = kernel_get(kernel${r}_from + weight);`),
        each(threadColumns, (c) => `    let b${c} = pixel(x${c}_from + step, x${c}_y + dy, x${c}_x + dx);`),
      ].join('\n'),
      place: (line, column) => `${place.row(line)} + ${place.column(column)}`,
      outputs: sizeOf(out),
      inputs: inputsOf(patches),
      declarations: patchDeclarations(patches),
    },
    capabilities,
  );
}
