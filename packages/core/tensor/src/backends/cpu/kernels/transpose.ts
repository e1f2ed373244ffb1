import { stridesOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { KernelFactory } from '../kernel.js';
import { i32, select } from '../wasm/code.js';
import type { Code } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { Axis, Copy } from './strided/copy.js';
import { axisArguments, collapse, stridedCopy } from './strided/copy.js';
import type { Width } from './strided/runs.js';
import { axisLocals, axisParameters, walk } from './strided/walk.js';
import { widthOf } from './strided.js';
import { transposeBlock } from './transpose/block.js';

/** Rows and columns of a block of the source: what it reads and writes fits into the second-level cache. */
const blockRows = 256;
const blockColumns = 64;
/** Bytes of one thread's share at least. */
const grainBytes = 1 << 18;

export const transposeKernel: KernelFactory<'transpose'> = (
  { inputs: [x], outputs: [out], params: { permutation } },
  engine,
) => {
  const strides = stridesOf(x!.shape);
  const from = permutation.map((axis) => strides[axis]!);
  const to = stridesOf(out!.shape);
  const width = widthOf(x!);
  const axes = collapse(out!.shape, from, to) ?? [];
  const [last] = axes.slice(-1);
  // Where the last axis stays, runs along it are copied.
  const copy =
    last === undefined || last.from === 1
      ? stridedCopy(engine, width, out!.shape, from, to)
      : transposedCopy(engine, width, axes);
  return ([source, target]) => copy(source!, target!);
};

/** The last axis of the target is another one than that of the source, the axis that `from` steps along by 1. */
function transposedCopy(engine: Engine, width: Width, axes: readonly Axis[]): Copy {
  const rows = axes[axes.length - 1]!;
  const columns = axes.find(({ from }) => from === 1)!;
  const outer = axes.filter((axis) => axis !== rows && axis !== columns);
  const blocks = [
    { length: Math.ceil(columns.length / blockColumns), from: blockColumns, to: blockColumns * columns.to },
    { length: Math.ceil(rows.length / blockRows), from: blockRows * rows.from, to: blockRows },
  ];
  const walked = [...outer, ...blocks];
  const items = walked.reduce((product, { length }) => product * length, 1);
  const blockBytes = Math.min(blockRows, rows.length) * Math.min(blockColumns, columns.length) * width;
  const grain = Math.max(1, Math.floor(grainBytes / blockBytes));
  const steps = [rows.from * width, columns.to * width];
  const args = [0, 0, rows.length, columns.length, ...steps, ...axisArguments(walked, width)];
  const [transpose] = engine.functions(`transpose ${width} ${walked.length}`, () => [
    blockTranspose(width, walked.length),
  ]);
  return (from, to) => {
    args[0] = from;
    args[1] = to;
    engine.parallel(transpose!, args, items, grain);
  };
}

/** Transposes the blocks begin … end - 1 that `rank` axes count, the last two along the columns and the rows. */
function blockTranspose(width: Width, rank: number): WasmFunction {
  const first = {
    from: 'i32',
    to: 'i32',
    rows: 'i32',
    columns: 'i32',
    fromStep: 'i32',
    toStep: 'i32',
  } as const;
  return defineFunction<string>({
    parameters: { ...first, ...axisParameters(rank), begin: 'i32', end: 'i32' },
    body: (parameters, frame) => {
      const { from, to, rows, columns, fromStep, toStep, begin, end } = parameters as Record<
        keyof typeof first | 'begin' | 'end',
        Local
      >;
      const [height, breadth] = [frame.local('i32'), frame.local('i32')];
      /** What is left of `length` at block `index`, at most a block. */
      const extent = (into: Local, length: Code, index: Code, most: number): Code => [
        into.set(i32.sub(length, i32.mul(index, i32.const(most)))),
        into.set(select(i32.ltU(into.get, i32.const(most)), into.get, i32.const(most))),
      ];
      return walk(frame, { axes: axisLocals(parameters, rank), from, to, begin, end }, (indices) => [
        extent(breadth, columns.get, indices[rank - 2]!, blockColumns),
        extent(height, rows.get, indices[rank - 1]!, blockRows),
        transposeBlock(frame, width, {
          from: from.get,
          to: to.get,
          rows: height.get,
          columns: breadth.get,
          fromStep: fromStep.get,
          toStep: toStep.get,
        }),
      ]);
    },
  });
}
