import type { DType } from '../../../../dtype.js';
import type { Engine } from '../../engine.js';
import { locals, smaller } from '../../gemm/pack.js';
import type { Code } from '../../wasm/code.js';
import { block, br, brIf, f32, f64, f64x2, i32, loop, select, v128, when } from '../../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';

/** What surrounds LAPACK's routines, on float64 matrices [n, n] at heap addresses. */
export interface Squares {
  /**
   * (from + fromᵀ)/2 on the diagonal and above it; below it `to` stays as it is. `from` has the dtype that these were
   * made for. Answers 0 if one of the results is not finite.
   */
  readonly symmetrize: (from: number, to: number, n: number) => number;
  /** An upper triangle to the lower one that is its transpose, with zeros above. */
  readonly lowerFromUpper: (at: number, n: number) => void;
  readonly transpose: (at: number, n: number) => void;
  /** The signs of rows, as `fixColumnSigns` of the reference makes those of columns. */
  readonly fixRowSigns: (at: number, n: number) => void;
}

export function squares({ functions }: Pick<Engine, 'functions'>, dtype: DType): Squares {
  const [fromFloat64, fromFloat32, lowerFromUpper, transpose, fixRowSigns] = functions('squares', () => [
    symmetrizeFunction(8, f64.load),
    symmetrizeFunction(4, (address) => f64.promoteF32(f32.load(address))),
    pairsFunction((upper, lower) => [f64.store(lower, f64.load(upper)), f64.store(upper, f64.const(0))]),
    pairsFunction((upper, lower, kept) => [
      kept.set(f64.load(upper)),
      f64.store(upper, f64.load(lower)),
      f64.store(lower, kept.get),
    ]),
    fixRowSignsFunction(),
  ]).map(({ call }) => call) as [Call, Call, Call, Call, Call];
  const symmetrize = dtype === 'float32' ? fromFloat32 : fromFloat64;
  return { symmetrize, lowerFromUpper, transpose, fixRowSigns };
}

type Call = (...args: number[]) => number;

/** Both a row of this many elements and as many rows' parts of it lie in the level 1 cache. */
const BLOCK = 8;

/**
 * `body` for the places of all elements [i, j] and [j, i] with j ≥ i + `first`, counted in elements, in square blocks:
 * one of the two walks down a column.
 */
function pairs(frame: Frame, n: Code, first: 0 | 1, body: (upper: Code, lower: Code) => Code): Code {
  const [ib, jb, i, j, iEnd, jEnd, upper, lower] = locals(frame, 8);
  return frame.range(ib, i32.const(0), n, BLOCK, [
    iEnd.set(smaller(i32.add(ib.get, i32.const(BLOCK)), n)),
    frame.range(jb, ib.get, n, BLOCK, [
      jEnd.set(smaller(i32.add(jb.get, i32.const(BLOCK)), n)),
      frame.range(i, ib.get, iEnd.get, 1, [
        j.set(i32.add(i.get, i32.const(first))),
        j.set(select(i32.gtS(jb.get, j.get), jb.get, j.get)),
        upper.set(i32.add(i32.mul(i.get, n), j.get)),
        lower.set(i32.add(i32.mul(j.get, n), i.get)),
        frame.range(j, j.get, jEnd.get, 1, [
          body(upper.get, lower.get),
          upper.set(i32.add(upper.get, i32.const(1))),
          lower.set(i32.add(lower.get, n)),
        ]),
      ]),
    ]),
  ]);
}

const place = (start: Code, element: Code, bytes: number): Code =>
  i32.add(start, i32.shl(element, i32.const(Math.log2(bytes))));

function symmetrizeFunction(bytes: number, load: (address: Code) => Code): WasmFunction {
  return defineFunction<'from' | 'to' | 'n'>({
    parameters: { from: 'i32', to: 'i32', n: 'i32' },
    result: 'i32',
    body: ({ from, to, n }, frame) => {
      const [value, spoilt] = [frame.local('f64'), frame.local('f64')];
      return [
        pairs(frame, n.get, 0, (upper, lower) => [
          value.set(
            f64.mul(
              f64.add(load(place(from.get, upper, bytes)), load(place(from.get, lower, bytes))),
              f64.const(0.5),
            ),
          ),
          f64.store(place(to.get, upper, 8), value.get),
          // A sum of products with 0 is NaN as soon as one factor is not finite.
          spoilt.set(f64.add(spoilt.get, f64.mul(value.get, f64.const(0)))),
        ]),
        f64.eq(spoilt.get, f64.const(0)),
      ];
    },
  });
}

function pairsFunction(body: (upper: Code, lower: Code, kept: Local) => Code): WasmFunction {
  return defineFunction<'at' | 'n'>({
    parameters: { at: 'i32', n: 'i32' },
    body: ({ at, n }, frame) => {
      const kept = frame.local('f64');
      return pairs(frame, n.get, 1, (upper, lower) => body(place(at.get, upper, 8), place(at.get, lower, 8), kept)); // prettier-ignore
    },
  });
}

function fixRowSignsFunction(): WasmFunction {
  return defineFunction<'at' | 'n'>({
    parameters: { at: 'i32', n: 'i32' },
    body: ({ at, n }, frame) => {
      const [row, j, end] = locals(frame, 3);
      const [vector, largest] = [frame.local('v128'), frame.local('v128')];
      const enough = frame.local('f64');
      /** Over the row's addresses: two elements at a time, then the one that is left. */
      const across = (body: (load: typeof v128.load, store: (value: Code) => Code) => Code): Code => [
        frame.range(j, at.get, i32.sub(end.get, i32.const(8)), 16, body(v128.load, (value) => v128.store(j.get, value))), // prettier-ignore
        frame.range(j, j.get, end.get, 8, body(v128.load64Zero, (value) => v128.store64Lane(j.get, value, 0))), // prettier-ignore
      ];
      return frame.range(row, i32.const(0), n.get, 1, [
        end.set(i32.add(at.get, i32.shl(n.get, i32.const(3)))),
        largest.set(f64x2.const(0)),
        across((load) => largest.set(f64x2.max(largest.get, f64x2.abs(load(j.get))))),
        enough.set(f64.max(f64x2.extract(0, largest.get), f64x2.extract(1, largest.get))),
        enough.set(f64.mul(enough.get, f64.const(1 - 1e-6))),
        j.set(at.get),
        // The largest one ends the search, but NaN would not.
        block(
          loop(
            brIf(1, i32.geU(j.get, end.get)),
            brIf(1, f64.ge(f64.abs(f64.load(j.get)), enough.get)),
            j.set(i32.add(j.get, i32.const(8))),
            br(0),
          ),
        ),
        when(i32.ltU(j.get, end.get), [
          when(
            f64.lt(f64.load(j.get), f64.const(0)),
            across((load, store) => [vector.set(f64x2.neg(load(j.get))), store(vector.get)]),
          ),
        ]),
        at.set(end.get),
      ]);
    },
  });
}
