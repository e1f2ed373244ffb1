import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import type { Equation } from '../../../program/program.js';
import type { Reduction } from '../../../program/rowForm.js';
import { rowForm } from '../../../program/rowForm.js';
import type { RowStep } from '../../../program/rows.js';
import type { Aval } from '../../../shape.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { HeapKernel, KernelFactory } from '../kernel.js';
import type { ValueType } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { longRow, partialDType } from './accumulators.js';
import { costOf } from './expression.js';
import { rowsCode } from './rowCode.js';
import type { WalkedRows } from './rowCode.js';

/** Work for one thread is at least this long, in nanoseconds. */
const leastPiece = 30_000;
/** Longer rows that are only reduced are cut in pieces of this many elements, so that threads can share them. */
const pieceLength = 16384;

type Rows = Omit<RowStep, 'kind' | 'elementwise'>;

/** The kernel of a row step. */
export function rowsKernel(step: Rows, engine: Engine): HeapKernel {
  const { rows, length } = step;
  const { form: plain, numbers, levels } = rowForm(step);
  const form = { ...plain, pieces: false, long: length >= longRow };
  const cut = length > 2 * pieceLength && form.passes === 1 && form.nodes.every((node) => node.level === 'element' || node.reduction !== undefined); // prettier-ignore
  if (cut) return cutRows(step, form, numbers, levels, engine);
  const count = form.inputs.length + form.outputs.length;
  const { f, args, items, grain, scratch } = prepare(form, rows, length, length, numbers, levels, engine);
  return (addresses) => {
    for (let i = 0; i < count; i++) args[i] = addresses[i]!;
    engine.parallel(f, args, items, grain, scratch);
  };
}

function prepare(
  form: WalkedRows,
  rows: number,
  length: number,
  piece: number,
  numbers: readonly number[],
  levels: readonly { length: number; stride: number }[][],
  engine: Engine,
) {
  const f = engine.functions(`rows ${JSON.stringify(form)}`, () => [rowsFunction(form, engine.relaxed)])[0]!;
  const args = [
    ...form.inputs.map(() => 0),
    ...form.outputs.map(() => 0),
    ...numbers,
    length,
    piece,
    ...form.inputs.flatMap(({ dtype }, k) =>
      levels[k]!.flatMap((level) => [level.length, level.stride * bytesPerElement(dtype)]),
    ),
  ];
  const elements = Math.min(piece, length);
  const cost = 20 + elements * costOf(form.nodes, form.inputs.length + form.outputs.length);
  const buffers = form.nodes.filter(({ kept }) => kept).length;
  return {
    f,
    args,
    items: rows * Math.ceil(length / piece),
    grain: Math.max(1, Math.ceil(leastPiece / cost)),
    scratch: buffers === 0 ? undefined : buffers * bufferBytes(length),
  };
}

/** A kept row, whatever its dtype. */
const bufferBytes = (length: number): number => Math.ceil(length / 8) * 64;

/** Long rows in pieces: partial results first, then the reductions of these. Elementwise outputs are written on the way. */
function cutRows(
  step: Rows,
  form: WalkedRows,
  numbers: readonly number[],
  levels: readonly { length: number; stride: number }[][],
  engine: Engine,
): HeapKernel {
  const { rows, length } = step;
  const pieces = Math.ceil(length / pieceLength);
  const nodes = form.nodes.map((node) =>
    node.reduction === undefined ? node : { ...node, result: partialDType(node.reduction, node.dtype) },
  );
  const outputs = form.outputs.map(({ node, dtype }) => ({
    node,
    dtype: nodes[node]!.level === 'row' ? nodes[node]!.result : dtype,
  }));
  const first = prepare(
    { ...form, nodes, outputs, pieces: true },
    rows,
    length,
    pieceLength,
    numbers,
    levels,
    engine,
  );
  const inputCount = form.inputs.length;
  const seconds = form.outputs.flatMap(({ node, dtype }, k) => {
    const { reduction, result } = nodes[node]!;
    if (reduction === undefined) return [];
    const kernel = plainReduction(reduction, rows, pieces, result, dtype, engine);
    return [{ output: inputCount + k, bytes: rows * pieces * bytesPerElement(result), kernel }];
  });
  return (addresses) => {
    const partials = seconds.map(({ bytes }) => engine.heap.take(bytes));
    try {
      for (let i = 0; i < inputCount + form.outputs.length; i++) first.args[i] = addresses[i]!;
      seconds.forEach(({ output }, i) => (first.args[output] = partials[i]!));
      engine.parallel(first.f, first.args, first.items, first.grain, first.scratch);
      seconds.forEach(({ output, kernel }, i) => kernel([partials[i]!, addresses[output]!]));
    } finally {
      seconds.forEach(({ bytes }, i) => engine.heap.give(partials[i]!, bytes));
    }
  };
}

/** Rows [rows, length] to [rows], with a result of dtype `to`. */
export function plainReduction(
  reduction: Reduction,
  rows: number,
  length: number,
  from: DType,
  to: DType,
  engine: Engine,
): HeapKernel {
  const x = { id: 0, shape: [rows, length], dtype: from };
  const y = { id: 1, shape: [rows], dtype: to };
  const equation = { primitive: reduction, params: { axes: [1] }, inputs: [x], outputs: [y] } as const;
  return rowsKernel(
    {
      inputs: [x],
      outputs: [y],
      rows,
      length,
      members: [{ equation, level: 'row', reduces: true, source: (variable) => variable }],
      rootOf: (variable) => variable,
    },
    engine,
  );
}

/** (inputs, outputs, numbers, length, piece, levels of the inputs, begin, end[, scratch]); items are rows, or pieces of rows. */
function rowsFunction(form: WalkedRows, relaxed: boolean): WasmFunction {
  const { inputs, outputs, numbers, nodes } = form;
  const parameters: Record<string, ValueType> = {};
  inputs.forEach((_, k) => (parameters[`x${k}`] = 'i32'));
  outputs.forEach((_, k) => (parameters[`y${k}`] = 'i32'));
  numbers.forEach((_, k) => (parameters[`c${k}`] = 'f64'));
  parameters['length'] = 'i32';
  parameters['piece'] = 'i32';
  inputs.forEach(({ levels }, k) => {
    for (let level = 0; level < levels; level++) {
      parameters[`n${k}_${level}`] = 'i32';
      parameters[`d${k}_${level}`] = 'i32';
    }
  });
  parameters['begin'] = 'i32';
  parameters['end'] = 'i32';
  if (nodes.some(({ kept }) => kept)) parameters['scratch'] = 'i32';
  return { parameters, body: (p, frame) => rowsCode(form, p, frame, relaxed) };
}

/** Whether rows can be reduced so: numbers, over trailing axes, not empty. */
export function isRowReduction({ primitive, inputs: [x], params }: Equation<Aval>): boolean {
  if (primitive !== 'sum' && primitive !== 'prod' && primitive !== 'reduceMax' && primitive !== 'reduceMin')
    return false;
  const { axes } = params;
  const kept = x!.shape.length - axes.length;
  return x!.dtype !== 'bool' && sizeOf(x!.shape) > 0 && axes.length > 0 && axes.every((axis) => axis >= kept);
}

/** The kernels of reductions over trailing axes by themselves. */
export const rowReduction =
  (reduction: Reduction): KernelFactory<Reduction> =>
  ({ inputs: [x], outputs: [out], params: { axes } }, engine) => {
    if (x!.dtype === 'bool') return undefined;
    const length = axes.reduce((size, axis) => size * x!.shape[axis]!, 1);
    return plainReduction(reduction, sizeOf(out!.shape), length, x!.dtype, out!.dtype, engine);
  };
