import type { DType } from '../../../../dtype.js';
import { wgslType } from '../../shader.js';
import type { PhaseClass } from './phases.js';

/**
 * A convolution (or those outputs of it that meet equally many taps) as a product: a row is an output channel of a group,
 * a column an output position of an image, the depth goes over input channels and taps. What the product multiplies the
 * kernel with, the matrix of patches, is not stored anywhere: its numbers are found in the images.
 */
export interface Patches {
  readonly dtype: DType;
  readonly x: readonly [images: number, channels: number, height: number, width: number];
  readonly kernel: readonly [outputs: number, inner: number, height: number, width: number];
  readonly out: readonly [images: number, channels: number, height: number, width: number];
  readonly groups: number;
  readonly vertical: PhaseClass;
  readonly horizontal: PhaseClass;
}

export const rowsOf = ({ kernel, groups }: Patches): number => kernel[0] / groups;
export const columnsOf = ({ x, vertical, horizontal }: Patches): number =>
  x[0] * vertical.outputs * horizontal.outputs;
export const depthOf = ({ kernel, vertical, horizontal }: Patches): number =>
  kernel[1] * vertical.taps * horizontal.taps;
/** Products of these sizes: groups, times pairs of phases. */
export const batchOf = ({ groups, vertical, horizontal }: Patches): number =>
  groups * vertical.phases.length * horizontal.phases.length;

/** Whole numbers as u32, where negative ones wrap around: sums with them come out right, and lie beyond any size. */
const wrapped = (n: number): string => `${n >>> 0}u`;

/** Declares `phases_y` and `phases_x`, where there are several, and `pixel`. */
export function patchDeclarations({ dtype, x, vertical, horizontal }: Patches): string {
  const table = (name: string, { phases }: PhaseClass): string =>
    phases.length === 1
      ? ''
      : `const ${name} = array<vec3<u32>, ${phases.length}>(${phases
          .map((phase) => `vec3<u32>(${wrapped(phase.start)}, ${phase.firstOutput}u, ${phase.firstTap}u)`)
          .join(', ')});`;
  const checks = [vertical.inside ? '' : `y < ${x[2]}u`, horizontal.inside ? '' : `x < ${x[3]}u`].filter(
    (check) => check !== '',
  );
  const read = 'return x_get(place);';
  return [
    table('phases_y', vertical),
    table('phases_x', horizontal),
    '// The pixel at a place of x, which is at (y, x) of its plane; around the planes are zeros.',
    `fn pixel(place: u32, y: u32, x: u32) -> ${wgslType(dtype)} {`,
    checks.length === 0 ? `  ${read}` : `  if (${checks.join(' && ')}) { ${read} }\n  return 0;`,
    '}',
  ].join('\n');
}

/** From `batch`: the group, and what the phases are: `start_y`, `first_y` (output), `tap_y`, and likewise x. */
export function patchSetup({ vertical, horizontal }: Patches): string {
  const [down, across] = [vertical.phases.length, horizontal.phases.length];
  const axis = (name: string, { phases }: PhaseClass, index: string): string => {
    const [only] = phases;
    return phases.length === 1
      ? `  let start_${name} = ${wrapped(only!.start)}; let first_${name} = ${only!.firstOutput}u; let tap_${name} = ${only!.firstTap}u;`
      : `  let phase_${name} = phases_${name}[${index}];\n  let start_${name} = phase_${name}.x; let first_${name} = phase_${name}.y; let tap_${name} = phase_${name}.z;`;
  };
  return [
    `  let channel_group = batch / ${down * across}u;`,
    axis('y', vertical, `batch / ${across}u % ${down}u`),
    axis('x', horizontal, `batch % ${across}u`),
  ].join('\n');
}

/** Image, and number among the outputs of the phase, of a column or of a vector of columns. */
export function columnParts({ vertical, horizontal }: Patches, column: string) {
  return {
    image: `${column} / ${vertical.outputs * horizontal.outputs}u`,
    y: `${column} / ${horizontal.outputs}u % ${vertical.outputs}u`,
    x: `${column} % ${horizontal.outputs}u`,
  };
}

/**
 * Statements that set `${name}_y`, `${name}_x` and `${name}_from` (the place in x) to where a column, or each of a vector
 * of columns, has its first pixel in the group's first channel.
 */
export function originOf(patches: Patches, name: string, column: string): string {
  const { x, kernel, vertical, horizontal } = patches;
  const parts = columnParts(patches, column);
  const [, channels, height, width] = x;
  return [
    `    ${name}_y = (${parts.y}) * ${vertical.perOutput}u + start_y;`,
    `    ${name}_x = (${parts.x}) * ${horizontal.perOutput}u + start_x;`,
    `    ${name}_from = ((${parts.image}) * ${channels}u + channel_group * ${kernel[1]}u) * ${height * width}u + ${name}_y * ${width}u + ${name}_x;`,
  ].join('\n');
}

/** Statements that declare, for depth `k`: how far its pixel is from the first (`dy`, `dx`, `step`), and its `weight`. */
export function tapAt(patches: Patches, k: string): string {
  const { x, kernel, vertical, horizontal } = patches;
  const [, , height, width] = x;
  const [, , kernelHeight, kernelWidth] = kernel;
  const taps = vertical.taps * horizontal.taps;
  const y = `(${k}) / ${horizontal.taps}u % ${vertical.taps}u`;
  const weight = allTaps(patches)
    ? k
    : `(${k}) / ${taps}u * ${kernelHeight * kernelWidth}u + (tap_y + (${y}) * ${vertical.tapStep}u) * ${kernelWidth}u + tap_x + (${k}) % ${horizontal.taps}u * ${horizontal.tapStep}u`;
  return [
    `let dy = (${y}) * ${vertical.perTap}u;`,
    `let dx = (${k}) % ${horizontal.taps}u * ${horizontal.perTap}u;`,
    `let step = (${k}) / ${taps}u * ${height * width}u + dy * ${width}u + dx;`,
    `let weight = ${weight};`,
  ].join(' ');
}

/** Whether the depth goes through an output channel's kernel as it lies in memory. */
export const allTaps = ({ kernel, vertical, horizontal }: Patches): boolean =>
  vertical.taps === kernel[2] && horizontal.taps === kernel[3];

/** Numbers of one output channel's kernel. */
export const kernelSize = ({ kernel }: Patches): number => kernel[1] * kernel[2] * kernel[3];

/** Where an output channel of the group has its plane, and where in a plane (of which image) a column lies. */
export function outputPlace(patches: Patches) {
  const [, channels, height, width] = patches.out;
  const { vertical, horizontal } = patches;
  const y = (column: string): string =>
    `(first_y + ${columnParts(patches, column).y} * ${vertical.outputStep}u)`;
  const x = (column: string): string =>
    `(first_x + ${columnParts(patches, column).x} * ${horizontal.outputStep}u)`;
  const several = vertical.phases.length * horizontal.phases.length > 1;
  return {
    row: (row: string): string => `(channel_group * ${rowsOf(patches)}u + ${row}) * ${height * width}u`,
    column: (column: string): string =>
      `${columnParts(patches, column).image} * ${channels * height * width}u + ${y(column)} * ${width}u + ${x(column)}`,
    /** Phases may differ by one in their number of outputs. */
    exists: several
      ? (column: string): string => `${y(column)} < ${height}u && ${x(column)} < ${width}u`
      : undefined,
  };
}
