import type { Code } from '../../wasm/code.js';
import { block, br, brIf, f32, f32x4, f64, f64x2, i32, i32x4, i8x16, loop, memory, v128, when } from '../../wasm/code.js'; // prettier-ignore
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import type { ScatterSizes } from '../scatterAdd.js';
import { copyRun } from '../strided/runs.js';
import { rowOf } from './rows.js';

/** Columns that are summed at once. */
const tile = 8;

/**
 * Links the updates of each row in their order: heads [lists, length] hold the first one's number, next [lists, count]
 * the following one's, -1 ends. Items are lists. Its parameters are indices, heads, next, begin, end.
 */
export function linkRows({ length, count }: ScatterSizes): WasmFunction {
  return defineFunction({
    parameters: { indices: 'i32', heads: 'i32', next: 'i32', begin: 'i32', end: 'i32' },
    body({ indices, heads, next, begin, end }, frame) {
      const [item, i, head, at, table] = Array.from({ length: 5 }, () => frame.local('i32')) as [Local, Local, Local, Local, Local]; // prettier-ignore
      const place = (base: Code, number: Code): Code => i32.add(base, i32.shl(number, i32.const(2)));
      return frame.range(item, begin.get, end.get, 1, [
        table.set(i32.add(heads.get, i32.mul(item.get, i32.const(4 * length)))),
        memory.fill(table.get, i32.const(255), i32.const(4 * length)),
        i.set(i32.const(count - 1)),
        block(
          loop(
            brIf(1, i32.ltS(i.get, i32.const(0))),
            at.set(i32.add(i32.mul(item.get, i32.const(count)), i.get)),
            head.set(place(table.get, rowOf(i32.load(place(indices.get, at.get)), length))),
            i32.store(place(next.get, at.get), i32.load(head.get)),
            i32.store(head.get, i.get),
            i.set(i32.sub(i.get, i32.const(1))),
            br(0),
          ),
        ),
      ]);
    },
  });
}

/**
 * Adds to each row of x its linked updates. Items are rows of all batches.
 * Its parameters are x, updates, out, heads, next, begin, end.
 */
export function addRows({ dtype, length, count, width, oneList }: ScatterSizes): WasmFunction {
  const size = dtype === 'float64' ? 8 : 4;
  const rowBytes = width * size;
  return defineFunction({
    parameters: { x: 'i32', updates: 'i32', out: 'i32', heads: 'i32', next: 'i32', begin: 'i32', end: 'i32' }, // prettier-ignore
    body({ x, updates, out, heads, next, begin, end }, frame) {
      const [item, batch, first, links, added, i, column, from, to, update] = Array.from({ length: 10 }, () =>
        frame.local('i32'),
      ) as [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local];
      const place = (base: Code, number: Code, bytes: number): Code =>
        i32.add(base, i32.mul(number, i32.const(bytes)));
      const list = oneList ? i32.remU(item.get, i32.const(length)) : item.get;
      /** Sums columns from `column` on. */
      const sum = ({ load, add, store }: Sums): Code => [
        load(i32.add(from.get, i32.mul(column.get, i32.const(size)))),
        i.set(first.get),
        block(
          loop(
            brIf(1, i32.ltS(i.get, i32.const(0))),
            update.set(i32.add(place(added.get, i.get, rowBytes), i32.mul(column.get, i32.const(size)))),
            add(update.get),
            i.set(i32.load(place(links.get, i.get, 4))),
            br(0),
          ),
        ),
        store(i32.add(to.get, i32.mul(column.get, i32.const(size)))),
      ];
      const whole = width - (width % tile);
      return frame.range(item, begin.get, end.get, 1, [
        batch.set(i32.divU(item.get, i32.const(length))),
        first.set(i32.load(place(heads.get, list, 4))),
        links.set(oneList ? next.get : place(next.get, batch.get, 4 * count)),
        added.set(place(updates.get, batch.get, count * rowBytes)),
        from.set(place(x.get, item.get, rowBytes)),
        to.set(place(out.get, item.get, rowBytes)),
        when(
          i32.ltS(first.get, i32.const(0)),
          copyRun(frame, 'contiguous', 4, { to: to.get, from: from.get, count: i32.const(rowBytes), fromStep: i32.const(0), toStep: i32.const(0) }), // prettier-ignore
          [
            frame.range(column, i32.const(0), i32.const(whole), tile, sum(tileSums(frame, dtype))),
            frame.range(column, i32.const(whole), i32.const(width), 1, sum(singleSums(frame, dtype))),
          ],
        ),
      ]);
    },
  });
}

/** Sums in locals: begun from an address, added to from one, and stored. Addresses are computed once. */
interface Sums {
  readonly load: (address: Code) => Code;
  readonly add: (address: Code) => Code;
  readonly store: (address: Code) => Code;
}

function singleSums(frame: Frame, dtype: ScatterSizes['dtype']): Sums {
  const sum = frame.local(dtype === 'int32' ? 'i32' : 'f64');
  const value = (address: Code): Code =>
    ({ float32: f64.promoteF32(f32.load(address)), float64: f64.load(address), int32: i32.load(address) })[dtype]; // prettier-ignore
  const add = dtype === 'int32' ? i32.add : f64.add;
  return {
    load: (address) => sum.set(value(address)),
    add: (address) => sum.set(add(sum.get, value(address))),
    store: (address) =>
      ({
        float32: f32.store(address, f32.demoteF64(sum.get)),
        float64: f64.store(address, sum.get),
        int32: i32.store(address, sum.get),
      })[dtype],
  };
}

function tileSums(frame: Frame, dtype: ScatterSizes['dtype']): Sums {
  const sums = Array.from({ length: dtype === 'int32' ? tile / 4 : tile / 2 }, () => frame.local('v128'));
  const add = dtype === 'int32' ? i32x4.add : f64x2.add;
  const at = frame.local('i32');
  const values = sums.map((_, i) =>
    dtype === 'float32' ? f64x2.promoteLowF32x4(v128.load64Zero(at.get, 8 * i)) : v128.load(at.get, 16 * i),
  );
  const lows = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const rounded = (i: number): Code =>
    i8x16.shuffle(f32x4.demoteF64x2Zero(sums[i]!.get), f32x4.demoteF64x2Zero(sums[i + 1]!.get), lows);
  return {
    load: (address) => [at.set(address), sums.map((sum, i) => sum.set(values[i]!))],
    add: (address) => [at.set(address), sums.map((sum, i) => sum.set(add(sum.get, values[i]!)))],
    store: (address) => [
      at.set(address),
      dtype === 'float32'
        ? [v128.store(at.get, rounded(0)), v128.store(at.get, rounded(2), 16)]
        : sums.map((sum, i) => v128.store(at.get, sum.get, 16 * i)),
    ],
  };
}
