import type { Code } from '../../wasm/code.js';
import { i32, when } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';
import { clearRun, copyStrided, plus } from './copy.js';

/**
 * How one axis of a plane is read: at slow step + fast step - low, slow choosing the patch matrix's row. Elements lie at
 * multiples of the gap, zeros elsewhere and outside.
 */
export interface PatchAxis {
  readonly size: number;
  readonly low: number;
  readonly gap: number;
  readonly slow: { readonly count: number; readonly step: number };
  readonly fast: { readonly count: number; readonly step: number };
}

/** One plane's part of a matrix of patches; all are read several times. */
export interface PatchPlane {
  /** Addresses of the plane and of the first patch. */
  readonly plane: Code;
  readonly to: Code;
  /** Which fast rows are written: from … end - 1. */
  readonly from: Code;
  readonly end: Code;
  /** Distance of the matrix's rows. */
  readonly rowBytes: number;
}

/**
 * Code that writes matrices of patches (im2col): a plane gives the rows (slow height, slow width) of elements (fast height,
 * fast width), of which a call writes some fast rows. Convolutions take taps as slow and output positions as fast; their
 * kernels' gradients the other way round, since there the windows are long and the output positions few.
 */
export function writePatches(
  frame: Frame,
  [rows, columns]: readonly [PatchAxis, PatchAxis],
  size: number,
  { plane, to, from, end, rowBytes }: PatchPlane,
): Code {
  const [slow, fast, place, source, target] = Array.from({ length: 5 }, () => frame.local('i32')) as [L, L, L, L, L]; // prettier-ignore
  const patches = Array.from({ length: columns.slow.count }, (_, k) => ({ at: k * rowBytes, run: runOf(columns, k) })); // prettier-ignore
  const copy = patches.map(({ at, run }) => copyPatchRow(frame, plus(target.get, at), source.get, run, size));
  const clear = patches.map(({ at }) => clearRun(plus(target.get, at), columns.fast.count * size));
  const fromRow: Code = [
    source.set(
      i32.add(
        plane,
        i32.mul(
          rows.gap === 1 ? place.get : i32.divU(place.get, i32.const(rows.gap)),
          i32.const(columns.size * size),
        ),
      ),
    ),
    copy,
  ];
  return frame.range(slow, i32.const(0), i32.const(rows.slow.count), 1, [
    target.set(i32.add(to, i32.mul(slow.get, i32.const(columns.slow.count * rowBytes)))),
    place.set(
      plus(
        i32.add(i32.mul(slow.get, i32.const(rows.slow.step)), i32.mul(from, i32.const(rows.fast.step))),
        -rows.low,
      ),
    ),
    frame.range(fast, from, end, 1, [
      alwaysInside(rows) ? fromRow : when(isInside(place.get, rows), fromRow, clear),
      target.set(plus(target.get, columns.fast.count * size)),
      place.set(plus(place.get, rows.fast.step)),
    ]),
  ]);
}

type L = ReturnType<Frame['local']>;

function alwaysInside({ size, low, gap, slow, fast }: PatchAxis): boolean {
  const last = (slow.count - 1) * slow.step + (fast.count - 1) * fast.step - low;
  return gap === 1 && low <= 0 && last < size;
}

/** Whether an element lies there; what is negative is very large as an unsigned number. */
function isInside(place: Code, { size, gap }: PatchAxis): Code {
  const within = i32.ltU(place, i32.const(Math.max(0, (size - 1) * gap + 1)));
  return gap === 1 ? within : i32.and(within, i32.eqz(i32.remU(place, i32.const(gap))));
}

/** Which elements a row of a patch has: number `first + i toStep` is the row's `source + i fromStep`. The others are 0. */
interface Run {
  readonly count: number;
  readonly first: number;
  readonly toStep: number;
  readonly source: number;
  readonly fromStep: number;
  readonly length: number;
}

function runOf({ size, low, gap, slow, fast }: PatchAxis, k: number): Run {
  const place = (i: number): number => k * slow.step + i * fast.step - low;
  const inside = Array.from({ length: fast.count }, (_, i) => i).filter(
    (i) => place(i) >= 0 && place(i) <= (size - 1) * gap && place(i) % gap === 0,
  );
  const [first = 0, second = first + 1] = inside;
  return {
    count: inside.length,
    first,
    toStep: second - first,
    source: place(first) / gap,
    fromStep: (place(second) - place(first)) / gap,
    length: fast.count,
  };
}

function copyPatchRow(
  frame: Frame,
  to: Code,
  from: Code,
  { count, first, toStep, source, fromStep, length }: Run,
  size: number,
): Code {
  if (count === 0) return clearRun(to, length * size);
  const end = first + count;
  const clear =
    toStep === 1
      ? [clearRun(to, first * size), clearRun(plus(to, end * size), (length - end) * size)]
      : clearRun(to, length * size);
  const copied = { count, fromStep: count === 1 ? 1 : fromStep, toStep, size };
  return [clear, copyStrided(frame, plus(to, first * size), plus(from, source * size), copied)];
}
