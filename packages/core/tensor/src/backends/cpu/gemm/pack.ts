import type { Code } from '../wasm/code.js';
import { block, br, brIf, i32, loop, memory, select, v128, when } from '../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Element } from './element.js';
import { columnsOf } from './element.js';
import { tileColumns } from './tile.js';

export const smaller = (a: Code, b: Code): Code => select(i32.ltS(a, b), a, b);

/**
 * Items are panels: panel p gets columns p*w … p*w + w - 1 of a row-major matrix [k, columns] with rows `sourceStep` bytes
 * apart, as [k, w] without gaps; absent columns are 0. (w: columns of a tile.)
 */
export function packFunction(element: Element): WasmFunction {
  const width = tileColumns(element);
  const rowBytes = width * element.bytes;
  return defineFunction<'source' | 'sourceStep' | 'columns' | 'k' | 'target' | 'begin' | 'end'>({
    parameters: { source: 'i32', sourceStep: 'i32', columns: 'i32', k: 'i32', target: 'i32', begin: 'i32', end: 'i32' }, // prettier-ignore
    body: ({ source, sourceStep, columns, k, target, begin, end }, frame) => {
      const [panel, from, to, left, l, column] = locals(frame, 6);
      const inside = (copy: Code): Code =>
        frame.range(l, i32.const(0), k.get, 1, [
          copy,
          from.set(i32.add(from.get, sourceStep.get)),
          to.set(i32.add(to.get, i32.const(rowBytes))),
        ]);
      const whole = inside(
        Array.from({ length: rowBytes / 16 }, (_, v) =>
          v128.store(to.get, v128.load(from.get, 16 * v), 16 * v),
        ),
      );
      const offset = i32.mul(column.get, i32.const(element.bytes));
      const part = inside(
        frame.range(
          column,
          i32.const(0),
          left.get,
          1,
          element.move(i32.add(to.get, offset), i32.add(from.get, offset)),
        ),
      );
      return frame.range(panel, begin.get, end.get, 1, [
        from.set(i32.add(source.get, i32.mul(panel.get, i32.const(rowBytes)))),
        to.set(i32.add(target.get, i32.mul(panel.get, i32.mul(k.get, i32.const(rowBytes))))),
        left.set(i32.sub(columns.get, i32.mul(panel.get, i32.const(width)))),
        when(i32.geS(left.get, i32.const(width)), whole, [
          memory.fill(to.get, i32.const(0), i32.mul(k.get, i32.const(rowBytes))),
          part,
        ]),
      ]);
    },
  });
}

/**
 * Transposes a row-major matrix [rows, columns] with rows `sourceStep` bytes apart: target row c, `targetStep` bytes after
 * the one before, gets column c. Items are groups of `group` source rows; the target of group g begins `targetItem` bytes
 * after that of the one before, and is filled with that many zeros first where the group is not whole and `pad` is not 0.
 */
export function transposeFunction(element: Element): WasmFunction {
  const { lanes, bytes } = element;
  return defineFunction<
    | 'source'
    | 'sourceStep'
    | 'rows'
    | 'columns'
    | 'target'
    | 'targetStep'
    | 'group'
    | 'targetItem'
    | 'pad'
    | 'begin'
    | 'end'
  >({
    parameters: {
      source: 'i32', sourceStep: 'i32', rows: 'i32', columns: 'i32', target: 'i32', targetStep: 'i32', group: 'i32',
      targetItem: 'i32', pad: 'i32', begin: 'i32', end: 'i32',
    }, // prettier-ignore
    body: (p, frame) => {
      const [item, first, last, r, c, from, to, start] = locals(frame, 8);
      const vectors = Array.from({ length: lanes }, () => frame.local('v128'));
      const [pointer, written] = locals(frame, 2);
      const square: Code = [
        pointer.set(from.get),
        vectors.map((vector) => [
          vector.set(v128.load(pointer.get)),
          pointer.set(i32.add(pointer.get, p.sourceStep.get)),
        ]),
        written.set(to.get),
        columnsOf(vectors.map((vector) => vector.get)).map((column) => [
          v128.store(written.get, column),
          written.set(i32.add(written.get, p.targetStep.get)),
        ]),
      ];
      const advance = (count: number): Code => [
        from.set(i32.add(from.get, i32.const(count * bytes))),
        to.set(i32.add(to.get, count === 1 ? p.targetStep.get : i32.mul(p.targetStep.get, i32.const(count)))),
        c.set(i32.sub(c.get, i32.const(count))),
      ];
      /** `body` for `count` columns at a time, while there are as many. */
      const across = (count: number, body: Code): Code =>
        block(loop(brIf(1, i32.ltS(c.get, i32.const(count))), body, advance(count), br(0)));
      const oneRow = element.move(to.get, from.get);
      /** A column of the square, element by element. */
      const column: Code = [
        pointer.set(from.get),
        Array.from({ length: lanes }, (_, j) => [
          element.move(j === 0 ? to.get : i32.add(to.get, i32.const(j * bytes)), pointer.get),
          pointer.set(i32.add(pointer.get, p.sourceStep.get)),
        ]),
      ];
      const atRow: Code = [
        from.set(i32.add(p.source.get, i32.mul(r.get, p.sourceStep.get))),
        to.set(i32.add(start.get, i32.mul(i32.sub(r.get, first.get), i32.const(bytes)))),
        c.set(p.columns.get),
      ];
      return frame.range(item, p.begin.get, p.end.get, 1, [
        first.set(i32.mul(item.get, p.group.get)),
        last.set(smaller(i32.add(first.get, p.group.get), p.rows.get)),
        start.set(i32.add(p.target.get, i32.mul(item.get, p.targetItem.get))),
        when(
          i32.and(i32.ne(p.pad.get, i32.const(0)), i32.ltS(i32.sub(last.get, first.get), p.group.get)),
          memory.fill(start.get, i32.const(0), p.targetItem.get),
        ),
        frame.range(r, first.get, i32.sub(last.get, i32.const(lanes - 1)), lanes, [
          atRow,
          across(lanes, square),
          across(1, column),
        ]),
        frame.range(r, r.get, last.get, 1, [atRow, across(1, oneRow)]),
      ]);
    },
  });
}

type Locals<N extends number, T extends Local[] = []> = T['length'] extends N ? T : Locals<N, [...T, Local]>;

/** Locals for counts and addresses. */
export function locals<N extends number>(frame: Frame, count: N): Locals<N> {
  return Array.from({ length: count }, () => frame.local('i32')) as Locals<N>;
}
