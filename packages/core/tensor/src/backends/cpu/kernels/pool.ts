import type { KernelFactory, Problem } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { i32, select, v128, when } from '../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Elements } from './pool/columns.js';
import { elements, loadStrided } from './pool/columns.js';

/** One axis: window o begins at o stride - low. */
interface Axis {
  readonly size: number;
  readonly outputs: number;
  readonly window: number;
  readonly stride: number;
  readonly low: number;
  readonly dilation: number;
}

/** Windows of more taps are not written out. */
const UNROLLED = 32;
/** Elements of one thread's share at least. */
const GRAIN = 1 << 15;

/**
 * Positions of windows' maxima. Neighbouring windows of a row are compared as one vector where they lie inside the row;
 * how many of their rows lie inside the image is the same for all of them.
 */
export const maxPoolIndicesKernel: KernelFactory<'maxPoolIndices'> = (problem, engine) => {
  const [{ shape, dtype }, out] = [problem.inputs[0]!, problem.outputs[0]!];
  if (dtype === 'bool') return undefined;
  const axes = [axisOf(problem, 0), axisOf(problem, 1)] as const;
  const key = `maxPoolIndices ${dtype} ${JSON.stringify(axes)}`;
  const [find] = engine.functions(key, () => [findMaxima(elements[dtype], axes)]);
  const planes = out.shape[0]! * out.shape[1]!;
  const grain = Math.max(1, Math.ceil(GRAIN / (shape[2]! * shape[3]!)));
  return ([x, positions]) => engine.parallel(find!, [x!, positions!], planes, grain);
};

function axisOf({ inputs, outputs, params }: Problem<'maxPoolIndices'>, i: 0 | 1): Axis {
  return {
    size: inputs[0]!.shape[2 + i]!,
    outputs: outputs[0]!.shape[2 + i]!,
    window: params.window[i],
    stride: params.strides[i],
    low: params.padding[i][0],
    dilation: params.dilation[i],
  };
}

/** What code for one row of windows reads. */
interface Row {
  /** Addresses of the plane, and of the row's first output. */
  readonly plane: Local;
  readonly out: Local;
  /** The window's rows inside the image: top, top + dilation, … below bottom. */
  readonly top: Local;
  readonly bottom: Local;
}

/** Items are planes. */
function findMaxima(type: Elements, [rows, columns]: readonly [Axis, Axis]): WasmFunction {
  const [first, end] = inside(columns);
  const vectors = columns.window <= UNROLLED && end - first >= type.lanes;
  const [leftEnd, rightStart] = vectors ? [first, end] : [columns.outputs, columns.outputs];
  return defineFunction({
    parameters: { x: 'i32', positions: 'i32', begin: 'i32', end: 'i32' },
    body({ x, positions, begin, end: last }, frame) {
      const local = (): Local => frame.local('i32');
      const [item, i, j] = [local(), local(), local()];
      const row: Row = { plane: local(), out: local(), top: local(), bottom: local() };
      const planeBytes = rows.size * columns.size * type.size;
      return frame.range(item, begin.get, last.get, 1, [
        row.plane.set(i32.add(x.get, i32.mul(item.get, i32.const(planeBytes)))),
        row.out.set(i32.add(positions.get, i32.mul(item.get, i32.const(rows.outputs * columns.outputs * 4)))),
        frame.range(i, i32.const(0), i32.const(rows.outputs), 1, [
          clampWindow(frame, i.get, rows, row.top, row.bottom),
          vectors ? interior(frame, type, rows, columns, [first, end], row, j) : [],
          frame.range(j, i32.const(0), i32.const(leftEnd), 1, oneWindow(frame, type, rows, columns, row, j)),
          frame.range(j, i32.const(rightStart), i32.const(columns.outputs), 1, oneWindow(frame, type, rows, columns, row, j)), // prettier-ignore
          row.out.set(i32.add(row.out.get, i32.const(columns.outputs * 4))),
        ]),
      ]);
    },
  });
}

const reach = ({ window, dilation }: Axis): number => (window - 1) * dilation + 1;

/** The windows that lie wholly inside, as a range. */
function inside(axis: Axis): [number, number] {
  const first = Math.min(axis.outputs, Math.max(0, Math.ceil(axis.low / axis.stride)));
  const end = Math.min(axis.outputs, Math.floor((axis.size + axis.low - reach(axis)) / axis.stride) + 1);
  return [first, Math.max(first, end)];
}

/** Sets the first position of window `o` that is not padding, and the end of the window. */
function clampWindow(frame: Frame, o: Code, axis: Axis, from: Local, to: Local): Code {
  const { size, low, stride, dilation } = axis;
  const start = i32.sub(i32.mul(o, i32.const(stride)), i32.const(low));
  const skipped = i32.mul(
    i32.divS(i32.sub(i32.const(dilation - 1), from.get), i32.const(dilation)),
    i32.const(dilation),
  );
  return [
    from.set(start),
    to.set(i32.add(from.get, i32.const(reach(axis)))),
    to.set(select(i32.ltS(to.get, i32.const(size)), to.get, i32.const(size))),
    when(i32.ltS(from.get, i32.const(0)), from.set(i32.add(from.get, skipped))),
  ];
}

function oneWindow(frame: Frame, type: Elements, rows: Axis, columns: Axis, row: Row, j: Local): Code {
  const [r, c, left, right, where, position] = Array.from({ length: 6 }, () => frame.local('i32')) as [
    Local, Local, Local, Local, Local, Local,
  ]; // prettier-ignore
  const [value, best] = [frame.local(type.type), frame.local(type.type)];
  const load = (at: Code): Code => type.load(i32.add(row.plane.get, i32.mul(at, i32.const(type.size))));
  return [
    clampWindow(frame, j.get, columns, left, right),
    where.set(i32.add(i32.mul(row.top.get, i32.const(columns.size)), left.get)),
    best.set(load(where.get)),
    frame.range(r, row.top.get, row.bottom.get, rows.dilation, [
      frame.range(c, left.get, right.get, columns.dilation, [
        position.set(i32.add(i32.mul(r.get, i32.const(columns.size)), c.get)),
        value.set(load(position.get)),
        when(type.beats(value.get, best.get), [best.set(value.get), where.set(position.get)]),
      ]),
    ]),
    i32.store(i32.add(row.out.get, i32.shl(j.get, i32.const(2))), where.get),
  ];
}

/** Windows first … end - 1, a vector of them at a time; the last vector may begin before the one ahead of it ends. */
function interior(
  frame: Frame,
  type: Elements,
  rows: Axis,
  columns: Axis,
  [first, end]: readonly [number, number],
  row: Row,
  j: Local,
): Code {
  const [start, at, r, offset] = Array.from({ length: 4 }, () => frame.local('i32')) as [Local, Local, Local, Local]; // prettier-ignore
  const [value, best, where, mask] = Array.from({ length: 4 }, () => frame.local('v128')) as [Local, Local, Local, Local]; // prettier-ignore
  const { size, lanes } = type;
  const load = (bytes: number): Code => loadStrided(type, at.get, bytes, columns.stride);
  const compare = (bytes: number, position: Code): Code => [
    value.set(load(bytes)),
    mask.set(type.beatsVector(value.get, best.get)),
    where.set(v128.bitselect(position, where.get, mask.get)),
    best.set(v128.bitselect(value.get, best.get, mask.get)),
  ];
  const taps = Array.from({ length: columns.window }, (_, c) => c * columns.dilation);
  const rowStep = rows.dilation * columns.size;
  const unrolled = Array.from({ length: rows.window }, (_, k) =>
    taps.map((c) => (k + c === 0 ? [] : compare((k * rowStep + c) * size, type.constant(k * rowStep + c)))),
  );
  const looped: Code = [
    offset.set(i32.const(0)),
    frame.range(r, row.top.get, row.bottom.get, rows.dilation, [
      taps.map((c) => compare(c * size, type.splat(i32.add(offset.get, i32.const(c))))),
      offset.set(i32.add(offset.get, i32.const(rowStep))),
      at.set(i32.add(at.get, i32.const(rowStep * size))),
    ]),
  ];
  const whole = i32.eq(i32.sub(row.bottom.get, row.top.get), i32.const(reach(rows)));
  const alwaysWhole = inside(rows)[1] - inside(rows)[0] === rows.outputs;
  const short = rows.window * columns.window <= UNROLLED;
  return [
    frame.range(j, i32.const(first), i32.const(end), lanes, [
      when(i32.gtS(j.get, i32.const(end - lanes)), j.set(i32.const(end - lanes))),
      start.set(
        i32.add(
          i32.mul(row.top.get, i32.const(columns.size)),
          i32.sub(i32.mul(j.get, i32.const(columns.stride)), i32.const(columns.low)),
        ),
      ),
      at.set(i32.add(row.plane.get, i32.mul(start.get, i32.const(size)))),
      best.set(load(0)),
      where.set(type.constant(0)),
      !short ? looped : alwaysWhole ? unrolled : when(whole, unrolled, looped),
      type.store(
        i32.add(row.out.get, i32.shl(j.get, i32.const(2))),
        type.add(where.get, type.positions(start.get, columns.stride)),
      ),
    ]),
  ];
}
