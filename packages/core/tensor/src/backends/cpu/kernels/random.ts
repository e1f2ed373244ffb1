import { parity, rotationSchedule } from '../../../primitives/kernels/threefry.js';
import type { Shape } from '../../../shape.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { HeapKernel, KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { i32, i32x4, i8x16, v128, when } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';

/** Counters of one thread's share at least; a multiple of the four that a vector holds. */
const GRAIN = 1 << 14;

export const randomBits: KernelFactory<'randomBits'> = ({ inputs: [key], params: { size } }, engine) =>
  streams(engine, key!.shape, size, true);

export const splitKey: KernelFactory<'splitKey'> = ({ inputs: [key], params: { count } }, engine) =>
  streams(engine, key!.shape, count, false);

/** For each key the words of counters 0 … count - 1: two each, or their xor if `join`. */
function streams(engine: Engine, keys: Shape, count: number, join: boolean): HeapKernel {
  const [fill] = engine.functions(`threefry ${join}`, () => [threefry(join)]);
  const many = sizeOf(keys.slice(0, -1));
  const bytes = count * (join ? 4 : 8);
  return ([key, out]) => {
    for (let i = 0; i < many; i++) engine.parallel(fill!, [key! + 8 * i, out! + i * bytes], count, GRAIN);
  };
}

/** Threefry-2x32 with 20 rounds, as in the reference kernel, of four counters at once. */
function threefry(join: boolean): WasmFunction {
  return defineFunction({
    parameters: { key: 'i32', out: 'i32', begin: 'i32', end: 'i32' },
    body: ({ key, out, begin, end }, frame) => {
      const [i, to, left] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
      const [x0, x1] = [frame.local('v128'), frame.local('v128')];
      const first = frame.keep('v128', v128.load32Splat(key.get));
      const second = frame.keep('v128', v128.load32Splat(key.get, 4));
      const third = frame.keep('v128', v128.xor(v128.xor(first.get, second.get), i32x4.const(parity)));
      const keys = [first.get, second.get, third.get];
      const groups = rotationSchedule.map((rotations, group): Code => [
        rotations.map((rotation) => [
          x0.set(i32x4.add(x0.get, x1.get)),
          x1.set(v128.xor(rotate(x1.get, rotation), x0.get)),
        ]),
        x0.set(i32x4.add(x0.get, keys[(group + 1) % 3]!)),
        x1.set(i32x4.add(i32x4.add(x1.get, keys[(group + 2) % 3]!), i32x4.const(group + 1))),
      ]);
      // The words of one counter follow each other: x0[0], x1[0], x0[1], …
      const low = i8x16.shuffle(x0.get, x1.get, [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]);
      const high = i8x16.shuffle(x0.get, x1.get, [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]); // prettier-ignore
      const more = (than: number, then: Code): Code => when(i32.gtS(left.get, i32.const(than)), then);
      const whole = join
        ? v128.store(to.get, v128.xor(x0.get, x1.get))
        : [v128.store(to.get, low), v128.store(to.get, high, 16)];
      const joined = [x0.set(v128.xor(x0.get, x1.get)), [0, 1, 2].map((at) => more(at, v128.store32Lane(to.get, x0.get, at, 4 * at)))]; // prettier-ignore
      const pairs = [
        v128.store64Lane(to.get, low, 0),
        more(1, v128.store64Lane(to.get, low, 1, 8)),
        more(2, v128.store64Lane(to.get, high, 0, 16)),
      ];
      return [
        first.code,
        second.code,
        third.code,
        frame.range(i, begin.get, end.get, 4, [
          x0.set(first.get),
          x1.set(i32x4.add(i32x4.add(i32x4.splat(i.get), i32x4.const(0, 1, 2, 3)), second.get)),
          groups,
          to.set(i32.add(out.get, i32.shl(i.get, i32.const(join ? 2 : 3)))),
          left.set(i32.sub(end.get, i.get)),
          when(i32.geS(left.get, i32.const(4)), whole, join ? joined : pairs),
        ]),
      ];
    },
  });
}

function rotate(x: Code, by: number): Code {
  return v128.or(i32x4.shl(x, i32.const(by)), i32x4.shrU(x, i32.const(32 - by)));
}
