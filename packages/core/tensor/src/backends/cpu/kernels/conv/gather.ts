import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import type { Code } from '../../wasm/code.js';
import { i32 } from '../../wasm/code.js';
import type { Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { smaller } from '../../gemm/pack.js';
import { grainOf, innerProduct, small } from '../product/product.js';
import { evenParts } from './blocks.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';
import type { PatchAxis } from './patches.js';
import { writePatches } from './patches.js';

/** With fewer columns a product does not get into its stride. */
const fewestPositions = 64;
/** The same for rows. */
const fewestFilters = 16;
/** Sizes of the blocks of large problems: about as many rows and terms as columns. */
const filtersAtOnce = 128;
const depthAtOnce = 96;

/**
 * Convolution as the product of the kernel [filters, channels taps] and patches [channels taps, positions], for some rows
 * of an image's output at a time, and some channels and filters of large kernels. A window of one pixel needs no patches.
 */
export function gatherConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, output, positions, pixels, taps, key } = geometry;
  const depth = channels * taps;
  const pointwise = isPointwise(geometry);
  const { rows, ...together } = cut(geometry);
  const columns = rows * output[1];
  const blocks = Math.ceil(output[0] / rows);
  const product = innerProduct(
    {
      dtype,
      transposeA: false,
      transposeB: false,
      m: together.filters,
      n: columns,
      k: together.channels * taps,
      lda: depth,
      ldb: pointwise ? pixels : columns,
      ldc: positions,
    },
    engine,
  );
  const matrixBytes = pointwise ? 0 : together.channels * taps * columns * size;
  const grain = grainOf(filters * depth * columns);
  const convolve = engine.functions(`conv2d gather ${key}`, () => [...product.functions, define()]).at(-1)!;
  return ([x, kernel, out]) =>
    engine.parallel(
      convolve,
      [x!, kernel!, out!],
      images * groups * blocks,
      grain,
      matrixBytes + product.scratchBytes,
    );

  /** Items are blocks of rows, of all groups of all images. */
  function define(): WasmFunction {
    return defineFunction({
      parameters: { x: 'i32', kernel: 'i32', out: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, kernel, out, begin, end, scratch }, frame) {
        const local = (): Local => frame.local('i32');
        const [item, number, from, to, filter, channel, lastChannel, plane] = [local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const [source, target, weights, left, first, result, rest, m, n, k, more] = [local(), local(), local(), local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const place = (base: Local, index: Code, bytes: number): Code =>
          i32.add(base.get, i32.mul(index, i32.const(bytes)));
        const rowBytes = output[1] * size;
        const gather: Code = [
          target.set(scratch.get),
          frame.range(plane, channel.get, lastChannel.get, 1, [
            writePatches(frame, [axis(geometry, 0), axis(geometry, 1)], size, {
              plane: source.get,
              to: target.get,
              from: from.get,
              end: to.get,
              rowBytes: columns * size,
            }),
            source.set(plus(source.get, pixels * size)),
            target.set(plus(target.get, taps * columns * size)),
          ]),
          target.set(scratch.get),
        ];
        const pixelsThemselves = target.set(
          i32.add(place(source, channel.get, pixels * size), i32.mul(from.get, i32.const(rowBytes))),
        );
        return [
          rest.set(plus(scratch.get, matrixBytes)),
          frame.range(item, begin.get, end.get, 1, [
            number.set(i32.divU(item.get, i32.const(blocks))),
            from.set(i32.mul(i32.remU(item.get, i32.const(blocks)), i32.const(rows))),
            to.set(smaller(plus(from.get, rows), i32.const(output[0]))),
            n.set(i32.mul(i32.sub(to.get, from.get), i32.const(output[1]))),
            source.set(place(x, number.get, channels * pixels * size)),
            weights.set(place(kernel, i32.remU(number.get, i32.const(groups)), filters * depth * size)),
            first.set(place(out, number.get, filters * positions * size)),
            first.set(place(first, from.get, rowBytes)),
            frame.range(channel, i32.const(0), i32.const(channels), together.channels, [
              lastChannel.set(smaller(plus(channel.get, together.channels), i32.const(channels))),
              k.set(i32.mul(i32.sub(lastChannel.get, channel.get), i32.const(taps))),
              more.set(i32.ne(channel.get, i32.const(0))),
              pointwise ? pixelsThemselves : gather,
              left.set(weights.get),
              result.set(first.get),
              frame.range(filter, i32.const(0), i32.const(filters), together.filters, [
                m.set(smaller(i32.const(together.filters), i32.sub(i32.const(filters), filter.get))),
                product.multiply(frame, {
                  a: left.get,
                  b: target.get,
                  c: result.get,
                  scratch: rest.get,
                  accumulate: more.get,
                  m: m.get,
                  n: n.get,
                  k: k.get,
                }),
                left.set(plus(left.get, together.filters * depth * size)),
                result.set(plus(result.get, together.filters * positions * size)),
              ]),
              weights.set(plus(weights.get, together.channels * taps * size)),
            ]),
          ]),
        ];
      },
    });
  }
}

/**
 * How many rows of output, channels and filters a product has, as alike as can be. A kernel that goes with enough positions
 * stays whole; a larger one is cut such that products are small all the same.
 */
function cut({ channels, taps, filters, output }: Geometry): Record<'rows' | 'channels' | 'filters', number> {
  const whole = filters * channels * taps;
  const rowsFor = (weights: number): number =>
    evenParts(output[0], small.products / (weights * output[1])).length;
  if (whole * fewestPositions <= small.products) return { rows: rowsFor(whole), channels, filters };
  const together = evenParts(channels, depthAtOnce / taps).length;
  const depth = together * taps;
  const rows = rowsFor(Math.min(filters, filtersAtOnce) * depth);
  const most = small.products / (depth * rows * output[1]);
  return { rows, channels: together, filters: evenParts(filters, Math.max(most, fewestFilters)).length };
}

function isPointwise({ taps, strides, gaps, low, input, output }: Geometry): boolean {
  return taps === 1 && [0, 1].every((i) => strides[i] === 1 && gaps[i] === 1 && low[i] === 0 && input[i] === output[i]); // prettier-ignore
}

const axis = ({ input, low, gaps, kernel, dilation, output, strides }: Geometry, i: 0 | 1): PatchAxis => ({
  size: input[i],
  low: low[i],
  gap: gaps[i],
  slow: { count: kernel[i], step: dilation[i] },
  fast: { count: output[i], step: strides[i] },
});
