import { sizeOf } from '../../../../shape.js';
import { windowAxes } from '../../../../primitives/kernels/convPlan.js';
import type { Capabilities, Kernel, Problem } from '../../kernel.js';
import { convDirect, convDots } from './convFew.js';
import { convTiled } from './convTiled.js';
import type { Patches } from './patches.js';
import { columnsOf, batchOf, depthOf, rowsOf } from './patches.js';
import { phaseClasses } from './phases.js';
import { zerosPass } from './zeros.js';

/** Up to so many rows or columns a tile would be mostly empty. */
const few = 4;
/** From so many positions on, each may have its own thread. */
const manyPositions = 1 << 13;
/** Sums that one thread may well take alone. */
const shortSum = 128;

export function conv2dRule(
  { inputs, outputs, params }: Problem<'conv2d'>,
  capabilities: Capabilities,
): Kernel {
  const [{ shape: x }, { shape: kernel }] = inputs as [Aval4, Aval4];
  const { shape: out, dtype } = outputs[0] as Aval4;
  const size = sizeOf(out);
  if (size === 0) return { passes: [] };
  const [vertical, horizontal] = windowAxes(x, kernel, params);
  const classes = phaseClasses(vertical, out[2]).flatMap(
    (down) =>
    phaseClasses(horizontal, out[3]).map((across): Patches => ({ dtype, x, kernel, out, groups: params.groups, vertical: down, horizontal: across })), // prettier-ignore
  );
  const depth = kernel[1];
  const zeros = zerosPass('conv2d', dtype, 2, size, capabilities);
  if (depth === 0 || classes.length === 0) return { passes: [zeros] };
  if (classes.length === 1 && coversAll(classes[0]!)) return kernelFor(classes[0]!, true, capabilities);
  const covered = classes.reduce((sum, each) => sum + phaseCount(each), 0);
  const all = classes[0]!.vertical.outputStep * classes[0]!.horizontal.outputStep;
  const passes = classes.flatMap((each) => kernelFor(each, false, capabilities).passes);
  return { passes: covered < all ? [zeros, ...passes] : passes };
}

interface Aval4 {
  readonly shape: readonly [number, number, number, number];
  readonly dtype: Patches['dtype'];
}

const phaseCount = ({ vertical, horizontal }: Patches): number =>
  vertical.phases.length * horizontal.phases.length;

const coversAll = (patches: Patches): boolean =>
  phaseCount(patches) === patches.vertical.outputStep * patches.horizontal.outputStep;

/** `whole`: it writes all of the output, so that it may do so in several parts. */
function kernelFor(patches: Patches, whole: boolean, capabilities: Capabilities): Kernel {
  const [rows, columns, depth] = [rowsOf(patches), columnsOf(patches), depthOf(patches)];
  const positions = columns * batchOf(patches);
  const longSums = depth > shortSum && positions < manyPositions;
  if (whole && longSums && phaseCount(patches) === 1 && (rows <= few || columns <= few))
    return convDots(patches, capabilities);
  if (rows <= few) return { passes: [convDirect(patches, capabilities)] };
  return convTiled(patches, whole, capabilities);
}
