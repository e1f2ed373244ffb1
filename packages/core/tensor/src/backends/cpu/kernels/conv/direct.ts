import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import type { Code } from '../../wasm/code.js';
import { f32x4, f64x2, i32, v128, when } from '../../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';
import { planePlan } from './plane.js';

/** Kernels of more taps are not written out. */
const mostTaps = 32;
/** Output rows that are summed at once: they share what they read. */
const rowsAtOnce = 4;

/**
 * Convolution of single planes with single filters (depthwise, and sums of pooling windows), where a matrix product would
 * have one row: vectors of neighbouring outputs are summed over the taps. Undefined for other problems.
 */
export function directConvolution(geometry: Geometry, engine: Engine): HeapKernel | undefined {
  const { size, images, groups, channels, filters, taps, input, output, low, strides, key } = geometry;
  const { kernel, dilation, gaps } = geometry;
  if (channels !== 1 || filters !== 1 || taps > mostTaps) return undefined;
  const axis = (i: 0 | 1) => ({
    size: input[i],
    low: low[i],
    gap: gaps[i],
    need: (output[i] - 1) * strides[i] + (kernel[i] - 1) * dilation[i] + 1,
  });
  const plane = planePlan(axis(0), axis(1), strides[1], size);
  // A vector that is longer than the row would read beyond the last image.
  if (plane.direct && output[1] < 16 / size) return undefined;
  const [convolve] = engine.functions(`conv2d direct ${key}`, () => [define()]);
  const scratchBytes = plane.direct ? 64 : plane.scratchBytes;
  const grain = Math.max(1, Math.ceil(65536 / (taps * geometry.positions * size)));
  return ([x, weights, out]) =>
    engine.parallel(convolve!, [x!, weights!, out!], images * groups, grain, scratchBytes);

  /** Items are planes. */
  function define(): WasmFunction {
    return defineFunction({
      parameters: { x: 'i32', kernel: 'i32', out: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, kernel: filter, out, begin, end, scratch }, frame) {
        const [item, source, target, at, row] = Array.from({ length: 5 }, () => frame.local('i32')) as [Local, Local, Local, Local, Local]; // prettier-ignore
        const weights = Array.from({ length: taps }, () => frame.local('v128'));
        const splat = size === 4 ? v128.load32Splat : v128.load64Splat;
        const place = (base: Local, number: Code, bytes: number): Code =>
          i32.add(base.get, i32.mul(number, i32.const(bytes)));
        const block = Math.min(output[0], rowsAtOnce);
        return [
          plane.clear(scratch.get),
          frame.range(item, begin.get, end.get, 1, [
            source.set(place(filter, i32.remU(item.get, i32.const(groups)), taps * size)),
            weights.map((weight, tap) => weight.set(splat(source.get, tap * size))),
            source.set(place(x, item.get, input[0] * input[1] * size)),
            target.set(place(out, item.get, output[0] * output[1] * size)),
            plane.prepare(frame, at, source.get, scratch.get),
            // The last rows may be computed twice.
            frame.range(row, i32.const(0), i32.const(output[0]), block, [
              when(i32.gtS(row.get, i32.const(output[0] - block)), row.set(i32.const(output[0] - block))),
              sumRows(
                frame,
                place(target, row.get, output[1] * size),
                place(at, row.get, strides[0] * plane.rowBytes),
                weights,
                block,
              ),
            ]),
          ]),
        ];
      },
    });
  }

  /** `count` rows of outputs. */
  function sumRows(frame: Frame, to: Code, from: Code, weights: readonly Local[], count: number): Code {
    const lanes = 16 / size;
    const [column, source, target] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
    const sums = Array.from({ length: count }, () => frame.local('v128'));
    const value = frame.local('v128');
    const last = output[1] - lanes;
    const store = (sum: Local, bytes: number): Code =>
      last >= 0
        ? v128.store(target.get, sum.get, bytes)
        : Array.from({ length: output[1] }, (_, lane) =>
            size === 4
              ? v128.store32Lane(target.get, sum.get, lane, bytes + lane * size)
              : v128.store64Lane(target.get, sum.get, lane, bytes + lane * size),
          );
    return [
      frame.range(column, i32.const(0), i32.const(output[1]), lanes, [
        last >= 0 ? when(i32.gtS(column.get, i32.const(last)), column.set(i32.const(last))) : [],
        source.set(i32.add(from, i32.mul(column.get, i32.const(size)))),
        target.set(i32.add(to, i32.mul(column.get, i32.const(size)))),
        sumTaps(source, value, weights, sums),
        sums.map((sum, r) => store(sum, r * output[1] * size)),
      ]),
    ];
  }

  /** One vector for each of some rows of outputs; every element of the plane that they need is read once. */
  function sumTaps(source: Local, value: Local, weights: readonly Local[], sums: readonly Local[]): Code {
    const { add, mul, relaxedMadd } = size === 4 ? f32x4 : f64x2;
    const begun = new Set<Local>();
    const accumulate = (sum: Local, weight: Local): Code => {
      if (!begun.has(sum)) {
        begun.add(sum);
        return sum.set(mul(value.get, weight.get));
      }
      if (engine.relaxed) return sum.set(relaxedMadd(value.get, weight.get, sum.get));
      return sum.set(add(sum.get, mul(value.get, weight.get)));
    };
    const code: Code[] = [];
    const rowsRead = (sums.length - 1) * strides[0] + (kernel[0] - 1) * dilation[0] + 1;
    for (let line = 0; line < rowsRead; line++) {
      const readers = sums.flatMap((sum, r) => {
        const tap = (line - r * strides[0]) / dilation[0];
        return Number.isInteger(tap) && tap >= 0 && tap < kernel[0] ? [{ sum, tap }] : [];
      });
      if (readers.length === 0) continue;
      for (let k = 0; k < kernel[1]; k++) {
        const position = k * dilation[1];
        const place = (position % strides[1]) * plane.width + Math.floor(position / strides[1]);
        code.push(
          value.set(v128.load(plus(source.get, line * plane.rowBytes + place * size))),
          readers.map(({ sum, tap }) => accumulate(sum, weights[tap * kernel[1] + k]!)),
        );
      }
    }
    return code;
  }
}
