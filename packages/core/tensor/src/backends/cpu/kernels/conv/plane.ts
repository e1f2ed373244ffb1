import type { Code } from '../../wasm/code.js';
import { i32, memory } from '../../wasm/code.js';
import type { Frame, Local } from '../../wasm/module.js';
import { copyStrided, plus } from './copy.js';

/** One axis of a plane as windows see it: element j lies at j gap + low, zeros lie elsewhere. */
export interface PlaneAxis {
  readonly size: number;
  /** Zeros before the first element; negative crops. */
  readonly low: number;
  /** Distance of neighbouring elements. */
  readonly gap: number;
  /** Positions 0 … need - 1 are read. */
  readonly need: number;
}

/**
 * A plane that windows can be read from without a test for borders. Where its borders or gaps ask for it, it is a copy
 * with zeros; columns that are read `split` apart lie side by side in it, so that every run of a window is contiguous:
 * column c is at (c mod split) width + floor(c / split).
 */
export interface Plane {
  readonly rowBytes: number;
  /** Elements of one residue class of columns. */
  readonly width: number;
  readonly scratchBytes: number;
  /** Whether the input itself serves. */
  readonly direct: boolean;
  /** Once for each range of planes: the zeros of the copy. */
  readonly clear: (scratch: Code) => Code;
  /** Sets `at` to the address of position (0, 0). */
  readonly prepare: (frame: Frame, at: Local, source: Code, scratch: Code) => Code;
}

export function planePlan(rows: PlaneAxis, columns: PlaneAxis, split: number, size: number): Plane {
  const inside = ({ low, gap, need, size: length }: PlaneAxis): boolean =>
    gap === 1 && low <= 0 && need - low <= length;
  const direct = split === 1 && inside(rows) && inside(columns);
  const width = direct ? columns.size : Math.ceil(columns.need / split);
  const rowBytes = width * split * size;
  // Vectors may reach beyond the last row.
  const scratchBytes = rows.need * rowBytes + 64;
  return {
    rowBytes,
    width,
    scratchBytes,
    direct,
    clear: (scratch) => (direct ? [] : memory.fill(scratch, i32.const(0), i32.const(scratchBytes))),
    prepare: (frame, at, source, scratch) =>
      direct
        ? at.set(plus(source, -rows.low * rowBytes - columns.low * size))
        : [copyPlane(frame, source, scratch), at.set(scratch)],
  };

  function copyPlane(frame: Frame, source: Code, scratch: Code): Code {
    const [top, bottom] = covered(rows);
    const [left, right] = covered(columns);
    const row = frame.local('i32');
    const from = frame.local('i32');
    const to = frame.local('i32');
    const target = frame.local('i32');
    const origin = frame.local('i32');
    const body: Code[] = [];
    for (let class_ = 0; class_ < split && left + class_ < right; class_++) {
      const column = (left + class_) * columns.gap + columns.low;
      body.push(
        origin.set(plus(from.get, class_ * size)),
        target.set(plus(to.get, ((column % split) * width + Math.floor(column / split)) * size)),
        copyStrided(frame, target.get, origin.get, {
          count: Math.ceil((right - left - class_) / split),
          fromStep: split,
          toStep: columns.gap,
          size,
        }),
      );
    }
    return [
      from.set(plus(source, (top * columns.size + left) * size)),
      to.set(plus(scratch, (top * rows.gap + rows.low) * rowBytes)),
      frame.range(row, i32.const(top), i32.const(bottom), 1, [
        body,
        from.set(plus(from.get, columns.size * size)),
        to.set(plus(to.get, rows.gap * rowBytes)),
      ]),
    ];
  }
}

/** The elements that lie within 0 … need - 1. */
function covered({ size, low, gap, need }: PlaneAxis): [number, number] {
  const first = Math.max(0, Math.ceil(-low / gap));
  const end = Math.min(size, Math.floor((need - 1 - low) / gap) + 1);
  return [first, Math.max(first, end)];
}
