import type { Engine } from '../engine.js';
import type { Code } from '../wasm/code.js';
import { i32, select } from '../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';

/** Columns that one item goes down: fewer would leave memory waiting at the beginning of every row. */
const TILE = 1024;
/** Elements that a thread gets at least. */
const GRAIN = 1 << 14;

/** Where a step of a scan stands. */
interface Place {
  /** The first of its columns, as an index of x[outer, length, inner]; at the end, of an array [outer, inner]. */
  readonly index: Code;
  /** The address of these columns' state, for reading it several times. */
  readonly state: Code;
  readonly row: Code;
  /** Whether `lanes` columns are meant, or one. */
  readonly whole: boolean;
}

/** What a scan does with a vector of columns, or with one column that fills no vector. */
export interface ColumnRule {
  /** Writes what the state is before the first row. */
  readonly begin: (state: Code) => Code;
  readonly step: (place: Place) => Code;
  readonly end?: (place: Place) => Code;
}

export interface ColumnScan {
  /** Names the function among the engine's. */
  readonly key: string;
  /** Columns of a vector. */
  readonly lanes: number;
  /** Vectors of state for each vector of columns. */
  readonly states: number;
  /** From the last row to the first. */
  readonly reverse: boolean;
  readonly rule: (x: Code, out: Code, frame: Frame) => ColumnRule;
}

/**
 * Goes down the middle axis of x[outer, length, inner] row by row, with a state for each column: rows are read in long
 * runs, and the states of a tile of columns stay in the first-level cache.
 */
export function scanColumns(
  scan: ColumnScan,
  [outer, length, inner]: readonly [number, number, number],
  engine: Engine,
): (x: number, out: number) => void {
  const { lanes, states } = scan;
  const [f] = engine.functions(scan.key, () => [scanFunction(scan)]);
  const items = outer * Math.ceil(inner / TILE);
  const grain = Math.max(1, Math.ceil(GRAIN / (length * Math.min(inner, TILE))));
  const scratch = 16 * states * (TILE / lanes + lanes);
  return (x, out) => engine.parallel(f!, [x, out, length, inner], items, grain, scratch);
}

function scanFunction({ lanes, states, reverse, rule }: ColumnScan): WasmFunction {
  return defineFunction({
    parameters: {
      x: 'i32', out: 'i32', length: 'i32', inner: 'i32', begin: 'i32', end: 'i32', scratch: 'i32',
    }, // prettier-ignore
    body: ({ x, out, length, inner, begin, end, scratch }, frame) => {
      const index = (): Local => frame.local('i32');
      const [item, start, outer, width, i, row, first, j, state] = [index(), index(), index(), index(), index(), index(), index(), index(), index()]; // prettier-ignore
      const { begin: write, step, end: finish } = rule(x.get, out.get, frame);
      const tiles = frame.keep('i32', i32.divU(i32.add(inner.get, i32.const(TILE - 1)), i32.const(TILE)));
      const across = (body: (place: Place) => Code): Code => {
        const turn = (whole: boolean): Code => [
          body({ index: i32.add(first.get, j.get), state: state.get, row: row.get, whole }),
          state.set(i32.add(state.get, i32.const(16 * states))),
        ];
        return [
          state.set(scratch.get),
          frame.range(j, i32.const(0), i32.and(width.get, i32.const(-lanes)), lanes, turn(true)),
          frame.range(j, j.get, width.get, 1, turn(false)),
        ];
      };
      const elements = (of: Code): Code => i32.add(i32.mul(of, inner.get), start.get);
      return [
        tiles.code,
        frame.range(item, begin.get, end.get, 1, [
          outer.set(i32.divU(item.get, tiles.get)),
          start.set(i32.mul(i32.remU(item.get, tiles.get), i32.const(TILE))),
          width.set(i32.sub(inner.get, start.get)),
          width.set(select(i32.ltS(width.get, i32.const(TILE)), width.get, i32.const(TILE))),
          across((place) => write(place.state)),
          frame.range(i, i32.const(0), length.get, 1, [
            row.set(reverse ? i32.sub(i32.sub(length.get, i32.const(1)), i.get) : i.get),
            first.set(elements(i32.add(i32.mul(outer.get, length.get), row.get))),
            across(step),
          ]),
          finish === undefined ? [] : [first.set(elements(outer.get)), across(finish)],
        ]),
      ];
    },
  });
}
