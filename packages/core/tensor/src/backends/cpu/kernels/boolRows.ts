import type { Engine } from '../engine.js';
import type { Code } from '../wasm/code.js';
import { i32, i8x16, v128, when } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';

/** Elements that a thread gets at least. */
const GRAIN = 1 << 17;

/** The maximum (`any`: whether one is true) or the minimum (whether all are) of each row of x[outer, length]. */
export function boolRows(
  any: boolean,
  outer: number,
  length: number,
  engine: Engine,
): (x: number, out: number) => void {
  const [f] = engine.functions(`bool rows ${any}`, () => [rows(any)]);
  const grain = Math.max(1, Math.ceil(GRAIN / length));
  return (x, out) => engine.parallel(f!, [x, out, length], outer, grain);
}

function rows(any: boolean): WasmFunction {
  const combine = any ? v128.or : v128.and;
  return defineFunction({
    parameters: { x: 'i32', out: 'i32', length: 'i32', begin: 'i32', end: 'i32' },
    body: ({ x, out, length, begin, end }, frame) => {
      const [item, row, i, stop] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')]; // prettier-ignore
      const [all, more] = [frame.local('v128'), frame.local('v128')];
      const take = (of: typeof all, value: Code): Code => of.set(combine(of.get, value));
      const at = i32.add(row.get, i.get);
      // What fills no vector is read with the bytes before it, where there are any: twice the same changes nothing.
      const vectors = [
        stop.set(i32.sub(length.get, i32.const(16))),
        frame.range(i, i32.const(0), i32.sub(stop.get, i32.const(15)), 32, [
          take(all, v128.load(at)),
          take(more, v128.load(at, 16)),
        ]),
        frame.range(i, i.get, stop.get, 16, take(all, v128.load(at))),
        i.set(stop.get),
        take(more, v128.load(at)),
        take(all, more.get),
      ];
      const bytes = frame.range(i, i32.const(0), length.get, 1, take(all, v128.load8Splat(at)));
      return frame.range(item, begin.get, end.get, 1, [
        row.set(i32.add(x.get, i32.mul(item.get, length.get))),
        all.set(v128.load8Splat(row.get)),
        more.set(all.get),
        when(i32.geS(length.get, i32.const(16)), vectors, bytes),
        i32.store8(i32.add(out.get, item.get), (any ? v128.anyTrue : i8x16.allTrue)(all.get)),
      ]);
    },
  });
}
