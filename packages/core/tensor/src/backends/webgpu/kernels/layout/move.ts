import type { Capabilities, Kernel } from '../../kernel.js';
import type { ArrayUse } from '../../shader.js';
import { paddedBytes, pass } from '../../shader.js';
import type { Axis, Dynamic } from './axes.js';
import { collapse, isMultiple, literal, scaled } from './axes.js';

/** One of a kernel's arrays. */
export interface Place {
  readonly array: number;
  readonly elements: number;
}

/** Elements that go from one array to others places in another, whatever their dtype: they move as words. */
export interface Move {
  readonly label: string;
  readonly from: Place;
  readonly to: Place;
  /** The target's axes, row-major. */
  readonly axes: readonly Axis[];
  /** Where in the source the first element is. */
  readonly start?: number;
  /** Added to `start`. */
  readonly offsets?: readonly Dynamic[];
  /** What the target has outside the windows of its axes: the bits of a value, or what another array has there. */
  readonly outside?: number | Place;
  /** WGSL that finds what is dynamic, and the arrays that it reads. */
  readonly prepare?: { readonly code: string; readonly arrays: readonly ArrayUse[] };
}

/** Threads of a workgroup where they do not work together. */
export const threadsOf = ({ threads }: Capabilities): number => Math.min(256, threads);

/** One thread for each element of the target, or for four: those are then read at once, where they lie so. */
export function moveKernel(move: Move, capabilities: Capabilities): Kernel {
  const axes = collapse(move.axes);
  if (axes.length === 0) axes.push({ length: 1, stride: 1 });
  const { label, from, to, outside = 0, prepare, start = 0, offsets = [] } = move;
  const vectors = movesVectors(axes, move);
  // Four neighbours of the target come from places that a stride tells, and are written at once.
  const collects = !vectors && axes.at(-1)!.length % 4 === 0 && axes.every(({ window }) => !window);
  const wide = vectors || collects;
  const parts = vectors ? quarters(axes) : axes;
  const last = axes.at(-1)!;
  const walked = collects
    ? [...axes.slice(0, -1), { length: last.length / 4, stride: last.stride * 4 }]
    : parts;
  const unit = vectors ? 4 : 1;
  const size = threadsOf(capabilities);
  const threads = wide ? paddedBytes(to.elements) / 16 : to.elements;
  const uses: ArrayUse[] = [
    { ...from, name: 'x', dtype: 'int32', access: 'read', width: vectors ? 4 : 1 },
    { ...to, name: 'y', dtype: 'int32', access: 'write', width: wide ? 4 : 1 },
  ];
  if (typeof outside !== 'number')
    uses.push({ ...outside, name: 'base', dtype: 'int32', access: 'read', width: wide ? 4 : 1 });
  const terms = [start / unit, ...offsets.map((offset) => scaled(offset, 1 / unit))];
  const value = collects ? collected(last.stride) : 'x_get(place)';
  const filler =
    typeof outside === 'number'
      ? wide
        ? `vec4<i32>(${outside | 0})`
        : `i32(${outside | 0})`
      : 'base_get(thread)';
  const guards = walked.some(({ window }) => window);
  return {
    passes: [
      pass({
        label,
        capabilities,
        arrays: [...uses, ...(prepare?.arrays ?? [])],
        size,
        groups: Math.ceil(threads / size),
        main: `
  if (thread >= y_length()) { return; }
  ${prepare?.code ?? ''}
  var place = ${terms.map(written).join(' + ')};
  ${guards ? 'var inside = true;' : ''}
  ${coordinates(walked).join('\n  ')}
  ${guards ? `if (!inside) { y_set(thread, ${filler}); return; }` : ''}
  y_set(thread, ${value});`,
      }),
    ],
  };
}

/** Whether fours of the target are fours of the source. */
function movesVectors(axes: readonly Axis[], { start = 0, offsets = [], outside }: Move): boolean {
  const outer = axes.slice(0, -1);
  const { length, stride, window } = axes.at(-1)!;
  const aligned =
    stride === 1 &&
    start % 4 === 0 &&
    offsets.every((offset) => isMultiple(offset, 4)) &&
    outer.every((axis) => axis.stride % 4 === 0);
  if (!aligned) return false;
  // A run alone may end within a four: both arrays are padded.
  if (window === undefined) return length % 4 === 0 || (outer.length === 0 && outside === undefined);
  return length % 4 === 0 && window.step === 1 && isMultiple(window.start, 4) && window.extent % 4 === 0;
}

/** The axes counted in fours. */
function quarters(axes: readonly Axis[]): Axis[] {
  const { length, window } = axes.at(-1)!;
  return [
    ...axes.slice(0, -1).map((axis) => ({ ...axis, stride: axis.stride / 4 })),
    {
      length: Math.ceil(length / 4),
      stride: 1,
      window: window && { start: scaled(window.start, 1 / 4), extent: window.extent / 4, step: 1 },
    },
  ];
}

const collected = (stride: number): string =>
  stride === 0
    ? 'vec4<i32>(x_get(place))'
    : `vec4<i32>(${[0, 1, 2, 3].map((i) => `x_get(place + ${literal(i * stride)})`).join(', ')})`;

const written = (start: number | Dynamic): string =>
  typeof start === 'number' ? literal(start) : `${start.name} * ${literal(start.scale)}`;

/** Takes `thread` apart into the places along the axes, and adds to `place` what they mean for the source. */
function coordinates(axes: readonly Axis[]): string[] {
  const lines: string[] = [];
  let rest = 'thread';
  for (let i = axes.length - 1; i >= 0; i--) {
    const { length, stride, window } = axes[i]!;
    let along = `i${i}`;
    lines.push(`let ${along} = ${i === 0 ? rest : `${rest} % ${length}u`};`);
    if (i > 0) lines.push(`let rest${i} = ${rest} / ${length}u;`);
    rest = `rest${i}`;
    if (window) {
      // What lies before the window wraps, and is beyond its end.
      lines.push(
        `let at${i} = i${i} - ${written(window.start)};`,
        `inside = inside && at${i} < ${window.extent}u${window.step > 1 ? ` && at${i} % ${window.step}u == 0u` : ''};`,
      );
      along = window.step > 1 ? `at${i} / ${window.step}u` : `at${i}`;
    }
    if (stride !== 0) lines.push(`place += ${along}${stride === 1 ? '' : ` * ${literal(stride)}`};`);
  }
  return lines;
}
