import type { Engine } from '../../engine.js';
import type { HeapKernel } from '../../kernel.js';
import type { Code } from '../../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, i64x2, i8x16, v128 } from '../../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { plus } from './copy.js';
import type { Geometry } from './geometry.js';
import { planePlan } from './plane.js';

/** Each output position has a vector of its own while a plane is read. */
const mostPositions = 32;

/**
 * Convolution of several channels with one large filter each group, as the gradient of a depthwise kernel is: a plane of
 * the kernel is read once and multiplied with the windows of all output positions. Planes' sums are added in doubles.
 * Undefined for other problems.
 */
export function correlation(geometry: Geometry, engine: Engine): HeapKernel | undefined {
  const { size, images, groups, channels, filters, taps, positions, input, output, low, strides, key } =
    geometry;
  const { kernel, dilation, gaps } = geometry;
  const lanes = 16 / size;
  if (filters !== 1 || positions > mostPositions || kernel[1] < lanes) return undefined;
  const axis = (i: 0 | 1) => ({
    size: input[i],
    low: low[i],
    gap: gaps[i],
    need: (output[i] - 1) * strides[i] + (kernel[i] - 1) * dilation[i] + 1,
  });
  const plane = planePlan(axis(0), axis(1), dilation[1], size);
  const { add, mul, relaxedMadd } = size === 4 ? f32x4 : f64x2;
  /** Where the window of an output position begins, in bytes. */
  const starts = Array.from({ length: positions }, (_, position) => {
    const column = (position % output[1]) * strides[1];
    const place = (column % dilation[1]) * plane.width + Math.floor(column / dilation[1]);
    return Math.floor(position / output[1]) * strides[0] * plane.rowBytes + place * size;
  });
  const [correlate] = engine.functions(`conv2d correlate ${key}`, () => [define()]);
  const scratchBytes = plane.direct ? 64 : plane.scratchBytes;
  const grain = Math.max(1, Math.ceil(65536 / (channels * taps * positions * size)));
  return ([x, weights, out]) =>
    engine.parallel(correlate!, [x!, weights!, out!], images * groups, grain, scratchBytes);

  /** Items are planes of the output. */
  function define(): WasmFunction {
    return defineFunction({
      parameters: { x: 'i32', kernel: 'i32', out: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, kernel: filter, out, begin, end, scratch }, frame) {
        const [item, channel, source, weights, at, target] = Array.from({ length: 6 }, () =>
          frame.local('i32'),
        ) as [Local, Local, Local, Local, Local, Local];
        const totals = starts.map(() => frame.local('v128'));
        const sums = size === 4 ? starts.map(() => frame.local('v128')) : totals;
        const place = (base: Local, number: Code, bytes: number): Code =>
          i32.add(base.get, i32.mul(number, i32.const(bytes)));
        const clear = (locals: readonly Local[]): Code => locals.map((sum) => sum.set(f64x2.const(0)));
        return [
          plane.clear(scratch.get),
          frame.range(item, begin.get, end.get, 1, [
            weights.set(place(filter, i32.remU(item.get, i32.const(groups)), channels * taps * size)),
            source.set(place(x, item.get, channels * input[0] * input[1] * size)),
            clear(totals),
            frame.range(channel, i32.const(0), i32.const(channels), 1, [
              plane.prepare(frame, at, source.get, scratch.get),
              size === 4 ? clear(sums) : [],
              sumWindows(frame, at, weights, sums),
              size === 4 ? totals.map((total, i) => total.set(f64x2.add(total.get, widened(sums[i]!)))) : [],
              source.set(plus(source.get, input[0] * input[1] * size)),
            ]),
            target.set(place(out, item.get, positions * size)),
            totals.map((total, i) => storeSum(target, total, i)),
          ]),
        ];
      },
    });
  }

  /** Adds one plane's products; leaves `weights` at the next plane. */
  function sumWindows(frame: Frame, at: Local, weights: Local, sums: readonly Local[]): Code {
    const [row, column, from] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
    const [weight, product] = [frame.local('v128'), frame.local('v128')];
    const whole = Math.floor(kernel[1] / lanes) * lanes;
    const address = (base: Local): Code => i32.add(base.get, i32.mul(column.get, i32.const(size)));
    const load = (start: number): Code => v128.load(from.get, start);
    const accumulate = (sum: Local, start: number): Code =>
      sum.set(
        engine.relaxed
          ? relaxedMadd(load(start), weight.get, sum.get)
          : add(sum.get, mul(load(start), weight.get)),
      );
    // The row's last vector begins earlier; what was added already is left out, and 0 stands for it.
    const fresh = lastLanes(kernel[1] - whole, size);
    const accumulateRest = (sum: Local, start: number): Code => [
      product.set(mul(load(start), weight.get)),
      sum.set(add(sum.get, v128.and(product.get, fresh))),
    ];
    const read = (then: (sum: Local, start: number) => Code): Code => [
      weight.set(v128.load(address(weights))),
      from.set(address(at)),
      sums.map((sum, i) => then(sum, starts[i]!)),
    ];
    return frame.range(row, i32.const(0), i32.const(kernel[0]), 1, [
      frame.range(column, i32.const(0), i32.const(whole), lanes, read(accumulate)),
      whole < kernel[1] ? [column.set(i32.const(kernel[1] - lanes)), read(accumulateRest)] : [],
      weights.set(plus(weights.get, kernel[1] * size)),
      at.set(plus(at.get, dilation[0] * plane.rowBytes)),
    ]);
  }

  function storeSum(target: Local, total: Local, position: number): Code {
    const sum = f64.add(f64x2.extract(0, total.get), f64x2.extract(1, total.get));
    return size === 4
      ? f32.store(target.get, f32.demoteF64(sum), position * size)
      : f64.store(target.get, sum, position * size);
  }
}

/** The sums of a float32 vector's halves in doubles. */
function widened(sum: Local): Code {
  const high = i8x16.shuffle(sum.get, sum.get, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
  return f64x2.add(f64x2.promoteLowF32x4(sum.get), f64x2.promoteLowF32x4(high));
}

/** A mask of the last lanes. */
function lastLanes(count: number, size: number): Code {
  const lane = (fromEnd: number): number => (fromEnd <= count ? -1 : 0);
  if (size === 4) return i32x4.const(lane(4), lane(3), lane(2), lane(1));
  return i64x2.const(BigInt(lane(2)), BigInt(lane(1)));
}
