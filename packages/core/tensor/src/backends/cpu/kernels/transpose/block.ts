import type { Code } from '../../wasm/code.js';
import { i32, i64, i8x16, v128 } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';
import type { Width } from '../strided/runs.js';

/** Source element (i, j) lies at from + i fromStep + j width, and goes to to + j toStep + i width. */
export interface TransposedBlock {
  readonly from: Code;
  readonly to: Code;
  readonly rows: Code;
  readonly columns: Code;
  readonly fromStep: Code;
  readonly toStep: Code;
}

/** Tiles above each other that are done together: their columns are whole cache lines of the target. */
const stripTiles = 4;

const access = {
  1: { load: i32.load8U, store: i32.store8 },
  4: { load: i32.load, store: i32.store },
  8: { load: i64.load, store: i64.store },
} as const;

/**
 * Copies a block so that its rows become columns: square tiles in registers, strips of them along the source's rows,
 * and element by element what is left at the lower and right edges.
 */
export function transposeBlock(frame: Frame, width: Width, block: TransposedBlock): Code {
  const { rows, columns } = block;
  if (width === 1) return elements(frame, width, block, { i: i32.const(0), j: i32.const(0) });
  const lanes = 16 / width;
  const whole = (count: Code, of: number): Code => i32.and(count, i32.const(-of));
  const [i, tiled, right] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const strips = (tiles: number): Code =>
    frame.range(i, i.get, whole(rows, tiles * lanes), tiles * lanes, strip(frame, width, tiles, block, i.get, right.get)); // prettier-ignore
  return [
    tiled.set(whole(rows, lanes)),
    right.set(whole(columns, lanes)),
    i.set(i32.const(0)),
    strips(stripTiles),
    strips(1),
    elements(frame, width, { ...block, columns: right.get }, { i: tiled.get, j: i32.const(0) }),
    elements(frame, width, block, { i: i32.const(0), j: right.get }),
  ];
}

/** `tiles` tiles above each other, moving along columns 0 … right - 1. */
function strip(
  frame: Frame,
  width: 4 | 8,
  tiles: number,
  { from, to, fromStep, toStep }: TransposedBlock,
  i: Code,
  right: Code,
): Code {
  const lanes = 16 / width;
  const [j, s, t, at] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const loaded = Array.from({ length: lanes }, () => frame.local('v128'));
  const tile = (index: number): Code => {
    const { code, vectors } = transposeTile(frame, loaded.map((vector) => vector.get)); // prettier-ignore
    return [
      loaded.map((vector) => [vector.set(v128.load(s.get)), s.set(i32.add(s.get, fromStep))]),
      code,
      at.set(t.get),
      vectors.map((vector, k) => [
        k === 0 ? [] : at.set(i32.add(at.get, toStep)),
        v128.store(at.get, vector, 16 * index),
      ]),
    ];
  };
  return [
    t.set(i32.add(to, i32.mul(i, i32.const(width)))),
    frame.range(j, i32.const(0), right, lanes, [
      s.set(i32.add(i32.add(from, i32.mul(i, fromStep)), i32.mul(j.get, i32.const(width)))),
      Array.from({ length: tiles }, (_, index) => tile(index)),
      t.set(i32.add(at.get, toStep)),
    ]),
  ];
}

/** The columns of a square of vectors. */
function transposeTile(frame: Frame, rows: readonly Code[]): { code: Code; vectors: readonly Code[] } {
  const low64 = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const high64 = low64.map((byte) => byte + 8);
  if (rows.length === 2) {
    const [a, b] = rows as [Code, Code];
    return { code: [], vectors: [i8x16.shuffle(a, b, low64), i8x16.shuffle(a, b, high64)] };
  }
  const low32 = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
  const high32 = low32.map((byte) => byte + 8);
  const [a, b, c, d] = rows as [Code, Code, Code, Code];
  const pairs = [[a, b, low32], [c, d, low32], [a, b, high32], [c, d, high32]] as const; // prettier-ignore
  const kept = pairs.map(([x, y, order]) => frame.keep('v128', i8x16.shuffle(x, y, order)));
  const [ab, cd, abHigh, cdHigh] = kept.map(({ get }) => get) as [Code, Code, Code, Code];
  return {
    code: kept.map(({ code }) => code),
    vectors: [
      i8x16.shuffle(ab, cd, low64),
      i8x16.shuffle(ab, cd, high64),
      i8x16.shuffle(abHigh, cdHigh, low64),
      i8x16.shuffle(abHigh, cdHigh, high64),
    ],
  };
}

/** From row i and column j on, one by one. */
function elements(
  frame: Frame,
  width: Width,
  { from, to, rows, columns, fromStep, toStep }: TransposedBlock,
  first: { i: Code; j: Code },
): Code {
  const { load, store } = access[width];
  const [i, j, s, t] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const bytes = (count: Code): Code => i32.mul(count, i32.const(width));
  return frame.range(j, first.j, columns, 1, [
    s.set(i32.add(i32.add(from, bytes(j.get)), i32.mul(first.i, fromStep))),
    t.set(i32.add(i32.add(to, bytes(first.i)), i32.mul(j.get, toStep))),
    frame.range(i, first.i, rows, 1, [
      store(t.get, load(s.get)),
      s.set(i32.add(s.get, fromStep)),
      t.set(i32.add(t.get, i32.const(width))),
    ]),
  ]);
}
