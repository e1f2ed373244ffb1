import type { DType } from '../../../dtype.js';
import type { Engine } from '../engine.js';
import type { Code } from '../wasm/code.js';
import { f32, f64, f64x2, i32, memory, select, v128 } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import { combination, loadLowest, neutral, storeLowest } from './reductionRules.js';
import type { Reduction } from './reductionRules.js';

/** Columns that one item reduces: their accumulators stay in the first-level cache. */
const TILE = 256;
/** Rows that are cut off tall arrays: fixed, so that results do not depend on the number of threads. */
const PIECE = 8192;
/** Rows that a strip of columns goes down before the next strip, where rows are wide: as many streams of memory. */
const BLOCK = 16;
/** Elements that a thread gets at least. */
const GRAIN = 1 << 15;
/** Vectors of accumulators in a strip. */
const STRIP = 4;

export const bytesOf: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4, bool: 1 };

/** The dtype a reduction accumulates in: float32 sums and products in float64, whose rounding is lost in theirs. */
export function accumulatorOf(reduction: Reduction, dtype: DType): DType {
  return dtype === 'float32' && (reduction === 'sum' || reduction === 'prod') ? 'float64' : dtype;
}

/** Reduces the middle axis of x[outer, length, inner], none of them 0, into out[outer, inner] of dtype `to`. */
export function reduceColumns(
  reduction: Reduction,
  [outer, length, inner]: readonly [number, number, number],
  from: DType,
  to: DType,
  engine: Engine,
): (x: number, out: number) => void {
  const between = accumulatorOf(reduction, from);
  const pieces = Math.ceil(length / PIECE);
  if (pieces > 1) {
    const bytes = outer * pieces * inner * bytesOf[between];
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
  const items = outer * Math.ceil(length / PIECE) * Math.ceil(inner / TILE);
  const block = inner <= 16 ? PIECE : BLOCK;
  const grain = Math.max(1, Math.ceil(GRAIN / (Math.min(length, PIECE) * Math.min(inner, TILE))));
  const scratch = TILE * bytesOf[accumulatorOf(reduction, from)];
  return (x, out) => engine.parallel(f!, [x, out, length, inner, block], items, grain, scratch);
}

function columns(reduction: Reduction, from: DType, to: DType): WasmFunction {
  const kind = accumulatorOf(reduction, from);
  const [bytes, wide] = [bytesOf[from], bytesOf[kind]];
  const lanes = 16 / wide;
  const combine = combination(reduction, kind);
  const widens = kind !== from;
  const loadVector = (at: Code, i: number): Code =>
    widens ? f64x2.promoteLowF32x4(v128.load64Zero(at, 8 * i)) : v128.load(at, 16 * i);
  const loadOne = (at: Code): Code =>
    widens ? f64x2.promoteLowF32x4(v128.load32Zero(at)) : loadLowest(kind, at);
  return defineFunction({
    parameters: {
      x: 'i32', out: 'i32', length: 'i32', inner: 'i32', block: 'i32', begin: 'i32', end: 'i32', scratch: 'i32',
    }, // prettier-ignore
    body: ({ x, out, length, inner, block, begin, end, scratch }, frame) => {
      const index = (): Local => frame.local('i32');
      const [item, piece, start, first, rows, width, source] = [index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const [row, last, j, i, at, sums, target] = [index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const accumulators = Array.from({ length: STRIP }, () => frame.local('v128'));
      const tiles = frame.keep('i32', i32.divU(i32.add(inner.get, i32.const(TILE - 1)), i32.const(TILE)));
      const pieces = frame.keep('i32', i32.divU(i32.add(length.get, i32.const(PIECE - 1)), i32.const(PIECE)));
      const stride = frame.keep('i32', i32.mul(inner.get, i32.const(bytes)));
      const scaled = (value: Code, by: number): Code => i32.mul(value, i32.const(by));
      const least = (a: Code, b: Code): Code => select(i32.ltS(a, b), a, b);
      const place = [
        at.set(i32.add(source.get, i32.add(i32.mul(row.get, stride.get), scaled(j.get, bytes)))),
        sums.set(i32.add(scratch.get, scaled(j.get, wide))),
      ];
      const down = (body: Code): Code =>
        frame.range(i, row.get, last.get, 1, [body, at.set(i32.add(at.get, stride.get))]);
      const strip = [
        place,
        accumulators.map((sum, n) => sum.set(v128.load(sums.get, 16 * n))),
        down(accumulators.map((sum, n) => sum.set(combine(sum.get, loadVector(at.get, n))))),
        accumulators.map((sum, n) => v128.store(sums.get, sum.get, 16 * n)),
      ];
      const [sum] = accumulators as [Local];
      const single = [
        place,
        sum.set(loadLowest(kind, sums.get)),
        down(sum.set(combine(sum.get, loadOne(at.get)))),
        storeLowest(kind, sums.get, sum.get),
      ];
      const columnsOfStrip = STRIP * lanes;
      const whole = i32.and(width.get, i32.const(-columnsOfStrip));
      return [
        tiles.code,
        pieces.code,
        stride.code,
        frame.range(item, begin.get, end.get, 1, [
          piece.set(i32.divU(item.get, tiles.get)),
          start.set(scaled(i32.remU(item.get, tiles.get), TILE)),
          first.set(scaled(i32.remU(piece.get, pieces.get), PIECE)),
          rows.set(least(i32.const(PIECE), i32.sub(length.get, first.get))),
          width.set(least(i32.const(TILE), i32.sub(inner.get, start.get))),
          source.set(i32.add(i32.mul(i32.divU(piece.get, pieces.get), length.get), first.get)),
          source.set(i32.add(x.get, i32.add(i32.mul(source.get, stride.get), scaled(start.get, bytes)))),
          frame.range(j, i32.const(0), i32.const(TILE), lanes, v128.store(i32.add(scratch.get, scaled(j.get, wide)), neutral(reduction, kind))), // prettier-ignore
          frame.range(row, i32.const(0), rows.get, 0, [
            last.set(least(i32.add(row.get, block.get), rows.get)),
            frame.range(j, i32.const(0), whole, columnsOfStrip, strip),
            frame.range(j, whole, width.get, 1, single),
            row.set(last.get),
          ]),
          target.set(
            i32.add(out.get, scaled(i32.add(i32.mul(piece.get, inner.get), start.get), bytesOf[to])),
          ),
          kind === to
            ? memory.copy(target.get, scratch.get, scaled(width.get, wide))
            : frame.range(j, i32.const(0), width.get, 1, f32.store(i32.add(target.get, scaled(j.get, 4)), f32.demoteF64(f64.load(i32.add(scratch.get, scaled(j.get, 8)))))), // prettier-ignore
        ]),
      ];
    },
  });
}
