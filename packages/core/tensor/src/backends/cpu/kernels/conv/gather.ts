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

/** Patches that stay in a core's cache until the product has read them. */
const patchBytes = 1 << 18;
/** With fewer columns a product does not get into its stride. */
const fewestPositions = 64;

/**
 * Convolution as the product of the kernel [filters, channels taps] and patches [channels taps, positions], for some rows
 * of an image's output at a time. A window of one pixel needs no patches.
 */
export function gatherConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, output, positions, pixels, taps, key } = geometry;
  const depth = channels * taps;
  const pointwise = isPointwise(geometry);
  const { rows, blocks } = cutRows(geometry);
  const columns = rows * output[1];
  const product = innerProduct(
    {
      dtype,
      transposeA: false,
      transposeB: false,
      m: filters,
      n: columns,
      k: depth,
      lda: depth,
      ldb: pointwise ? pixels : columns,
      ldc: positions,
    },
    engine,
  );
  const matrixBytes = pointwise ? 0 : depth * columns * size;
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
        const [item, number, from, to, channel, source, target, weights, result, rest] = [local(), local(), local(), local(), local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const place = (base: Local, index: Code, bytes: number): Code =>
          i32.add(base.get, i32.mul(index, i32.const(bytes)));
        const rowBytes = output[1] * size;
        const gather: Code = [
          target.set(scratch.get),
          frame.range(channel, i32.const(0), i32.const(channels), 1, [
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
        ];
        return [
          rest.set(plus(scratch.get, matrixBytes)),
          frame.range(item, begin.get, end.get, 1, [
            number.set(i32.divU(item.get, i32.const(blocks))),
            from.set(i32.mul(i32.remU(item.get, i32.const(blocks)), i32.const(rows))),
            to.set(smaller(plus(from.get, rows), i32.const(output[0]))),
            source.set(place(x, number.get, channels * pixels * size)),
            weights.set(place(kernel, i32.remU(number.get, i32.const(groups)), filters * depth * size)),
            result.set(place(out, number.get, filters * positions * size)),
            result.set(place(result, from.get, rowBytes)),
            pointwise ? target.set(place(source, from.get, rowBytes)) : [gather, target.set(scratch.get)],
            number.set(i32.mul(i32.sub(to.get, from.get), i32.const(output[1]))),
            product.multiply(frame, {
              a: weights.get,
              b: target.get,
              c: result.get,
              scratch: rest.get,
              accumulate: i32.const(0),
              n: number.get,
            }),
          ]),
        ];
      },
    });
  }
}

/** The rows of output that are made at a time, as alike as can be. */
function cutRows({ size, channels, taps, filters, output }: Geometry): { rows: number; blocks: number } {
  const depth = channels * taps;
  const positions = small.products / (filters * depth);
  const most = positions >= fewestPositions ? positions : patchBytes / (depth * size);
  const { length, count } = evenParts(output[0], most / output[1]);
  return { rows: length, blocks: count };
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
