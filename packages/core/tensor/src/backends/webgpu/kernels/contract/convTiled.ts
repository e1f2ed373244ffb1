import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Kernel } from '../../kernel.js';
import { guard, readsVectors, storedFactor } from './factor.js';
import { sumPartsPass } from './parts.js';
import type { Patches } from './patches.js';
import { allTaps, batchOf, columnsOf, depthOf, kernelSize, originOf, outputPlace, patchDeclarations, patchSetup, rowsOf, tapAt } from './patches.js'; // prettier-ignore
import type { Factor } from './product.js';
import { productPass } from './product.js';
import { chooseCut } from './tile.js';

type Guard = ReturnType<typeof guard>;

const component = ['x', 'y', 'z', 'w'] as const;

/** A convolution by tiles of its product. `whole`: no other pass writes to the output. */
export function convTiled(patches: Patches, whole: boolean, capabilities: Capabilities): Kernel {
  const { dtype, x, kernel, out } = patches;
  const [rows, columns, depth, batch] = [rowsOf(patches), columnsOf(patches), depthOf(patches), batchOf(patches)]; // prettier-ignore
  const cut = chooseCut(rows, columns, depth, batch, capabilities, whole);
  const sliceDepth = cut.tile.depth;
  const pointwise = isPointwise(patches);
  const place = outputPlace(patches);
  const size = Math.ceil(sizeOf(out) / 4) * 4;
  const split = cut.parts > 1;
  const product = productPass(
    {
      label: 'conv2d',
      dtype,
      depth,
      batch,
      a: weights(patches, sliceDepth),
      b: pointwise ? points(patches, sliceDepth) : pixels(patches, sliceDepth),
      target: {
        rowPlace: (row) => (pointwise ? `(${place.row(row)}) / 4u` : place.row(row)),
        columnPlace: (column) => (pointwise ? `(${place.column(column)}) / 4u` : place.column(column)),
        columnExists: place.exists,
        size,
      },
      cut,
      inputs: [
        { name: 'x', array: 0, dtype, elements: sizeOf(x), access: 'read', width: pointwise ? 4 : 1 },
        { name: 'kernel', array: 1, dtype, elements: sizeOf(kernel), access: 'read', width: readsFours(patches) ? 4 : 1 }, // prettier-ignore
      ],
      output: split ? 3 : 2,
      setup: patchSetup(patches),
      declarations: pointwise ? '' : patchDeclarations(patches),
    },
    capabilities,
  );
  if (!split) return { passes: [product] };
  return {
    passes: [product, sumPartsPass('conv2d', dtype, cut.parts, size, [3, 2], capabilities)],
    scratch: [cut.parts * size],
  };
}

const storedWeights = (patches: Patches) =>
  ({ name: 'kernel', lines: rowsOf(patches), depth: depthOf(patches), contiguous: 'depth', start: `channel_group * ${rowsOf(patches) * kernelSize(patches)}u` }) as const; // prettier-ignore

const readsFours = (patches: Patches): boolean => allTaps(patches) && readsVectors(storedWeights(patches));

/** The kernel: a matrix as it lies, unless only some of its taps are used. */
function weights(patches: Patches, sliceDepth: number): Factor {
  const stored = storedWeights(patches);
  if (allTaps(patches)) return storedFactor(stored, sliceDepth);
  const inside = guard(stored.depth, sliceDepth);
  const numbers = component.map((c) => `kernel_get(kernel_from.${c} + weight)`).join(', ');
  return {
    lines: stored.lines,
    contiguous: 'depth',
    adjacent: true,
    turned: false,
    state: '  var kernel_from: vec4<u32>;',
    prepare: `    kernel_from = ${stored.start} + lines * ${kernelSize(patches)}u;`,
    load: (pieces) => loadTaps(patches, pieces, numbers, inside),
  };
}

/** Four numbers at each of some depths, with what `tapAt` declares in scope. */
function loadTaps(patches: Patches, pieces: readonly string[], numbers: string, inside: Guard): string {
  return pieces
    .map((piece, j) => inside(`k + ${j}u`, `${tapAt(patches, `k + ${j}u`)} ${piece} = vec4(${numbers});`))
    .map((statements) => `{ ${statements} }`)
    .join('\n');
}

/** The patches. Neighbouring columns mostly have neighbouring pixels. */
function pixels(patches: Patches, sliceDepth: number): Factor {
  const inside = guard(depthOf(patches), sliceDepth);
  const numbers = component.map((c) => `pixel(x_from.${c} + step, x_y.${c} + dy, x_x.${c} + dx)`).join(', ');
  return {
    lines: columnsOf(patches),
    contiguous: 'lines',
    adjacent: false,
    turned: false,
    state: '  var x_y: vec4<u32>; var x_x: vec4<u32>; var x_from: vec4<u32>;',
    prepare: originOf(patches, 'x', 'lines'),
    load: (pieces) => loadTaps(patches, pieces, numbers, inside),
  };
}

/** Every output meets the one pixel that lies as it does, and planes are multiples of four. */
function isPointwise({ x, kernel, out, vertical, horizontal }: Patches): boolean {
  const plane = x[2] * x[3];
  return (
    kernel[2] * kernel[3] === 1 &&
    plane % 4 === 0 &&
    out[2] === x[2] &&
    out[3] === x[3] &&
    [vertical, horizontal].every(
      ({ inside, perOutput, outputStep, phases }) =>
        inside && perOutput === 1 && outputStep === 1 && phases[0]!.start === 0,
    )
  );
}

/** The images of a pointwise convolution: matrices of channels times positions. */
function points(patches: Patches, sliceDepth: number): Factor {
  const { x, kernel } = patches;
  const plane = x[2] * x[3];
  return {
    ...storedFactor(
      { name: 'x', lines: plane, depth: depthOf(patches), contiguous: 'lines', start: '0u' },
      sliceDepth,
    ),
    lines: columnsOf(patches),
    prepare: `    x_from = (lines / ${plane}u * ${x[1]}u + channel_group * ${kernel[1]}u) * ${plane}u + lines % ${plane}u;`,
  };
}
