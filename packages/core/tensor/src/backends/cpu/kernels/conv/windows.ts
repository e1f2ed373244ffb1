import type { Engine } from '../../engine.js';
import { smaller } from '../../gemm/pack.js';
import type { HeapKernel } from '../../kernel.js';
import type { Code } from '../../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, v128 } from '../../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { grainOf, innerProduct, small } from '../product/product.js';
import { evenParts } from './blocks.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';
import type { PatchAxis } from './patches.js';
import { writePatches } from './patches.js';

/** As the gathering form's patches. */
const windowBytes = 1 << 18;
/** Rows of a product with many filters. */
const rowsAtOnce = 64;
/** Pieces of work that any number of threads up to it can share. */
const pieces = 32;

/**
 * Convolution with few output positions and a large kernel, as the gradient of a kernel is: for each channel the windows
 * [images positions, taps] times the kernel's taps [filters, taps] transposed, summed over channels. Runs of windows are
 * then as long as the kernel is wide, where the gathering form's would be as short as the output. A piece of work is some
 * images with some of the channels; where there are few images, the sums over the channels' parts are added in order.
 */
export function windowConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, positions, pixels, taps, kernel, key } = geometry;
  const { length: together, count: blocks } = evenParts(images, imagesAtOnce(geometry));
  const { length: summed, count: parts } = evenParts(channels, (channels * groups * blocks) / pieces);
  const { length: tapRows } = evenParts(kernel[0], tapsAtOnce(geometry, together) / kernel[1]);
  const columns = tapRows * kernel[1];
  const product = innerProduct(
    {
      dtype,
      transposeA: false,
      transposeB: true,
      m: together * positions,
      n: filters,
      k: columns,
      lda: columns,
      ldb: channels * taps,
      ldc: filters,
    },
    engine,
  );
  const matrixBytes = together * positions * columns * size;
  const imageBytes = positions * filters * size;
  const partBytes = groups * images * imageBytes;
  const grain = grainOf(together * positions * filters * summed * taps);
  const addGrain = Math.max(1, Math.ceil(16384 / (positions * filters * parts)));
  const [multiply, add] = engine
    .functions(`conv2d windows ${key}`, () => [...product.functions, multiplyWindows(), addParts()])
    .slice(-2);
  return ([x, weights, out]) => {
    const sums = engine.heap.take(parts * partBytes);
    try {
      const items = parts * groups * blocks;
      engine.parallel(multiply!, [x!, weights!, sums], items, grain, matrixBytes + product.scratchBytes);
      engine.parallel(add!, [sums, out!], groups * images, addGrain);
    } finally {
      engine.heap.give(sums, parts * partBytes);
    }
  };

  /** Items are blocks of images, of all groups of all parts of the channels. Sums are [parts, groups, images, positions, filters]. */
  function multiplyWindows(): WasmFunction {
    return defineFunction({
      parameters: { x: 'i32', kernel: 'i32', sums: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, kernel: weights, sums, begin, end, scratch }, frame) {
        const local = (): Local => frame.local('i32');
        const [item, group, block, image, lastImage, channel, firstChannel, lastChannel] = [local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const [tap, lastTap, source, target, left, right, result, more, rows, depth, rest] = [local(), local(), local(), local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const times = (a: Code, count: number): Code => i32.mul(a, i32.const(count));
        const windows: Code = [
          target.set(scratch.get),
          source.set(i32.add(left.get, times(channel.get, pixels * size))),
          frame.range(image, i32.const(0), rows.get, 1, [
            writePatches(frame, [axis(geometry, 0), axis(geometry, 1)], size, {
              plane: source.get,
              to: target.get,
              from: tap.get,
              end: lastTap.get,
              rowBytes: columns * size,
            }),
            source.set(plus(source.get, groups * channels * pixels * size)),
            target.set(plus(target.get, positions * columns * size)),
          ]),
        ];
        const oneProduct: Code = [
          lastTap.set(smaller(plus(tap.get, tapRows), i32.const(kernel[0]))),
          windows,
          right.set(i32.add(i32.mul(group.get, i32.const(filters * channels * taps * size)), weights.get)),
          right.set(i32.add(right.get, times(channel.get, taps * size))),
          right.set(i32.add(right.get, times(tap.get, kernel[1] * size))),
          depth.set(times(i32.sub(lastTap.get, tap.get), kernel[1])),
          more.set(i32.or(i32.ne(channel.get, firstChannel.get), i32.ne(tap.get, i32.const(0)))),
          lastImage.set(times(rows.get, positions)),
          product.multiply(frame, {
            a: scratch.get,
            b: right.get,
            c: result.get,
            scratch: rest.get,
            accumulate: more.get,
            m: lastImage.get,
            k: depth.get,
          }),
        ];
        return [
          rest.set(plus(scratch.get, matrixBytes)),
          frame.range(item, begin.get, end.get, 1, [
            block.set(i32.remU(item.get, i32.const(blocks))),
            group.set(i32.divU(item.get, i32.const(blocks))),
            firstChannel.set(times(i32.divU(group.get, i32.const(groups)), summed)),
            lastChannel.set(smaller(plus(firstChannel.get, summed), i32.const(channels))),
            result.set(i32.add(sums.get, times(group.get, images * imageBytes))),
            group.set(i32.remU(group.get, i32.const(groups))),
            block.set(times(block.get, together)),
            rows.set(smaller(i32.const(together), i32.sub(i32.const(images), block.get))),
            result.set(i32.add(result.get, times(block.get, imageBytes))),
            left.set(i32.add(times(block.get, groups), group.get)),
            left.set(i32.add(x.get, times(left.get, channels * pixels * size))),
            frame.range(channel, firstChannel.get, lastChannel.get, 1, [
              frame.range(tap, i32.const(0), i32.const(kernel[0]), tapRows, oneProduct),
            ]),
          ]),
        ];
      },
    });
  }

  /** Items are images of all groups: the parts' sums in order, to their place in [images, groups filters, positions]. */
  function addParts(): WasmFunction {
    return defineFunction({
      parameters: { sums: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
      body({ sums, out, begin, end }, frame) {
        const local = (): Local => frame.local('i32');
        const [item, sum, part, other, from, to, filter, position] = [local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const place = i32.add(
          i32.mul(i32.remU(item.get, i32.const(images)), i32.const(groups)),
          i32.divU(item.get, i32.const(images)),
        );
        const { load, store } = size === 4 ? f32 : f64;
        return frame.range(item, begin.get, end.get, 1, [
          sum.set(i32.add(sums.get, i32.mul(item.get, i32.const(imageBytes)))),
          other.set(plus(sum.get, partBytes)),
          frame.range(part, i32.const(1), i32.const(parts), 1, [
            addRun(frame, sum.get, other.get, positions * filters, size),
            other.set(plus(other.get, partBytes)),
          ]),
          to.set(i32.add(out.get, i32.mul(place, i32.const(imageBytes)))),
          frame.range(filter, i32.const(0), i32.const(filters), 1, [
            from.set(i32.add(sum.get, i32.mul(filter.get, i32.const(size)))),
            frame.range(position, i32.const(0), i32.const(positions), 1, [
              store(to.get, load(from.get)),
              from.set(plus(from.get, filters * size)),
              to.set(plus(to.get, size)),
            ]),
          ]),
        ]);
      },
    });
  }
}

/** to += from, for a run of elements. */
function addRun(frame: Frame, to: Code, from: Code, count: number, size: number): Code {
  const [k, target, source] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const whole = count - (count % (16 / size));
  const advance = (bytes: number): Code => [
    target.set(plus(target.get, bytes)),
    source.set(plus(source.get, bytes)),
  ];
  const vector = size === 4 ? f32x4 : f64x2;
  const element = size === 4 ? f32 : f64;
  return [
    target.set(to),
    source.set(from),
    frame.range(k, i32.const(0), i32.const(whole), 16 / size, [
      v128.store(target.get, vector.add(v128.load(target.get), v128.load(source.get))),
      advance(16),
    ]),
    frame.range(k, i32.const(whole), i32.const(count), 1, [
      element.store(target.get, element.add(element.load(target.get), element.load(source.get))),
      advance(size),
    ]),
  ];
}

/** How many images have their windows in one product: as many as have small results, or enough rows. */
function imagesAtOnce({ positions, filters }: Geometry): number {
  const few = small.transposedResults / (positions * filters);
  return few >= 1 ? few : rowsAtOnce / positions;
}

function tapsAtOnce({ size, positions, filters }: Geometry, images: number): number {
  const rows = images * positions;
  return Math.min(small.products / (rows * filters), windowBytes / (rows * size));
}

const axis = ({ input, low, gaps, kernel, dilation, output, strides }: Geometry, i: 0 | 1): PatchAxis => ({
  size: input[i],
  low: low[i],
  gap: gaps[i],
  slow: { count: output[i], step: strides[i] },
  fast: { count: kernel[i], step: dilation[i] },
});
