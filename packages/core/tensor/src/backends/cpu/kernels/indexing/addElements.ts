import type { Code } from '../../wasm/code.js';
import { block, br, brIf, f32, f32x4, f64, f64x2, i32, i8x16, loop, memory, v128 } from '../../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import type { ScatterSizes } from '../scatterAdd.js';
import { rowOf } from './rows.js';

const plus = (address: Local, bytes: number): Code => address.set(i32.add(address.get, i32.const(bytes)));

/**
 * Scatters rows of one element. Items are batches; float32 is summed in the scratch memory, in doubles.
 * Its parameters are x, indices, updates, out, begin, end, scratch.
 */
export function addElements({ dtype, length, count, oneList }: ScatterSizes): WasmFunction {
  const size = dtype === 'float64' ? 8 : 4;
  return defineFunction({
    parameters: { x: 'i32', indices: 'i32', updates: 'i32', out: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' }, // prettier-ignore
    body({ x, indices, updates, out, begin, end, scratch }, frame) {
      const [item, from, to, list, stop, update, at] = Array.from({ length: 7 }, () =>
        frame.local('i32'),
      ) as [Local, Local, Local, Local, Local, Local, Local];
      const batchOf = (base: Local, bytes: number): Code =>
        i32.add(base.get, i32.mul(item.get, i32.const(bytes)));
      const wide = dtype === 'float32';
      const sums = wide ? scratch : to;
      const bytes = wide ? 8 : size;
      const added = {
        float32: () => f64.store(at.get, f64.add(f64.load(at.get), f64.promoteF32(f32.load(update.get)))),
        float64: () => f64.store(at.get, f64.add(f64.load(at.get), f64.load(update.get))),
        int32: () => i32.store(at.get, i32.add(i32.load(at.get), i32.load(update.get))),
      }[dtype]();
      return frame.range(item, begin.get, end.get, 1, [
        from.set(batchOf(x, length * size)),
        to.set(batchOf(out, length * size)),
        wide
          ? promote(frame, scratch.get, from.get, length)
          : memory.copy(to.get, from.get, i32.const(length * size)),
        list.set(oneList ? indices.get : batchOf(indices, count * 4)),
        stop.set(i32.add(list.get, i32.const(count * 4))),
        update.set(batchOf(updates, count * size)),
        block(
          loop(
            brIf(1, i32.eq(list.get, stop.get)),
            at.set(i32.add(sums.get, i32.mul(rowOf(i32.load(list.get), length), i32.const(bytes)))),
            added,
            plus(list, 4),
            plus(update, size),
            br(0),
          ),
        ),
        wide ? demote(frame, to.get, scratch.get, length) : [],
      ]);
    },
  });
}

/** Floats to doubles. */
function promote(frame: Frame, to: Code, from: Code, count: number): Code {
  const [k, source, target, four] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('v128')]; // prettier-ignore
  const high = i8x16.shuffle(four.get, four.get, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]); // prettier-ignore
  const whole = count - (count % 4);
  return [
    source.set(from),
    target.set(to),
    frame.range(k, i32.const(0), i32.const(whole), 4, [
      four.set(v128.load(source.get)),
      v128.store(target.get, f64x2.promoteLowF32x4(four.get)),
      v128.store(target.get, f64x2.promoteLowF32x4(high), 16),
      plus(source, 16),
      plus(target, 32),
    ]),
    Array.from({ length: count % 4 }, (_, i) =>
      f64.store(target.get, f64.promoteF32(f32.load(source.get, 4 * i)), 8 * i),
    ),
  ];
}

/** Doubles to floats. */
function demote(frame: Frame, to: Code, from: Code, count: number): Code {
  const [k, source, target] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const two = (at: number): Code => f32x4.demoteF64x2Zero(v128.load(source.get, at));
  const lows = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  return [
    source.set(from),
    target.set(to),
    frame.range(k, i32.const(0), i32.const(count - (count % 4)), 4, [
      v128.store(target.get, i8x16.shuffle(two(0), two(16), lows)),
      plus(source, 32),
      plus(target, 16),
    ]),
    Array.from({ length: count % 4 }, (_, i) =>
      f32.store(target.get, f32.demoteF64(f64.load(source.get, 8 * i)), 4 * i),
    ),
  ];
}
