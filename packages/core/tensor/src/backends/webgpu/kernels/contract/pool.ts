import { sizeOf } from '../../../../shape.js';
import type { Capabilities, Kernel, Problem } from '../../kernel.js';
import { pass, wgslType } from '../../shader.js';

/** A thread goes through the window of its output, from the first position that is not padding. */
export function maxPoolIndicesRule(
  { inputs, outputs, params }: Problem<'maxPoolIndices'>,
  capabilities: Capabilities,
): Kernel {
  const [x] = inputs;
  const [out] = outputs;
  const elements = sizeOf(out!.shape);
  if (elements === 0) return { passes: [] };
  const { window, strides, padding, dilation } = params;
  const [, , height, width] = x!.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = out!.shape as [number, number, number, number];
  const { dtype } = x!;
  const isFloat = dtype === 'float32';
  /** Positions are counted from the padding's edge, where the window starts, so that none is negative. */
  const span = (name: string, output: string, size: number, axis: 0 | 1): string => {
    const low = padding[axis][0];
    const start = `${output} * ${strides[axis]}u`;
    const from = `let ${name}_start = ${start};`;
    const to = `let ${name}_stop = min(${name}_start + ${(window[axis] - 1) * dilation[axis] + 1}u, ${size + low}u);`;
    const skipped =
      low <= 0
        ? `let ${name}_first = ${name}_start;`
        : `let ${name}_first = ${name}_start + (max(${low}u, ${name}_start) - ${name}_start + ${dilation[axis] - 1}u) / ${dilation[axis]}u * ${dilation[axis]}u;`;
    return `  ${from} ${to}\n  ${skipped}`;
  };
  const [top, left] = [padding[0][0], padding[1][0]];
  // A multiple of what a u32 holds is added where this is negative: the sums come out right.
  const edge = (top * width + left) >>> 0;
  const main = `
  if (thread >= ${elements}u) { return; }
  let out_x = thread % ${outWidth}u;
  let out_y = thread / ${outWidth}u % ${outHeight}u;
  let base = thread / ${outWidth * outHeight}u * ${height * width}u;
${span('y', 'out_y', height, 0)}
${span('x', 'out_x', width, 1)}
  var found = y_first * ${width}u + x_first - ${edge}u;
  var best = x_get(base + found);
  for (var y = y_first; y < y_stop; y += ${dilation[0]}u) {
    for (var x = x_first; x < x_stop; x += ${dilation[1]}u) {
      let place = y * ${width}u + x - ${edge}u;
      let value = x_get(base + place);
      if (${isFloat ? '!is_nan(best) && (is_nan(value) || value > best)' : 'value > best'}) {
        best = value;
        found = place;
      }
    }
  }
  out_set(thread, i32(found));`;
  return {
    passes: [
      pass({
        label: 'maxPoolIndices',
        capabilities,
        size: 64,
        groups: Math.ceil(elements / 64),
        arrays: [
          { name: 'x', array: 0, dtype, elements: sizeOf(x!.shape), access: 'read' },
          { name: 'out', array: 1, dtype: 'int32', elements, access: 'write' },
        ],
        declarations: isFloat
          ? `fn is_nan(x: ${wgslType(dtype)}) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`
          : '',
        main,
      }),
    ],
  };
}
