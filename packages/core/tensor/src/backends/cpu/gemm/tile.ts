import type { Code } from '../wasm/code.js';
import { block, br, brIf, i32, loop, v128, when } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Element } from './element.js';

/**
 * The tile of C that is held in registers: 4 rows of 2 vectors make 8 sums, as many as two units that add with a latency
 * of 4 need. V8 moves the loads of one step before its sums, so that 4 factors and 2 vectors of B are in registers as
 * well, of the 15 that x86-64 leaves to compiled code; with more rows, sums are kept in memory. (Measured with Node 20 and
 * 22 on a Zen 4: 45 GFLOP/s in float32, 53 with fused multiply-add; tiles of 5 or 6 rows have 24 to 30, 35 with it.)
 */
export const TILE_ROWS = 4;
const TILE_VECTORS = 2;
const UNROLLED = 8;

/** Columns of a tile, and of a packed panel of B. */
export function tileColumns(element: Element): number {
  return TILE_VECTORS * element.lanes;
}

/**
 * The micro-kernel: C [rows, columns of a tile] = (C +) A [rows, k] B [k, columns of a tile], added up in the order of k.
 * A and C are row-major with rows `aStep` and `cStep` bytes apart; rows of B are `bStep` bytes apart.
 */
export function tileFunction(element: Element, rows: number): WasmFunction {
  return defineFunction<'a' | 'aStep' | 'b' | 'bStep' | 'c' | 'cStep' | 'k' | 'accumulate'>({
    parameters: { a: 'i32', aStep: 'i32', b: 'i32', bStep: 'i32', c: 'i32', cStep: 'i32', k: 'i32', accumulate: 'i32' }, // prettier-ignore
    body: ({ a, aStep, b, bStep, c, cStep, k, accumulate }, frame) => {
      const factor = frame.local('v128');
      const right = Array.from({ length: TILE_VECTORS }, () => frame.local('v128'));
      const pointers = Array.from({ length: rows }, () => frame.local('i32'));
      const sums = pointers.map(() => right.map(() => frame.local('v128')));

      const atRows = (start: Code, step: Code): Code =>
        pointers.map((pointer, r) => pointer.set(r === 0 ? start : i32.add(pointers[r - 1]!.get, step)));
      const depth = (l: number): Code => [
        right.map((vector, v) => vector.set(v128.load(b.get, 16 * v))),
        b.set(i32.add(b.get, bStep.get)),
        pointers.map((pointer, r) => [
          factor.set(element.loadSplat(pointer.get, l * element.bytes)),
          sums[r]!.map((sum, v) => sum.set(element.multiplyAdd(factor.get, right[v]!.get, sum.get))),
        ]),
      ];
      // The way out after each step keeps the next one's loads from moving before this one's sums.
      const depths: Code = block(
        brIf(0, i32.eqz(k.get)),
        loop(
          Array.from({ length: UNROLLED }, (_, l) => [
            depth(l),
            k.set(i32.sub(k.get, i32.const(1))),
            brIf(1, i32.eqz(k.get)),
          ]),
          pointers.map((pointer) => pointer.set(i32.add(pointer.get, i32.const(UNROLLED * element.bytes)))),
          br(0),
        ),
      );
      const each = (code: (pointer: Code, sum: (typeof right)[number], offset: number) => Code): Code =>
        sums.map((row, r) => row.map((sum, v) => code(pointers[r]!.get, sum, 16 * v)));

      return [
        atRows(a.get, aStep.get),
        depths,
        atRows(c.get, cStep.get),
        when(
          accumulate.get,
          each((at, sum, offset) => sum.set(element.add(v128.load(at, offset), sum.get))),
        ),
        each((at, sum, offset) => v128.store(at, sum.get, offset)),
      ];
    },
  });
}
