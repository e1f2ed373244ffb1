import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import type { Engine } from '../engine.js';
import type { Reduction } from '../../../program/rowForm.js';
import { partialDType } from '../fused/accumulators.js';
import type { Code } from '../wasm/code.js';
import { brIf, f32x4, f64x2, i32, i32x4, loop, memory, select, v128, when } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import { combination, loadLowest, neutral, storeLowest, withoutNaN } from './reductionRules.js';

/** Rows that are cut off tall arrays: fixed, so that results do not depend on the number of threads. */
const PIECE = 8192;
/** Elements that a thread gets at least. */
const GRAIN = 1 << 15;
/** Vectors of accumulators that go down the rows together, the most first. */
const STRIPS = [4, 2, 1];
/** Bytes of a thread's scratch memory before the accumulators. */
const LEAD = 32;

/** Reduces the middle axis of x[outer, length, inner], none of them 0, into out[outer, inner] of dtype `to`. */
export function reduceColumns(
  reduction: Reduction,
  [outer, length, inner]: readonly [number, number, number],
  from: DType,
  to: DType,
  engine: Engine,
): (x: number, out: number) => void {
  const between = partialDType(reduction, from);
  const pieces = Math.ceil(length / PIECE);
  if (pieces > 1) {
    const bytes = outer * pieces * inner * bytesPerElement(between);
    const first = stage(reduction, [outer, length, inner], from, between, engine);
    const second = reduceColumns(reduction, [outer, pieces, inner], between, to, engine);
    return (x, out) => {
      const partial = engine.heap.take(bytes);
      try {
        first(x, partial);
        second(partial, out);
      } finally {
        engine.heap.give(partial, bytes);
      }
    };
  }
  return stage(reduction, [outer, length, inner], from, to, engine);
}

/** Reduces each piece of at most PIECE rows: out[outer, pieces, inner]. */
function stage(
  reduction: Reduction,
  [outer, length, inner]: readonly [number, number, number],
  from: DType,
  to: DType,
  engine: Engine,
): (x: number, out: number) => void {
  const [f] = engine.functions(`columns ${reduction} ${from} ${to}`, () => [columns(reduction, from, to)]);
  // Columns that one item reduces: their accumulators stay in the first-level cache, and rows are read in long runs.
  const tile = inner >= 4096 ? 1024 : 256;
  const width = Math.min(inner, tile);
  // Rows that a strip goes down before the next one: they stay in that cache too.
  const block = Math.max(16, Math.floor(4096 / width));
  const items = outer * Math.ceil(length / PIECE) * Math.ceil(inner / tile);
  const grain = Math.max(1, Math.ceil(GRAIN / (Math.min(length, PIECE) * width)));
  const scratch = LEAD + tile * bytesPerElement(partialDType(reduction, from));
  return (x, out) => engine.parallel(f!, [x, out, length, inner, tile, block], items, grain, scratch);
}

function columns(reduction: Reduction, from: DType, to: DType): WasmFunction {
  const kind = partialDType(reduction, from);
  const [bytes, wide] = [bytesPerElement(from), bytesPerElement(kind)];
  const lanes = 16 / wide;
  const combine = combination(reduction, kind);
  const fast = withoutNaN(reduction, kind);
  const load = (at: Code, i: number): Code =>
    kind === from ? v128.load(at, 16 * i) : f64x2.promoteLowF32x4(v128.load64Zero(at, 8 * i));
  return defineFunction({
    parameters: {
      x: 'i32', out: 'i32', length: 'i32', inner: 'i32', tile: 'i32', block: 'i32', begin: 'i32', end: 'i32', scratch: 'i32',
    }, // prettier-ignore
    body: ({ x, out, length, inner, tile, block, begin, end, scratch }, frame) => {
      const index = (): Local => frame.local('i32');
      const [item, piece, start, first, rows, width, source] = [index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const [row, last, j, at, stop, sums, target] = [index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const accumulators = Array.from({ length: STRIPS[0]! }, () => frame.local('v128'));
      const [value, strange] = [frame.local('v128'), frame.local('v128')];
      const ceilDiv = (a: Code, b: Code): Code => i32.divU(i32.sub(i32.add(a, b), i32.const(1)), b);
      const tiles = frame.keep('i32', ceilDiv(inner.get, tile.get));
      const pieces = frame.keep('i32', ceilDiv(length.get, i32.const(PIECE)));
      const stride = frame.keep('i32', i32.mul(inner.get, i32.const(bytes)));
      const base = frame.keep('i32', i32.add(scratch.get, i32.const(LEAD)));
      const scaled = (count: Code, by: number): Code => i32.mul(count, i32.const(by));
      const slot = (column: Code): Code => i32.add(base.get, scaled(column, wide));
      const least = (a: Code, b: Code): Code => select(i32.ltS(a, b), a, b);

      /** Takes rows row … last - 1 of the columns from `column` on into the accumulators at `to`. */
      const pass = (column: Code, to: Code, body: (down: (step: Code) => Code) => Code): Code => {
        const top = i32.add(source.get, i32.add(i32.mul(row.get, stride.get), scaled(column, bytes)));
        const rowsHere = i32.mul(i32.sub(last.get, row.get), stride.get);
        const down = (step: Code): Code => [
          at.set(top),
          stop.set(i32.add(at.get, rowsHere)),
          loop(step, brIf(0, i32.ne(at.tee(i32.add(at.get, stride.get)), stop.get))),
        ];
        return [sums.set(to), body(down)];
      };
      const vectorsDown = (column: Code, to: Code, count: number): Code => {
        const used = accumulators.slice(0, count);
        const begun = used.map((sum, n) => sum.set(v128.load(sums.get, 16 * n)));
        const exact = used.map((sum, n) => [
          value.set(load(at.get, n)),
          sum.set(combine(sum.get, value.get)),
        ]);
        return pass(column, to, (down) => [
          begun,
          fast === undefined
            ? down(exact)
            : [
                strange.set(i32x4.const(0)),
                down(used.map((sum, n) => [value.set(load(at.get, n)), strange.set(v128.or(strange.get, fast.isNaN(value.get))), sum.set(fast.combine(sum.get, value.get))])), // prettier-ignore
                when(v128.anyTrue(strange.get), [begun, down(exact)]),
              ],
          used.map((sum, n) => v128.store(sums.get, sum.get, 16 * n)),
        ]);
      };
      const strips = STRIPS.map((count) => {
        const columnsOfStrip = count * lanes;
        const stop = i32.sub(width.get, i32.const(columnsOfStrip - 1));
        return frame.range(j, j.get, stop, columnsOfStrip, vectorsDown(j.get, slot(j.get), count));
      });
      // Columns that fill no vector: the last whole vector's worth of them, in accumulators of its own.
      const hasRest = i32.and(width.get, i32.const(lanes - 1));
      const restColumn = i32.sub(width.get, i32.const(lanes));
      const rest = vectorsDown(restColumn, scratch.get, 1);
      const narrow = i32.ltS(inner.get, i32.const(lanes));
      const [sum] = accumulators as [Local];
      const single = pass(j.get, slot(j.get), (down) => [
        sum.set(loadLowest(kind, sums.get)),
        down([value.set(loadLowest(kind, at.get)), sum.set(combine(sum.get, value.get))]),
        storeLowest(kind, sums.get, sum.get),
      ]);
      const demote = (column: Code): Code => f32x4.demoteF64x2Zero(v128.load(slot(column)));
      const narrowed = [
        frame.range(j, i32.const(0), i32.and(width.get, i32.const(-2)), 2, v128.store64Lane(i32.add(target.get, scaled(j.get, 4)), demote(j.get), 0)), // prettier-ignore
        when(hasRest, v128.store32Lane(i32.add(target.get, scaled(j.get, 4)), demote(j.get), 0)),
      ];
      return [
        tiles.code,
        pieces.code,
        stride.code,
        base.code,
        frame.range(item, begin.get, end.get, 1, [
          piece.set(i32.divU(item.get, tiles.get)),
          start.set(i32.mul(i32.remU(item.get, tiles.get), tile.get)),
          first.set(scaled(i32.remU(piece.get, pieces.get), PIECE)),
          rows.set(least(i32.const(PIECE), i32.sub(length.get, first.get))),
          width.set(least(tile.get, i32.sub(inner.get, start.get))),
          source.set(i32.add(i32.mul(i32.divU(piece.get, pieces.get), length.get), first.get)),
          source.set(i32.add(x.get, i32.add(i32.mul(source.get, stride.get), scaled(start.get, bytes)))),
          v128.store(scratch.get, neutral(reduction, kind)),
          frame.range(j, i32.const(0), width.get, lanes, v128.store(slot(j.get), neutral(reduction, kind))),
          frame.range(row, i32.const(0), rows.get, 0, [
            last.set(least(i32.add(row.get, block.get), rows.get)),
            j.set(i32.const(0)),
            when(narrow, frame.range(j, i32.const(0), width.get, 1, single), [strips, when(hasRest, rest)]),
            row.set(last.get),
          ]),
          when(select(narrow, i32.const(0), hasRest), v128.store(slot(restColumn), v128.load(scratch.get))),
          target.set(i32.add(out.get, scaled(i32.add(i32.mul(piece.get, inner.get), start.get), bytesPerElement(to)))), // prettier-ignore
          kind === to ? memory.copy(target.get, slot(i32.const(0)), scaled(width.get, wide)) : narrowed,
        ]),
      ];
    },
  });
}
