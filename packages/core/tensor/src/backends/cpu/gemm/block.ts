import type { Code } from '../wasm/code.js';
import { brIf, call, i32, loop, select, v128, when } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Element } from './element.js';
import { locals, smaller } from './pack.js';
import { TILE_ROWS, tileColumns } from './tile.js';

/**
 * Products are added up over blocks of this many k, and the blocks' sums one after the other: a block of B's panel stays
 * in the level 1 cache, and rounding errors grow with the block and the number of blocks, not with their product.
 */
export const DEPTH = 256;

/**
 * Items are blocks of C, `blockRows` by `blockColumns` (multiples of the tile's), counted down the columns first.
 * A [m, k] is row-major. Panel j of B, columns j*w … j*w + w - 1, begins at b + j*bPanel and has rows `bStep` bytes apart;
 * but the last one, if it is not whole, is the packed one at `edge`. Needs the scratch of one tile.
 * @param tiles the place of the micro-kernel of one row, those of more rows following; `merge` that of mergeFunction.
 */
export function blockFunction(element: Element, tiles: number, merge: number): WasmFunction {
  const width = tileColumns(element);
  const rowBytes = width * element.bytes;
  type Parameter = 'a' | 'aStep' | 'b' | 'bStep' | 'bPanel' | 'edge' | 'c' | 'cStep' | 'm' | 'n' | 'k' | 'accumulate' | 'blockRows' | 'blockColumns' | 'rowBlocks' | 'begin' | 'end' | 'scratch'; // prettier-ignore
  return defineFunction<Parameter>({
    parameters: {
      a: 'i32', aStep: 'i32', b: 'i32', bStep: 'i32', bPanel: 'i32', edge: 'i32', c: 'i32', cStep: 'i32', m: 'i32', n: 'i32',
      k: 'i32', accumulate: 'i32', blockRows: 'i32', blockColumns: 'i32', rowBlocks: 'i32', begin: 'i32', end: 'i32', scratch: 'i32',
    }, // prettier-ignore
    body: (p, frame) => {
      const [
        item,
        row,
        rowEnd,
        column,
        columnEnd,
        l,
        depth,
        add,
        i,
        j,
        rows,
        columns,
        right,
        rightStep,
        left,
        out,
      ] = locals(frame, 16);
      const tile = (target: Code, step: Code, accumulate: Code, count = TILE_ROWS): Code => {
        const run = call(tiles + count - 1, left.get, p.aStep.get, right.get, rightStep.get, target, step, depth.get, accumulate); // prettier-ignore
        return count === 1
          ? run
          : when(i32.eq(rows.get, i32.const(count)), run, tile(target, step, accumulate, count - 1));
      };
      const oneTile: Code = [
        rows.set(smaller(i32.const(TILE_ROWS), i32.sub(rowEnd.get, i.get))),
        left.set(
          i32.add(p.a.get, i32.add(i32.mul(i.get, p.aStep.get), i32.mul(l.get, i32.const(element.bytes)))),
        ),
        out.set(
          i32.add(p.c.get, i32.add(i32.mul(i.get, p.cStep.get), i32.mul(j.get, i32.const(element.bytes)))),
        ),
        when(i32.eq(columns.get, i32.const(width)), tile(out.get, p.cStep.get, add.get), [
          tile(p.scratch.get, i32.const(rowBytes), i32.const(0)),
          call(
            merge,
            p.scratch.get,
            i32.const(rowBytes),
            out.get,
            p.cStep.get,
            rows.get,
            columns.get,
            add.get,
          ),
        ]),
      ];
      const onePanel: Code = [
        columns.set(smaller(i32.const(width), i32.sub(columnEnd.get, j.get))),
        when(
          i32.eq(columns.get, i32.const(width)),
          [
            rightStep.set(p.bStep.get),
            right.set(i32.add(p.b.get, i32.mul(i32.divU(j.get, i32.const(width)), p.bPanel.get))),
          ],
          [rightStep.set(i32.const(rowBytes)), right.set(p.edge.get)],
        ),
        right.set(i32.add(right.get, i32.mul(l.get, rightStep.get))),
        frame.range(i, row.get, rowEnd.get, TILE_ROWS, oneTile),
      ];
      return frame.range(item, p.begin.get, p.end.get, 1, [
        row.set(i32.mul(i32.remU(item.get, p.rowBlocks.get), p.blockRows.get)),
        rowEnd.set(smaller(i32.add(row.get, p.blockRows.get), p.m.get)),
        column.set(i32.mul(i32.divU(item.get, p.rowBlocks.get), p.blockColumns.get)),
        columnEnd.set(smaller(i32.add(column.get, p.blockColumns.get), p.n.get)),
        l.set(i32.const(0)),
        // At least once: where k is 0 the tiles write zeros.
        loop(
          depth.set(smaller(i32.const(DEPTH), i32.sub(p.k.get, l.get))),
          add.set(select(l.get, i32.const(1), p.accumulate.get)),
          frame.range(j, column.get, columnEnd.get, width, onePanel),
          brIf(0, i32.ltS(l.tee(i32.add(l.get, i32.const(DEPTH))), p.k.get)),
        ),
      ]);
    },
  });
}

/** Target [rows, columns] = (target +) source, both row-major. */
export function mergeFunction(element: Element): WasmFunction {
  const { lanes, bytes } = element;
  return defineFunction<
    'source' | 'sourceStep' | 'target' | 'targetStep' | 'rows' | 'columns' | 'accumulate'
  >({
    parameters: { source: 'i32', sourceStep: 'i32', target: 'i32', targetStep: 'i32', rows: 'i32', columns: 'i32', accumulate: 'i32' }, // prettier-ignore
    body: ({ source, sourceStep, target, targetStep, rows, columns, accumulate }, frame) => {
      const [r, j, from, to] = locals(frame, 4);
      const vector = frame.local('v128');
      const merge = (load: typeof v128.load, store: (to: Code, value: Code) => Code): Code => [
        from.set(i32.add(source.get, i32.mul(j.get, i32.const(bytes)))),
        to.set(i32.add(target.get, i32.mul(j.get, i32.const(bytes)))),
        vector.set(load(from.get)),
        when(accumulate.get, vector.set(element.add(load(to.get), vector.get))),
        store(to.get, vector.get),
      ];
      return frame.range(r, i32.const(0), rows.get, 1, [
        frame.range(
          j,
          i32.const(0),
          i32.sub(columns.get, i32.const(lanes - 1)),
          lanes,
          merge(v128.load, v128.store),
        ),
        frame.range(
          j,
          j.get,
          columns.get,
          1,
          merge(element.loadFirst, (at, value) => element.storeLane(at, value, 0)),
        ),
        source.set(i32.add(source.get, sourceStep.get)),
        target.set(i32.add(target.get, targetStep.get)),
      ]);
    },
  });
}
