import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import type { Engine } from '../engine.js';
import type { Code } from '../wasm/code.js';
import { block, br, brIf, f32x4, f64x2, i32, i32x4, i64x2, i8x16, loop, select, v128, when } from '../wasm/code.js'; // prettier-ignore
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Extreme } from './argExtreme.js';
import { combination, loadLowest, withoutNaN } from './reductionRules.js';

/** Elements after which the best is looked at: one such chunk is read again, to find where it stands. */
const CHUNK = 1024;
/** Elements that a thread gets at least. */
const GRAIN = 1 << 15;
/** Vectors that are compared side by side. */
const STRIP = 4;

/** The position of the first extreme in each row of x[outer, length]. */
export function extremeOfRows(
  extreme: Extreme,
  outer: number,
  length: number,
  dtype: DType,
  engine: Engine,
): (x: number, out: number) => void {
  const isShort = length < 16 / bytesPerElement(dtype);
  const [f] = engine.functions(`positions in rows ${extreme} ${dtype} ${isShort}`, () => [
    isShort ? shortRows(extreme, dtype) : rows(extreme, dtype),
  ]);
  return (x, out) => engine.parallel(f!, [x, out, length], outer, Math.ceil(GRAIN / length));
}

/** Comparisons by dtype. */
function comparisons(extreme: Extreme, dtype: DType) {
  const isMax = extreme === 'reduceMax';
  const none = (): Code => i32x4.const(0);
  if (dtype === 'bool')
    return { better: isMax ? i8x16.gtU : i8x16.ltU, equal: i8x16.eq, isNaN: none, bits: i8x16.bitmask };
  if (dtype === 'int32')
    return { better: isMax ? i32x4.gtS : i32x4.ltS, equal: i32x4.eq, isNaN: none, bits: i32x4.bitmask };
  const floats = dtype === 'float32' ? f32x4 : f64x2;
  return {
    better: isMax ? floats.gt : floats.lt,
    equal: floats.eq,
    isNaN: (value: Code): Code => floats.ne(value, value),
    bits: dtype === 'float32' ? i32x4.bitmask : i64x2.bitmask,
  };
}

/** Rows of at least one vector. */
function rows(extreme: Extreme, dtype: DType): WasmFunction {
  const bytes = bytesPerElement(dtype);
  const lanes = 16 / bytes;
  const { better, equal, isNaN, bits } = comparisons(extreme, dtype);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  const combine = withoutNaN(extreme, dtype)?.combine ?? combination(extreme, dtype);
  const rotated = (v: Code, by: number): Code =>
    i8x16.shuffle(
      v,
      v,
      Array.from({ length: 16 }, (_, i) => (i + by) % 16),
    );
  return defineFunction({
    parameters: { x: 'i32', out: 'i32', length: 'i32', begin: 'i32', end: 'i32' },
    body: ({ x, out, length, begin, end }, frame) => {
      const index = (): Local => frame.local('i32');
      const vector = (): Local => frame.local('v128');
      const [item, row, i, stop, chunk, found, mask] = [index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const [best, value, strange] = [vector(), vector(), vector()];
      const strip = Array.from({ length: STRIP }, vector);
      const [first] = strip as [Local];
      const last = i32.sub(length.get, i32.const(lanes));
      const at = i32.add(row.get, i32.mul(i.get, i32.const(bytes)));
      const take = (into: Local, n: number): Code => [
        value.set(v128.load(at, 16 * n)),
        isFloat ? strange.set(v128.or(strange.get, isNaN(value.get))) : [],
        into.set(combine(into.get, value.get)),
      ];
      const down = (count: number): Code =>
        frame.range(i, i.get, i32.sub(stop.get, i32.const(count * lanes - 1)), count * lanes, strip.slice(0, count).map(take)); // prettier-ignore
      // A NaN ends the row: what is looked for then, all bits set, equals nothing but stands for the first NaN.
      // Elements that fill no vector are read with those before them: none of these is better than the best.
      const chunks = loop(
        i.set(chunk.get),
        stop.set(i32.add(chunk.get, i32.const(CHUNK))),
        stop.set(select(i32.ltS(stop.get, length.get), stop.get, length.get)),
        down(STRIP),
        down(1),
        when(i32.ltS(i.get, stop.get), [i.set(last), take(first, 0)]),
        isFloat
          ? when(v128.anyTrue(strange.get), [best.set(i32x4.const(-1)), found.set(chunk.get), br(2)])
          : [],
        strip.slice(1).map((other) => first.set(combine(first.get, other.get))),
        when(v128.anyTrue(better(first.get, best.get)), [
          [8, 4, 2, 1]
            .filter((by) => by >= bytes)
            .map((by) => first.set(combine(first.get, rotated(first.get, by)))),
          best.set(first.get),
          found.set(chunk.get),
        ]),
        brIf(0, i32.ltS(chunk.tee(stop.get), length.get)),
      );
      const search = loop(
        value.set(v128.load(at)),
        mask.set(bits(v128.or(equal(value.get, best.get), isNaN(value.get)))),
        brIf(1, mask.get),
        i.set(i32.add(i.get, i32.const(lanes))),
        i.set(select(i32.ltS(i.get, last), i.get, last)),
        br(0),
      );
      return frame.range(item, begin.get, end.get, 1, [
        row.set(i32.add(x.get, i32.mul(i32.mul(item.get, length.get), i32.const(bytes)))),
        best.set(splat(dtype, row.get)),
        strip.map((one) => one.set(best.get)),
        strange.set(i32x4.const(0)),
        found.set(i32.const(0)),
        chunk.set(i32.const(0)),
        block(chunks),
        i.set(found.get),
        i.set(select(i32.ltS(i.get, last), i.get, last)),
        block(search),
        i32.store(i32.add(out.get, i32.mul(item.get, i32.const(4))), i32.add(i.get, i32.ctz(mask.get))),
      ]);
    },
  });
}

function splat(dtype: DType, at: Code): Code {
  if (dtype === 'bool') return v128.load8Splat(at);
  return dtype === 'float64' ? v128.load64Splat(at) : v128.load32Splat(at);
}

/** Rows that fill no vector, element by element. */
function shortRows(extreme: Extreme, dtype: DType): WasmFunction {
  const { better, isNaN } = comparisons(extreme, dtype);
  const bytes = bytesPerElement(dtype);
  return defineFunction({
    parameters: { x: 'i32', out: 'i32', length: 'i32', begin: 'i32', end: 'i32' },
    body: ({ x, out, length, begin, end }, frame) => {
      const [item, i, at, found] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')]; // prettier-ignore
      const [best, value] = [frame.local('v128'), frame.local('v128')];
      const wins = v128.andnot(v128.or(better(value.get, best.get), isNaN(value.get)), isNaN(best.get));
      return [
        at.set(i32.add(x.get, i32.mul(i32.mul(begin.get, length.get), i32.const(bytes)))),
        frame.range(item, begin.get, end.get, 1, [
          best.set(loadLowest(dtype, at.get)),
          found.set(i32.const(0)),
          frame.range(i, i32.const(1), length.get, 1, [
            at.set(i32.add(at.get, i32.const(bytes))),
            value.set(loadLowest(dtype, at.get)),
            when(v128.anyTrue(wins), [best.set(value.get), found.set(i.get)]),
          ]),
          at.set(i32.add(at.get, i32.const(bytes))),
          i32.store(i32.add(out.get, i32.mul(item.get, i32.const(4))), found.get),
        ]),
      ];
    },
  });
}
