import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import type { Code } from '../../wasm/code.js';
import { f32, f64, i32 } from '../../wasm/code.js';
import type { Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { smaller } from '../../gemm/pack.js';
import { grainOf, innerProduct, small } from '../product/product.js';
import { addTaps } from './addTaps.js';
import { evenParts } from './blocks.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';

/** As the gathering form's patches: products that stay in a core's cache until they are added up. */
const productBytesAtOnce = 1 << 18;
/** Kernels of more taps are not written out. */
const mostTaps = 64;

/**
 * Whether scattering is less work than gathering. It multiplies each element of the input with every tap once, so it is
 * where zeros lie between the elements (the input's gradient under a stride), and where there are fewer filters than
 * channels, since what is copied is the output's size and not the input's.
 */
export function scatterPays({ strides, gaps, taps, filters, channels, pixels }: Geometry): boolean {
  if (strides[0] !== 1 || strides[1] !== 1 || taps > mostTaps || pixels === 0) return false;
  return gaps[0] * gaps[1] > 1 || (taps > 1 && 2 * filters <= channels);
}

/**
 * Convolution with steps of one: for each image and group, and some filters at a time, the products of all taps with all
 * elements, [filters taps, channels] times [channels, pixels]; then each tap's plane is added where its elements reach
 * (col2im).
 */
export function scatterConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, positions, pixels, taps, key } = geometry;
  const { length: planes, count: blocks } = evenParts(filters, mostPlanes(geometry));
  const product = innerProduct(
    {
      dtype,
      transposeA: false,
      transposeB: false,
      m: planes * taps,
      n: pixels,
      k: channels,
      lda: channels,
      ldb: pixels,
      ldc: pixels,
    },
    engine,
  );
  const sum = addTaps(geometry);
  const planeBytes = taps * pixels * size;
  // Vectors may reach beyond the last product.
  const productBytes = planes * planeBytes + 64;
  const weightBytes = groups * filters * taps * channels * size;
  const grain = grainOf(planes * taps * pixels * channels);
  const [exchange, convolve] = engine
    .functions(`conv2d scatter ${key}`, () => [...product.functions, exchangeTaps(geometry), define()])
    .slice(-2);
  return ([x, kernel, out]) => {
    const weights = engine.heap.take(weightBytes);
    try {
      exchange!.call(kernel!, weights);
      engine.parallel(
        convolve!,
        [x!, weights, out!],
        images * groups * blocks,
        grain,
        productBytes + sum.scratchBytes + product.scratchBytes,
      );
    } finally {
      engine.heap.give(weights, weightBytes);
    }
  };

  /** Items are blocks of filters, of all groups of all images. */
  function define(): WasmFunction {
    return defineFunction({
      parameters: { x: 'i32', weights: 'i32', out: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, weights, out, begin, end, scratch }, frame) {
        const local = (): Local => frame.local('i32');
        const [item, number, first, count, plane] = [local(), local(), local(), local(), local()];
        const [left, right, rows, target, sums, rest] = [local(), local(), local(), local(), local(), local()]; // prettier-ignore
        const place = (base: Local, index: Code, bytes: number): Code =>
          i32.add(base.get, i32.mul(index, i32.const(bytes)));
        const groupFilter = i32.add(
          i32.mul(i32.remU(number.get, i32.const(groups)), i32.const(filters)),
          first.get,
        );
        return [
          sums.set(plus(scratch.get, productBytes)),
          rest.set(plus(sums.get, sum.scratchBytes)),
          frame.range(item, begin.get, end.get, 1, [
            number.set(i32.divU(item.get, i32.const(blocks))),
            first.set(i32.mul(i32.remU(item.get, i32.const(blocks)), i32.const(planes))),
            count.set(smaller(i32.const(planes), i32.sub(i32.const(filters), first.get))),
            left.set(place(weights, groupFilter, taps * channels * size)),
            right.set(place(x, number.get, channels * pixels * size)),
            rows.set(i32.mul(count.get, i32.const(taps))),
            product.multiply(frame, {
              a: left.get,
              b: right.get,
              c: scratch.get,
              scratch: rest.get,
              accumulate: i32.const(0),
              m: rows.get,
            }),
            target.set(place(out, number.get, filters * positions * size)),
            target.set(place(target, first.get, positions * size)),
            left.set(scratch.get),
            frame.range(plane, i32.const(0), count.get, 1, [
              sum.code(frame, left.get, target.get, sums.get),
              left.set(plus(left.get, planeBytes)),
              target.set(plus(target.get, positions * size)),
            ]),
          ]),
        ];
      },
    });
  }
}

/** How many filters' products are made at a time. */
function mostPlanes({ size, taps, channels, pixels }: Geometry): number {
  const planes = small.products / (taps * channels * pixels);
  return planes >= 1 ? planes : productBytesAtOnce / (taps * pixels * size);
}

/** [filters, channels, taps] to [filters, taps, channels], for the filters of all groups. */
function exchangeTaps({ size, groups, filters, channels, taps }: Geometry): WasmFunction {
  return defineFunction({
    parameters: { kernel: 'i32', weights: 'i32' },
    body({ kernel, weights }, frame) {
      const filter = frame.local('i32');
      const tap = frame.local('i32');
      const channel = frame.local('i32');
      const from = frame.local('i32');
      const { load, store } = size === 4 ? f32 : f64;
      return frame.range(filter, i32.const(0), i32.const(groups * filters), 1, [
        frame.range(tap, i32.const(0), i32.const(taps), 1, [
          from.set(i32.add(kernel.get, i32.mul(tap.get, i32.const(size)))),
          frame.range(channel, i32.const(0), i32.const(channels), 1, [
            store(weights.get, load(from.get)),
            from.set(plus(from.get, taps * size)),
            weights.set(plus(weights.get, size)),
          ]),
        ]),
        kernel.set(plus(kernel.get, channels * taps * size)),
      ]);
    },
  });
}
