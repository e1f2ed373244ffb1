import type { Conv2dParameters } from '../parameters.js';
import type { HostArray } from '../primitive.js';
import type { AxisPlan, Phase } from './convPlan.js';
import { planAxis, windowAxes } from './convPlan.js';
import type { FloatArray } from './gemm.js';
import { multiply, packPanels, scratch, TILE } from './gemm.js';

/*
 * Convolution as a matrix product whose right factor, the matrix of patches, is never written down: its panels are
 * packed straight from a zero-padded float64 copy of the images. Rows are a group's output channels, columns the output
 * positions of all images, depth runs over input channels and taps. In the padded copy the element at (tap, column) lies
 * at columnBase[column] + tapOffset[tap] with no test for borders, whatever stride, padding or dilation.
 */

/** Elements of padded input that are worked on at a time, unless one image is larger. */
const CHUNK = 1 << 20;
/** Up to so many output channels a group, packing costs more than it gains. */
const DIRECT_ROWS = 2;

/** The reference kernel of the `conv2d` primitive. Floats accumulate in float64; int32 wraps around. */
export function conv2dKernel(
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
  params: Conv2dParameters,
): void {
  const [x, kernel] = inputs as [HostArray, HostArray];
  const out = outputs[0]!;
  if (out.data.length === 0) return;
  const [vertical, horizontal] = windowAxes(x.shape, kernel.shape, params);
  const rows = planAxis(vertical, out.shape[2]!);
  const columns = planAxis(horizontal, out.shape[3]!);
  const phases = rows.phases.flatMap((row) => columns.phases.map((column) => [row, column] as const));
  const covered = phases.reduce((n, [row, column]) => n + row.outputs.length * column.outputs.length, 0);
  const depth = kernel.shape[1]!;
  if (depth === 0 || covered < out.shape[2]! * out.shape[3]!) out.data.fill(0);
  if (depth === 0 || covered === 0) return;
  if (out.dtype === 'int32') convolveInt32(x, kernel, out, params, phases);
  else convolveFloat(x, kernel, out, params.groups, { rows, columns, phases });
}

interface Plan {
  readonly rows: AxisPlan;
  readonly columns: AxisPlan;
  readonly phases: readonly (readonly [Phase, Phase])[];
}

function convolveFloat(x: HostArray, kernel: HostArray, out: HostArray, groups: number, plan: Plan): void {
  const [images, channels] = x.shape as [number, number];
  const plane = plan.rows.count * plan.columns.count;
  const image = channels * plane;
  const chunk = Math.min(images, Math.max(1, Math.floor(CHUNK / image)));
  const padded = scratch('conv2d padded', chunk * image);
  const tables = plan.phases.map((phase) => tabulate(phase, plan, image, chunk, kernel, out));
  for (let first = 0; first < images; first += chunk) {
    const count = Math.min(chunk, images - first);
    padImages(padded, x, first * channels, count * channels, plan);
    for (const table of tables) {
      for (let group = 0; group < groups; group++) {
        convolveGroup(padded, kernel, out, table, group, groups, first, count);
      }
    }
  }
}

/** Copies planes (channels of images) into float64 with zeros around, or cropped, as far as they are read. */
function padImages(padded: Float64Array, x: HostArray, firstPlane: number, planes: number, plan: Plan): void {
  const [, , height, width] = x.shape as [number, number, number, number];
  const { rows, columns } = plan;
  const stride = columns.count;
  const top = Math.max(0, rows.first);
  const bottom = Math.min(height, rows.first + rows.count);
  const left = Math.max(0, columns.first);
  const right = Math.min(width, columns.first + columns.count);
  const whole =
    rows.first >= 0 && bottom - top === rows.count && columns.first >= 0 && right - left === stride;
  if (!whole) padded.fill(0, 0, planes * rows.count * stride);
  const source = x.data as FloatArray; // the shape rule admits floats and int32; int32 goes elsewhere
  for (let p = 0; p < planes; p++) {
    for (let row = top; row < bottom; row++) {
      const from = ((firstPlane + p) * height + row) * width;
      const to = (p * rows.count + row - rows.first) * stride - columns.first;
      for (let column = left; column < right; column++) padded[to + column] = source[from + column]!;
    }
  }
}

/** Where things lie for the output positions of one phase. */
interface Table {
  /** Output positions of one image. */
  readonly positions: number;
  /** By column (image-major), in the padded copy. */
  readonly columnBase: Int32Array;
  /** By column, in the output, less channel and first image. */
  readonly columnOut: Int32Array;
  /** By depth (channel-major), in the padded copy. */
  readonly tapOffset: Int32Array;
  /** By depth, in one output channel's kernel. */
  readonly tapKernel: Int32Array;
  readonly groupOffset: number;
}

function tabulate(
  [vertical, horizontal]: readonly [Phase, Phase],
  plan: Plan,
  image: number,
  images: number,
  kernel: HostArray,
  out: HostArray,
): Table {
  const [, channels, kernelHeight, kernelWidth] = kernel.shape as [number, number, number, number];
  const [, outChannels, outHeight, outWidth] = out.shape as [number, number, number, number];
  const stride = plan.columns.count;
  const plane = plan.rows.count * stride;
  const positions = vertical.outputs.length * horizontal.outputs.length;
  const columnBase = new Int32Array(images * positions);
  const columnOut = new Int32Array(images * positions);
  let column = 0;
  for (let i = 0; i < images; i++) {
    for (let r = 0; r < vertical.outputs.length; r++) {
      const base = i * image + (vertical.starts[r]! - plan.rows.first) * stride - plan.columns.first;
      const to = (i * outChannels * outHeight + vertical.outputs[r]!) * outWidth;
      for (let c = 0; c < horizontal.outputs.length; c++, column++) {
        columnBase[column] = base + horizontal.starts[c]!;
        columnOut[column] = to + horizontal.outputs[c]!;
      }
    }
  }
  const taps = vertical.taps.length * horizontal.taps.length;
  const tapOffset = new Int32Array(channels * taps);
  const tapKernel = new Int32Array(channels * taps);
  let tap = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let r = 0; r < vertical.taps.length; r++) {
      for (let c = 0; c < horizontal.taps.length; c++, tap++) {
        tapOffset[tap] = channel * plane + vertical.offsets[r]! * stride + horizontal.offsets[c]!;
        tapKernel[tap] = (channel * kernelHeight + vertical.taps[r]!) * kernelWidth + horizontal.taps[c]!;
      }
    }
  }
  return { positions, columnBase, columnOut, tapOffset, tapKernel, groupOffset: channels * plane };
}

function convolveGroup(
  padded: Float64Array,
  kernel: HostArray,
  out: HostArray,
  table: Table,
  group: number,
  groups: number,
  firstImage: number,
  images: number,
): void {
  const [outChannels, channels, kernelHeight, kernelWidth] = kernel.shape as [number, number, number, number];
  const rows = outChannels / groups;
  const columns = images * table.positions;
  const depth = table.tapOffset.length;
  const kernelRow = channels * kernelHeight * kernelWidth;
  const kernelStart = group * rows * kernelRow;
  const allTaps = depth === kernelRow;
  const plane = out.shape[2]! * out.shape[3]!;
  const outStart = (firstImage * outChannels + group * rows) * plane;
  const base = group * table.groupOffset;
  const weights = kernel.data as FloatArray; // as in padImages
  const target = out.data as FloatArray;
  if (rows <= DIRECT_ROWS) {
    const row = scratch('conv2d row', depth);
    for (let r = 0; r < rows; r++) {
      for (let t = 0; t < depth; t++) row[t] = weights[kernelStart + r * kernelRow + table.tapKernel[t]!]!;
      convolveRow(padded, base, row, table, columns, target, outStart + r * plane);
    }
    return;
  }
  multiply({
    rows,
    columns,
    depth,
    packA(panels, row, count, firstTap, taps) {
      const start = kernelStart + row * kernelRow;
      if (allTaps) packPanels(panels, weights, start + firstTap, count, kernelRow, taps, 1);
      else packTaps(panels, weights, start, count, kernelRow, table.tapKernel, firstTap, taps);
    },
    packB(panels, column, count, firstTap, taps) {
      packPatches(panels, padded, base, table, column, count, firstTap, taps);
    },
    store(block, stride, row, count, column, width) {
      for (let r = 0; r < count; r++) {
        const to = outStart + (row + r) * plane;
        const from = r * stride;
        for (let c = 0; c < width; c++) target[to + table.columnOut[column + c]!] = block[from + c]!;
      }
    },
  });
}

/** One output channel: out[column] = sum over taps of weight times pixel, four columns at a time. */
function convolveRow(
  padded: Float64Array,
  base: number,
  weights: Float64Array,
  { columnBase, columnOut, tapOffset }: Table,
  columns: number,
  out: FloatArray,
  outStart: number,
): void {
  const depth = tapOffset.length;
  const last = columns - 1;
  for (let column = 0; column < columns; column += TILE) {
    const p0 = base + columnBase[column]!;
    const p1 = base + columnBase[Math.min(column + 1, last)]!;
    const p2 = base + columnBase[Math.min(column + 2, last)]!;
    const p3 = base + columnBase[Math.min(column + 3, last)]!;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let t = 0; t < depth; t++) {
      const offset = tapOffset[t]!;
      const weight = weights[t]!;
      s0 += weight * padded[p0 + offset]!;
      s1 += weight * padded[p1 + offset]!;
      s2 += weight * padded[p2 + offset]!;
      s3 += weight * padded[p3 + offset]!;
    }
    out[outStart + columnOut[column]!] = s0;
    if (column < last) out[outStart + columnOut[column + 1]!] = s1;
    if (column + 1 < last) out[outStart + columnOut[column + 2]!] = s2;
    if (column + 2 < last) out[outStart + columnOut[column + 3]!] = s3;
  }
}

/** Panels of the matrix of patches. Absent columns repeat the last one; their results are never stored. */
function packPatches(
  panels: Float64Array,
  padded: Float64Array,
  base: number,
  { columnBase, tapOffset }: Table,
  column: number,
  columns: number,
  firstTap: number,
  taps: number,
): void {
  const last = column + columns - 1;
  const endTap = firstTap + taps;
  let d = 0;
  for (let c = column; c <= last; c += TILE) {
    const p0 = base + columnBase[c]!;
    const p1 = base + columnBase[Math.min(c + 1, last)]!;
    const p2 = base + columnBase[Math.min(c + 2, last)]!;
    const p3 = base + columnBase[Math.min(c + 3, last)]!;
    for (let t = firstTap; t < endTap; t++) {
      const offset = tapOffset[t]!;
      panels[d] = padded[p0 + offset]!;
      panels[d + 1] = padded[p1 + offset]!;
      panels[d + 2] = padded[p2 + offset]!;
      panels[d + 3] = padded[p3 + offset]!;
      d += TILE;
    }
  }
}

/** Panels of the kernel's rows for some of its taps. */
function packTaps(
  panels: Float64Array,
  weights: FloatArray,
  start: number,
  rows: number,
  kernelRow: number,
  tapKernel: Int32Array,
  firstTap: number,
  taps: number,
): void {
  for (let r = 0; r < rows; r++) {
    let d = (r - (r % TILE)) * taps + (r % TILE);
    const from = start + r * kernelRow;
    for (let t = 0; t < taps; t++, d += TILE) panels[d] = weights[from + tapKernel[firstTap + t]!]!;
  }
}

function convolveInt32(
  x: HostArray,
  kernel: HostArray,
  out: HostArray,
  { groups }: Conv2dParameters,
  phases: readonly (readonly [Phase, Phase])[],
): void {
  const [images, inChannels, height, width] = x.shape as [number, number, number, number];
  const [outChannels, channels, kernelHeight, kernelWidth] = kernel.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = out.shape as [number, number, number, number];
  const at = (plane: number, vertical: Phase, horizontal: Phase, r: number, c: number, k: number): number => {
    const group = Math.floor(k / (outChannels / groups));
    let total = 0;
    for (let channel = 0; channel < channels; channel++) {
      const from = (plane * inChannels + group * channels + channel) * height;
      const weight = (k * channels + channel) * kernelHeight;
      for (let v = 0; v < vertical.taps.length; v++) {
        const row = vertical.starts[r]! + vertical.offsets[v]!;
        if (row < 0 || row >= height) continue;
        for (let h = 0; h < horizontal.taps.length; h++) {
          const column = horizontal.starts[c]! + horizontal.offsets[h]!;
          if (column < 0 || column >= width) continue;
          const w = kernel.data[(weight + vertical.taps[v]!) * kernelWidth + horizontal.taps[h]!]!;
          total = (total + Math.imul(x.data[(from + row) * width + column]!, w)) | 0;
        }
      }
    }
    return total;
  };
  for (const [vertical, horizontal] of phases) {
    for (let i = 0; i < images; i++) {
      for (let k = 0; k < outChannels; k++) {
        vertical.outputs.forEach((y, r) => {
          const to = ((i * outChannels + k) * outHeight + y) * outWidth;
          horizontal.outputs.forEach((z, c) => {
            out.data[to + z] = at(i, vertical, horizontal, r, c, k);
          });
        });
      }
    }
  }
}
