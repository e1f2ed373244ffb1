import type { Code } from '../../wasm/code.js';
import { f32x4, f64x2, i32, i32x4, i64x2, i8x16, memory, v128, when } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';
import { copyRun, copyStrided, plus } from './copy.js';
import type { Geometry } from './geometry.js';

/** Rows of up to so many vectors are added without a loop. */
const unrolledVectors = 16;

/** Where the elements of one tap go along an axis: element j to j gap + shift, as far as that is inside. */
interface Target {
  readonly shift: number;
  readonly first: number;
  readonly end: number;
}

function targets({ input, output, kernel, low, dilation, gaps }: Geometry, i: 0 | 1): Target[] {
  return Array.from({ length: kernel[i] }, (_, tap) => {
    const shift = low[i] - tap * dilation[i];
    const first = Math.min(input[i], Math.max(0, Math.ceil(-shift / gaps[i])));
    const end = Math.min(input[i], Math.floor((output[i] - 1 - shift) / gaps[i]) + 1);
    return { shift, first, end: Math.max(first, end) };
  });
}

/**
 * Code that adds up taps: from one plane's products [taps, input] to a plane of the output. Sums are taken in a copy of
 * the plane whose columns of one residue modulo the gap lie side by side, with room for what falls beyond the borders.
 * What it reads may end 16 bytes behind the products. Its addresses are read several times.
 */
export function addTaps(geometry: Geometry): {
  readonly code: (frame: Frame, products: Code, out: Code, scratch: Code) => Code;
  readonly scratchBytes: number;
} {
  const { size, input, output, gaps, taps, pixels } = geometry;
  const [rows, columns] = [targets(geometry, 0), targets(geometry, 1)];
  const gap = gaps[1];
  const places = columns.map(({ shift }) => Math.floor(shift / gap));
  const left = Math.max(0, -Math.min(...places));
  const width = left + Math.max(Math.ceil(output[1] / gap), input[1] + Math.max(...places));
  const rowBytes = gap * width * size;
  const scratchBytes = output[0] * rowBytes + 64;

  const code = (frame: Frame, products: Code, out: Code, scratch: Code): Code => {
    const [row, from, to] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
    const addTap = (tap: number): Code => {
      const down = rows[Math.floor(tap / columns.length)]!;
      const column = tap % columns.length;
      const residue = columns[column]!.shift - places[column]! * gap;
      const at = residue * width + left + places[column]!;
      return [
        from.set(plus(products, (tap * pixels + down.first * input[1]) * size)),
        to.set(plus(scratch, (down.first * gaps[0] + down.shift) * rowBytes + at * size)),
        frame.range(row, i32.const(down.first), i32.const(down.end), 1, [
          addRow(frame, to.get, from.get, input[1], size),
          from.set(plus(from.get, input[1] * size)),
          to.set(plus(to.get, gaps[0] * rowBytes)),
        ]),
      ];
    };
    return [
      memory.fill(scratch, i32.const(0), i32.const(scratchBytes)),
      Array.from({ length: taps }, (_, tap) => addTap(tap)),
      from.set(plus(scratch, left * size)),
      to.set(out),
      frame.range(row, i32.const(0), i32.const(output[0]), 1, [
        interleave(frame, to.get, from.get, { count: output[1], gap, width, size }),
        from.set(plus(from.get, rowBytes)),
        to.set(plus(to.get, output[1] * size)),
      ]),
    ];
  };
  return { code, scratchBytes };
}

/** to += from. The last vector reads beyond the row; what it finds there is made 0. */
function addRow(frame: Frame, to: Code, from: Code, count: number, size: number): Code {
  const lanes = 16 / size;
  const { add } = size === 4 ? f32x4 : f64x2;
  const whole = Math.floor(count / lanes);
  const step = (target: Code, source: Code, at: number): Code =>
    v128.store(target, add(v128.load(target, at), v128.load(source, at)), at);
  const rest = whole * 16;
  const last = v128.and(v128.load(from, rest), firstLanes(count % lanes, size));
  const tail = count % lanes === 0 ? [] : v128.store(to, add(v128.load(to, rest), last), rest);
  if (whole <= unrolledVectors)
    return [Array.from({ length: whole }, (_, i) => step(to, from, 16 * i)), tail];
  const [k, target, source] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  return [
    target.set(to),
    source.set(from),
    frame.range(k, i32.const(0), i32.const(whole), 1, [
      step(target.get, source.get, 0),
      target.set(plus(target.get, 16)),
      source.set(plus(source.get, 16)),
    ]),
    tail,
  ];
}

/** A mask of the first lanes. */
function firstLanes(count: number, size: number): Code {
  const lane = (i: number): number => (i < count ? -1 : 0);
  if (size === 4) return i32x4.const(lane(0), lane(1), lane(2), lane(3));
  return i64x2.const(BigInt(lane(0)), BigInt(lane(1)));
}

/** A row of the output from its residue classes, which lie `width` elements apart. */
function interleave(
  frame: Frame,
  to: Code,
  from: Code,
  { count, gap, width, size }: { count: number; gap: number; width: number; size: number },
): Code {
  if (gap === 1) return copyRun(frame, to, from, count * size);
  const lanes = 16 / size;
  const paired = gap === 2 && count >= 2 * lanes ? count - (count % 2) : 0;
  const rest = Array.from({ length: Math.min(gap, count) }, (_, residue) => {
    const first = Math.ceil((paired - residue) / gap);
    return copyStrided(
      frame,
      plus(to, (first * gap + residue) * size),
      plus(from, (residue * width + first) * size),
      { count: Math.ceil((count - residue) / gap) - first, fromStep: 1, toStep: gap, size },
    );
  });
  if (paired === 0) return rest;
  const [k, target, source] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const [even, odd] = [frame.local('v128'), frame.local('v128')];
  const bytes = (order: number[]): number[] =>
    order.flatMap((lane) => Array.from({ length: size }, (_, byte) => lane * size + byte));
  const [low, high] = size === 4 ? [bytes([0, 4, 1, 5]), bytes([2, 6, 3, 7])] : [bytes([0, 2]), bytes([1, 3])]; // prettier-ignore
  const lastPair = paired / 2 - lanes;
  return [
    // The last vectors may overlap those before.
    frame.range(k, i32.const(0), i32.const(paired / 2), lanes, [
      when(i32.gtS(k.get, i32.const(lastPair)), k.set(i32.const(lastPair))),
      source.set(i32.add(from, i32.mul(k.get, i32.const(size)))),
      target.set(i32.add(to, i32.mul(k.get, i32.const(2 * size)))),
      even.set(v128.load(source.get)),
      odd.set(v128.load(source.get, width * size)),
      v128.store(target.get, i8x16.shuffle(even.get, odd.get, low)),
      v128.store(target.get, i8x16.shuffle(even.get, odd.get, high), 16),
    ]),
    count % 2 === 0 ? [] : rest,
  ];
}
