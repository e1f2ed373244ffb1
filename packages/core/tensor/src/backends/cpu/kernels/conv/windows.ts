import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import { f32, f64, i32 } from '../../wasm/code.js';
import type { WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';
import type { PatchAxis } from './patches.js';
import { patches } from './patches.js';

/** As in the gathering form: patches that stay in cache. */
const chunkBytes = 1 << 19;

/**
 * Convolution with few output positions and a large kernel, as the gradient of a kernel is: for each channel the windows
 * [images positions, taps] times the kernel's taps [filters, taps] transposed, summed over channels. Runs of windows are
 * then as long as the kernel is wide, where the gathering form's would be as short as the output.
 */
export function windowConvolution(geometry: Geometry, engine: Engine): HeapKernel {
  const { dtype, size, images, groups, channels, filters, positions, pixels, taps, key } = geometry;
  const rows = images * positions;
  const shared = {
    dtype,
    transposeA: false,
    transposeB: true,
    m: rows,
    n: filters,
    k: taps,
    lda: taps,
    ldb: channels * taps,
    ldc: filters,
  };
  const start = engine.gemm({ ...shared, accumulate: false });
  const add = engine.gemm({ ...shared, accumulate: true });
  const imageBytes = positions * taps * size;
  const channelBytes = images * imageBytes;
  const copy = patches(
    [axis(geometry, 0), axis(geometry, 1)],
    {
      inner: images,
      from: [pixels * size, groups * channels * pixels * size],
      to: [channelBytes, imageBytes],
    },
    size,
  );
  const [gather, scatter] = engine.functions(`conv2d windows ${key}`, () => [
    copy.define(),
    placeResult(geometry),
  ]);
  const chunk = Math.min(channels, Math.max(1, Math.floor(chunkBytes / channelBytes)));
  const grain = Math.max(1, Math.ceil(32768 / imageBytes));
  const bytes = chunk * channelBytes;
  const sumBytes = rows * filters * size;
  return ([x, kernel, out]) => {
    const windows = engine.heap.take(bytes);
    const sum = engine.heap.take(sumBytes);
    try {
      for (let group = 0; group < groups; group++) {
        const weights = kernel! + group * filters * channels * taps * size;
        for (let first = 0; first < channels; first += chunk) {
          const count = Math.min(chunk, channels - first);
          const from = x! + (group * channels + first) * pixels * size;
          engine.parallel(gather!, [from, windows], count * images, grain, copy.scratchBytes);
          for (let c = 0; c < count; c++) {
            const product = first + c === 0 ? start : add;
            product(windows + c * channelBytes, weights + (first + c) * taps * size, sum);
          }
        }
        scatter!.call(sum, out! + group * filters * positions * size);
      }
    } finally {
      engine.heap.give(sum, sumBytes);
      engine.heap.give(windows, bytes);
    }
  };
}

const axis = ({ input, low, gaps, kernel, dilation, output, strides }: Geometry, i: 0 | 1): PatchAxis => ({
  size: input[i],
  low: low[i],
  gap: gaps[i],
  slow: { count: output[i], step: strides[i] },
  fast: { count: kernel[i], step: dilation[i] },
});

/** [images, positions, filters] to one group's place in [images, groups filters, positions]. */
function placeResult({ size, images, groups, filters, positions }: Geometry): WasmFunction {
  return defineFunction({
    parameters: { sum: 'i32', out: 'i32' },
    body({ sum, out }, frame) {
      const image = frame.local('i32');
      const filter = frame.local('i32');
      const position = frame.local('i32');
      const from = frame.local('i32');
      const to = frame.local('i32');
      const { load, store } = size === 4 ? f32 : f64;
      return frame.range(image, i32.const(0), i32.const(images), 1, [
        frame.range(filter, i32.const(0), i32.const(filters), 1, [
          from.set(i32.add(sum.get, i32.mul(filter.get, i32.const(size)))),
          to.set(i32.add(out.get, i32.mul(filter.get, i32.const(positions * size)))),
          frame.range(position, i32.const(0), i32.const(positions), 1, [
            store(to.get, load(from.get)),
            from.set(plus(from.get, filters * size)),
            to.set(plus(to.get, size)),
          ]),
        ]),
        sum.set(plus(sum.get, filters * positions * size)),
        out.set(plus(out.get, groups * filters * positions * size)),
      ]);
    },
  });
}
