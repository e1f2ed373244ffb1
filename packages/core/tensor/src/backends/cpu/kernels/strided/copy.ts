import type { Shape } from '../../../../shape.js';
import type { Engine, KernelFunction } from '../../engine.js';
import { i32 } from '../../wasm/code.js';
import type { WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import type { RunKind, RunWidth, Width } from './runs.js';
import { copyRun } from './runs.js';
import { axisLocals, axisParameters, walk } from './walk.js';

/** Bytes of one thread's share at least. */
const grainBytes = 1 << 18;

/** One axis of two arrays: its length and the elements that each steps along it. */
export interface Axis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** A run as `copyRun` wants it: counted in bytes where it is contiguous or a splat, else in elements. */
export interface RunShape {
  readonly kind: RunKind;
  readonly width: RunWidth;
  /** Bytes of what `count` counts. */
  readonly unit: number;
  readonly count: number;
  readonly fromStep: number;
  readonly toStep: number;
}

/** Copies from an address to an address. */
export type Copy = (from: number, to: number) => void;

/**
 * `to[i . toStrides] = from[i . fromStrides]` for every index i below `shape`; strides in elements of `width` bytes,
 * negative or 0 ones too. Rows along the last axis that is left after neighbours are joined are copied by vectors where
 * they lie together.
 */
export function stridedCopy(
  engine: Engine,
  width: Width,
  shape: Shape,
  fromStrides: readonly number[],
  toStrides: readonly number[],
): Copy {
  const axes = collapse(shape, fromStrides, toStrides);
  if (axes === undefined) return () => undefined;
  const { run, outer } = splitRun(axes, width);
  const copy = rowCopy(engine, run, outer.length);
  const rows = outer.reduce((product, { length }) => product * length, 1);
  const items = outer.length === 0 ? run.count : rows;
  const itemBytes = outer.length === 0 ? run.unit : run.unit * run.count;
  const grain = Math.max(1, Math.floor(grainBytes / itemBytes));
  const args = [0, 0, run.count, run.fromStep, run.toStep, ...axisArguments(outer, width)];
  return (from, to) => {
    args[0] = from;
    args[1] = to;
    engine.parallel(copy, args, items, grain);
  };
}

/** Drops axes of length 1 and joins neighbours that both arrays step through as one; undefined if there is nothing. */
export function collapse(
  shape: Shape,
  fromStrides: readonly number[],
  toStrides: readonly number[],
): Axis[] | undefined {
  if (shape.includes(0)) return undefined;
  const axes: Axis[] = [];
  shape.forEach((length, i) => {
    const [from, to] = [fromStrides[i]!, toStrides[i]!];
    const before = axes[axes.length - 1];
    if (length === 1) return;
    if (before?.from === from * length && before.to === to * length) {
      axes[axes.length - 1] = { length: before.length * length, from, to };
    } else {
      axes.push({ length, from, to });
    }
  });
  return axes;
}

/**
 * The last of collapsed axes as a run, with its count and steps as `copyRun` wants them, and the others. Where a run
 * fits into one register it counts as one wider element, and the axis before it is the run.
 */
export function splitRun(axes: readonly Axis[], width: Width): { outer: readonly Axis[]; run: RunShape } {
  const last = axes[axes.length - 1] ?? { length: 1, from: 1, to: 1 };
  const before = axes[axes.length - 2];
  const bytes = last.length * width;
  if (before && last.from === 1 && last.to === 1 && (bytes === 4 || bytes === 8 || bytes === 16))
    return { outer: axes.slice(0, -2), run: runOf(before, width, bytes) };
  return { outer: axes.slice(0, -1), run: runOf(last, width, width) };
}

/** An axis of elements of `width` bytes; its strides count `stride` bytes. */
function runOf({ length, from, to }: Axis, stride: Width, width: RunWidth): RunShape {
  const [fromStep, toStep] = [from * stride, to * stride];
  const lies = toStep !== width ? undefined : fromStep / width;
  const kind = lies === 1 ? 'contiguous' : lies === 0 ? 'splat' : lies === -1 ? 'reverse' : 'steps';
  if (kind === 'steps' || kind === 'reverse')
    return { kind, width, unit: width, count: length, fromStep, toStep };
  return { kind, width, unit: 1, count: length * width, fromStep: from === 0 ? 0 : 1, toStep: 1 };
}

/** What a function with `axisParameters` gets. */
export function axisArguments(axes: readonly Axis[], width: Width): number[] {
  return axes.flatMap(({ length, from, to }) => [length, from * width, to * width]);
}

/** Copies the rows begin … end - 1 that `rank` axes count, or a part of the only row if there is no axis. */
function rowCopy(engine: Engine, { kind, width }: RunShape, rank: number): KernelFunction {
  const known = kind === 'contiguous' ? 1 : width;
  return engine.functions(`strided ${kind} ${known} ${rank}`, () => [rows(kind, known, rank)])[0]!;
}

function rows(kind: RunKind, width: RunWidth, rank: number): WasmFunction {
  const first = { from: 'i32', to: 'i32', count: 'i32', fromStep: 'i32', toStep: 'i32' } as const;
  return defineFunction<string>({
    parameters: { ...first, ...axisParameters(rank), begin: 'i32', end: 'i32' },
    body: (parameters, frame) => {
      const { from, to, count, fromStep, toStep, begin, end } = parameters as Record<
        keyof typeof first | 'begin' | 'end',
        (typeof parameters)[string]
      >;
      const run = copyRun(frame, kind, width, {
        from: from.get,
        to: to.get,
        count: count.get,
        fromStep: fromStep.get,
        toStep: toStep.get,
      });
      if (rank > 0)
        return walk(frame, { axes: axisLocals(parameters, rank), from, to, begin, end }, () => run);
      return [
        from.set(i32.add(from.get, i32.mul(begin.get, fromStep.get))),
        to.set(i32.add(to.get, i32.mul(begin.get, toStep.get))),
        count.set(i32.sub(end.get, begin.get)),
        run,
      ];
    },
  });
}
