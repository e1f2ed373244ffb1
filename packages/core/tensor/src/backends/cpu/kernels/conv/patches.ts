import type { Code } from '../../wasm/code.js';
import { i32 } from '../../wasm/code.js';
import type { Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import { copyRun, plus } from './copy.js';
import { planePlan } from './plane.js';

/** How one axis of a plane is read: at slow step + fast step - low, slow choosing the patch matrix's row. */
export interface PatchAxis {
  readonly size: number;
  readonly low: number;
  readonly gap: number;
  readonly slow: { readonly count: number; readonly step: number };
  readonly fast: { readonly count: number; readonly step: number };
}

/** Items are planes: number outer * inner + i lies at outer a + i b bytes, in the input and in the patches. */
export interface PatchOrder {
  readonly inner: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/**
 * The function that writes matrices of patches (im2col): a plane gives the rows (slow height, slow width) of elements
 * (fast height, fast width). Convolutions take taps as slow and output positions as fast; their kernels' gradients the
 * other way round, since there the windows are long and the output positions few.
 * Its parameters are x, patches, begin, end, scratch.
 */
export function patches(
  [rows, columns]: readonly [PatchAxis, PatchAxis],
  { inner, from, to }: PatchOrder,
  size: number,
): { readonly define: () => WasmFunction; readonly scratchBytes: number } {
  const split = columns.fast.step;
  const plane = planePlan(withNeed(rows), withNeed(columns), columns.fast.count === 1 ? 1 : split, size);
  const columnSplit = columns.fast.count === 1 ? 1 : split;
  const runBytes = columns.fast.count * size;
  const define = (): WasmFunction =>
    defineFunction({
      parameters: { x: 'i32', patches: 'i32', begin: 'i32', end: 'i32', scratch: 'i32' },
      body({ x, patches: target, begin, end, scratch }, frame) {
        const [item, at, source, out, row, column, line, run] = Array.from({ length: 8 }, () =>
          frame.local('i32'),
        ) as [Local, Local, Local, Local, Local, Local, Local, Local];
        const place = (base: Local, [a, b]: readonly [number, number]): Code =>
          i32.add(
            base.get,
            i32.add(
              i32.mul(i32.divU(item.get, i32.const(inner)), i32.const(a)),
              i32.mul(i32.remU(item.get, i32.const(inner)), i32.const(b)),
            ),
          );
        const position = i32.mul(column.get, i32.const(columns.slow.step));
        const offset =
          columnSplit === 1
            ? position
            : i32.add(
                i32.mul(i32.remU(position, i32.const(columnSplit)), i32.const(plane.width)),
                i32.divU(position, i32.const(columnSplit)),
              );
        const whole = rows.fast.step * plane.rowBytes === runBytes;
        const lines = whole ? 1 : rows.fast.count;
        const lineBytes = whole ? runBytes * rows.fast.count : runBytes;
        const copyWindow: Code = [
          run.set(
            i32.add(
              i32.add(at.get, i32.mul(row.get, i32.const(rows.slow.step * plane.rowBytes))),
              i32.mul(offset, i32.const(size)),
            ),
          ),
          frame.range(line, i32.const(0), i32.const(lines), 1, [
            copyRun(frame, out.get, run.get, lineBytes),
            out.set(plus(out.get, lineBytes)),
            run.set(plus(run.get, rows.fast.step * plane.rowBytes)),
          ]),
        ];
        return [
          plane.clear(scratch.get),
          frame.range(item, begin.get, end.get, 1, [
            source.set(place(x, from)),
            out.set(place(target, to)),
            plane.prepare(frame, at, source.get, scratch.get),
            frame.range(row, i32.const(0), i32.const(rows.slow.count), 1, [
              frame.range(column, i32.const(0), i32.const(columns.slow.count), 1, copyWindow),
            ]),
          ]),
        ];
      },
    });
  return { define, scratchBytes: plane.direct ? 64 : plane.scratchBytes };
}

function withNeed({ size, low, gap, slow, fast }: PatchAxis) {
  const need = (slow.count - 1) * slow.step + (fast.count - 1) * fast.step + 1;
  return { size, low, gap, need };
}
