import type { Engine } from '../../engine.js';
import { i32 } from '../../wasm/code.js';
import type { Local, WasmFunction } from '../../wasm/module.js';
import { defineFunction } from '../../wasm/module.js';
import type { Axis, RunShape } from '../strided/copy.js';
import { axisArguments, splitRun } from '../strided/copy.js';
import type { Width } from '../strided/runs.js';
import { copyRun } from '../strided/runs.js';
import { axisLocals, axisParameters, walk } from '../strided/walk.js';

/** Bytes of one thread's share at least. */
const grainBytes = 1 << 18;
const onePlace: Axis = { length: 1, from: 0, to: 0 };

export interface PaddedBlocks {
  readonly width: Width;
  /** Collapsed axes that count the blocks. */
  readonly outer: readonly Axis[];
  /** Collapsed axes of the elements of a block that come from the source. */
  readonly inner: readonly Axis[];
  /** Bytes of a block of the target. */
  readonly blockBytes: number;
  /** Bytes from a block's begin to the first element that comes from the source. */
  readonly inset: number;
}

/** Fills each block with the element at `value`, then copies into it while it is in the first-level cache. */
export function copyPadded(
  engine: Engine,
  { width, outer, inner, blockBytes, inset }: PaddedBlocks,
): (value: number, from: number, to: number) => void {
  const { run, outer: innerRows } = splitRun(inner, width);
  const blocks = outer.length > 0 ? outer : [onePlace];
  const rows = innerRows.length > 0 ? innerRows : [onePlace];
  const placesOf = (axes: readonly Axis[]): number =>
    axes.reduce((product, { length }) => product * length, 1);
  const [copy] = engine.functions(
    `pad ${width} ${run.kind} ${run.width} ${blocks.length} ${rows.length}`,
    () => [paddedBlocks(width, run, blocks.length, rows.length)],
  );
  const args = [0, 0, 0, blockBytes, inset, placesOf(rows), run.count, run.fromStep, run.toStep];
  args.push(...axisArguments([...blocks, ...rows], width));
  const items = placesOf(blocks);
  const grain = Math.max(1, Math.floor(grainBytes / blockBytes));
  return (value, from, to) => {
    args[0] = value;
    args[1] = from;
    args[2] = to;
    engine.parallel(copy!, args, items, grain);
  };
}

function paddedBlocks(width: Width, shape: RunShape, outerRank: number, innerRank: number): WasmFunction {
  const first = {
    value: 'i32', from: 'i32', to: 'i32', blockBytes: 'i32', inset: 'i32', rows: 'i32',
    count: 'i32', fromStep: 'i32', toStep: 'i32',
  } as const; // prettier-ignore
  return defineFunction<string>({
    parameters: { ...first, ...axisParameters(outerRank + innerRank), begin: 'i32', end: 'i32' },
    body: (parameters, frame) => {
      const { value, from, to, blockBytes, inset, rows, count, fromStep, toStep, begin, end } =
        parameters as Record<keyof typeof first | 'begin' | 'end', Local>;
      const axes = axisLocals(parameters, outerRank + innerRank);
      const [source, target, zero] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
      const steps = { fromStep: fromStep.get, toStep: toStep.get };
      const fill = { ...steps, to: to.get, from: value.get, count: blockBytes.get };
      const run = { ...steps, to: target.get, from: source.get, count: count.get };
      return walk(frame, { axes: axes.slice(0, outerRank), from, to, begin, end }, () => [
        copyRun(frame, 'splat', width, fill),
        source.set(from.get),
        target.set(i32.add(to.get, inset.get)),
        walk(frame, { axes: axes.slice(outerRank), from: source, to: target, begin: zero, end: rows }, () =>
          copyRun(frame, shape.kind, shape.width, run),
        ),
      ]);
    },
  });
}
