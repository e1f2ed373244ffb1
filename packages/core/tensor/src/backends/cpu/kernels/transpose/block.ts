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
  width: Width,
  tiles: number,
  { from, to, fromStep, toStep }: TransposedBlock,
  i: Code,
  right: Code,
): Code {
  const lanes = 16 / width;
  const [j, s, t, at] = [frame.local('i32'), frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const loaded = Array.from({ length: lanes }, () => frame.local('v128'));
  const tile = (index: number): Code => {
    const { code, vectors } = transposeTile(frame, width, loaded.map((vector) => vector.get)); // prettier-ignore
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

/**
 * The columns of a square of vectors, by log2(lanes) perfect shuffles of its rows: the first half is interleaved with the
 * second, row by row and lane by lane, each time.
 */
function transposeTile(
  frame: Frame,
  width: Width,
  rows: readonly Code[],
): { code: Code; vectors: readonly Code[] } {
  const half = rows.length / 2;
  const low = Array.from({ length: 16 }, (_, byte) => {
    const lane = Math.floor(byte / width);
    return (lane % 2) * 16 + Math.floor(lane / 2) * width + (byte % width);
  });
  const high = low.map((byte) => byte + 8);
  let vectors = rows;
  const code: Code[] = [];
  for (let lanes = rows.length; lanes > 1; lanes /= 2) {
    const interleaved = vectors
      .slice(0, half)
      .flatMap((row, k) =>
        [low, high].map((order) => frame.keep('v128', i8x16.shuffle(row, vectors[k + half]!, order))),
      );
    code.push(interleaved.map((kept) => kept.code));
    vectors = interleaved.map((kept) => kept.get);
  }
  return { code, vectors };
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
