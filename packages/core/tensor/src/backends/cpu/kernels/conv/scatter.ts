import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import { f32, f64, i32 } from '../../wasm/code.js';
import type { WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { addTaps } from './addTaps.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';

/** Products that are worked on at a time, as the other forms' patches. */
const chunkBytes = 1 << 19;
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
 * Convolution with steps of one: for each image and group the products of all taps with all elements,
 * [filters taps, channels] times [channels, pixels], then each tap's plane is added where its elements reach (col2im).
 */
export function scatterConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, positions, pixels, taps, key } = geometry;
  const product = engine.gemm({
    dtype,
    transposeA: false,
    transposeB: false,
    m: filters * taps,
    n: pixels,
    k: channels,
    lda: channels,
    ldb: pixels,
    ldc: pixels,
    accumulate: false,
  });
  const collect = addTaps(geometry);
  const [exchange, add] = engine.functions(`conv2d scatter ${key}`, () => [
    exchangeTaps(geometry),
    collect.define(),
  ]);
  const weightBytes = filters * taps * channels * size;
  const groupBytes = filters * taps * pixels * size;
  const chunk = Math.min(images, Math.max(1, Math.floor(chunkBytes / (groups * groupBytes))));
  const grain = Math.max(1, Math.ceil(32768 / (taps * pixels * size)));
  // Vectors may reach beyond the last product.
  const bytes = chunk * groups * groupBytes + 16;
  return ([x, kernel, out]) => {
    const weights = engine.heap.take(groups * weightBytes);
    const products = engine.heap.take(bytes);
    try {
      exchange!.call(kernel!, weights);
      for (let first = 0; first < images; first += chunk) {
        const count = Math.min(chunk, images - first);
        for (let i = 0; i < count * groups; i++) {
          const from = x! + (first * groups + i) * channels * pixels * size;
          product(weights + (i % groups) * weightBytes, from, products + i * groupBytes);
        }
        const to = out! + first * groups * filters * positions * size;
        engine.parallel(add!, [products, to], count * groups * filters, grain, collect.scratchBytes);
      }
    } finally {
      engine.heap.give(products, bytes);
      engine.heap.give(weights, groups * weightBytes);
    }
  };
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
