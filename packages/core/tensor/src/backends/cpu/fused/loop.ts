import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import { collapse } from '../../../primitives/kernels/elementwise.js';
import type { FusedStep } from '../../../program/fuse.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { Emitter } from '../elements/emitter.js';
import { emitter } from '../elements/emitter.js';
import type { HeapKernel } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { block, br, brIf, i32, loop } from '../wasm/code.js';
import type { Frame, Local, WasmFunction } from '../wasm/module.js';
import { costOf, emitNode, nodesOf } from './expression.js';
import type { Node, Operand } from '../../../program/rowForm.js';
import type { Lanes } from './lanes.js';
import { loadLanes, numberLanes, splatLanes, storeLanes } from './lanes.js';

/** How an input runs through the loops: like the outputs, not at all, or by its own strides (1 or 0 in the innermost). */
type Access = 'same' | 'once' | 'row' | 'column';

/** What the code of a loop depends on; lengths, strides, numbers and addresses are its arguments. */
interface LoopForm {
  readonly inputs: readonly { readonly dtype: DType; readonly access: Access }[];
  readonly outputs: readonly { readonly dtype: DType; readonly node: number }[];
  readonly numbers: readonly DType[];
  readonly nodes: readonly Node[];
  /** How many loops are nested. */
  readonly depth: number;
}

/** Work for one thread is at least this long, in nanoseconds. */
const leastPiece = 30_000;

/** The kernel of a group of elementwise equations: one pass that reads each input once and writes the outputs. */
export function fusedKernel(
  step: Pick<FusedStep, 'inputs' | 'outputs' | 'equations' | 'source' | 'shape'>,
  engine: Engine,
): HeapKernel {
  const total = sizeOf(step.shape);
  if (total === 0) return () => undefined;
  const { nodes, numbers, nodeOf } = nodesOf(step);
  const own = step.inputs.map(({ shape }) => sizeOf(shape) !== total && sizeOf(shape) !== 1);
  const { lengths, strides } = own.includes(true)
    ? collapse(
        step.shape,
        step.inputs.map((input) => input.shape),
      )
    : { lengths: [total], strides: step.inputs.map(() => [1]) };
  const depth = lengths.length;
  const form: LoopForm = {
    inputs: step.inputs.map(({ dtype, shape }, k) => {
      if (sizeOf(shape) === total) return { dtype, access: 'same' };
      return { dtype, access: !own[k] ? 'once' : strides[k]![depth - 1] === 0 ? 'column' : 'row' };
    }),
    outputs: step.outputs.map((output) => ({ dtype: output.dtype, node: nodeOf.get(output)! })),
    numbers: numbers.map(({ dtype }) => dtype),
    nodes,
    depth,
  };
  const f = engine.functions(`fused ${JSON.stringify(form)}`, () => [fusedLoop(form, engine.relaxed)])[0]!;
  const inner = depth === 1 ? 1 : lengths[depth - 1]!;
  const items = total / inner;
  const cost = costOf(nodes, step.inputs.length + step.outputs.length) * inner;
  const grain = Math.max(1, Math.ceil(leastPiece / cost / 64)) * (depth === 1 ? 64 : 1);
  const count = step.inputs.length + step.outputs.length;
  const args = new Array<number>(count).fill(0);
  for (const { value } of numbers) args.push(value);
  if (depth > 1) {
    args.push(...lengths.slice(1));
    form.inputs.forEach(({ dtype, access }, k) => {
      if (access === 'row' || access === 'column')
        args.push(...strides[k]!.slice(0, -1).map((stride) => stride * bytesPerElement(dtype)));
    });
  }
  return (addresses) => {
    for (let i = 0; i < count; i++) args[i] = addresses[i]!;
    engine.parallel(f, args, items, grain);
  };
}

/**
 * (inputs, outputs, numbers, lengths of all loops but the outermost, outer strides in bytes of the inputs with strides
 * of their own, begin, end). A single loop counts elements; nested ones count rows of the innermost loop.
 */
function fusedLoop(form: LoopForm, relaxed: boolean): WasmFunction {
  const { inputs, outputs, numbers, depth } = form;
  const own = inputs.flatMap(({ access }, k) => (access === 'row' || access === 'column' ? [k] : []));
  const outerLevels = Array.from({ length: depth - 1 }, (_, level) => level);
  const parameters: Record<string, 'i32' | 'f64'> = {};
  inputs.forEach((_, k) => (parameters[`x${k}`] = 'i32'));
  outputs.forEach((_, k) => (parameters[`y${k}`] = 'i32'));
  numbers.forEach((_, k) => (parameters[`c${k}`] = 'f64'));
  outerLevels.forEach((level) => (parameters[`n${level + 1}`] = 'i32'));
  own.forEach((k) => outerLevels.forEach((level) => (parameters[`d${k}_${level}`] = 'i32')));
  parameters['begin'] = 'i32';
  parameters['end'] = 'i32';

  return {
    parameters,
    body: (p, frame) => {
      const start = emitter(frame, relaxed);
      const constant = numbers.map((dtype, k) => numberLanes(start, dtype, p[`c${k}`]!.get));
      const fixed = new Map<number, Lanes>();
      inputs.forEach(({ dtype, access }, k) => {
        if (access === 'once') fixed.set(k, splatLanes(start, dtype, p[`x${k}`]!.get));
      });
      const pointers = {
        inputs: inputs.map((_, k) => p[`x${k}`]!),
        outputs: outputs.map((_, k) => p[`y${k}`]!),
      };
      if (depth === 1) {
        const i = frame.local('i32');
        const run = innerLoop(form, frame, relaxed, pointers, fixed, constant, i, p['end']!.get);
        return [start.code, i.set(p['begin']!.get), run];
      }

      const row = frame.local('i32');
      const i = frame.local('i32');
      const inner = p[`n${depth - 1}`]!.get;
      const each = emitter(frame, relaxed);
      const rowPointers = {
        inputs: inputs.map(() => frame.local('i32')),
        outputs: outputs.map(() => frame.local('i32')),
      };
      const shifted = (base: Local, dtype: DType): Code =>
        i32.add(base.get, i32.mul(i32.mul(row.get, inner), i32.const(bytesPerElement(dtype))));
      const places = placesOf(each, row.get, depth, (level) => p[`n${level}`]!.get);
      inputs.forEach(({ dtype, access }, k) => {
        if (access === 'once') return;
        const offset = places
          .map((place, level) => i32.mul(place, p[`d${k}_${level}`]?.get ?? i32.const(0)))
          .reduce((a, b) => i32.add(a, b));
        const target = rowPointers.inputs[k]!;
        each.emit(
          target.set(access === 'same' ? shifted(p[`x${k}`]!, dtype) : i32.add(p[`x${k}`]!.get, offset)),
        );
      });
      outputs.forEach(({ dtype }, k) => each.emit(rowPointers.outputs[k]!.set(shifted(p[`y${k}`]!, dtype))));
      inputs.forEach(({ dtype, access }, k) => {
        if (access === 'column') fixed.set(k, splatLanes(each, dtype, rowPointers.inputs[k]!.get));
      });
      const run = innerLoop(form, frame, relaxed, rowPointers, fixed, constant, i, inner);
      return [
        start.code,
        frame.range(row, p['begin']!.get, p['end']!.get, 1, [each.code, i.set(i32.const(0)), run]),
      ];
    },
  };
}

/** The place along each outer loop of row number `row`. */
function placesOf(e: Emitter, row: Code, depth: number, length: (level: number) => Code): Code[] {
  const places = new Array<Code>(depth - 1);
  let rest = row;
  for (let level = depth - 2; level > 0; level--) {
    places[level] = e.keep(i32.remU(rest, length(level)), 'i32');
    rest = e.keep(i32.divU(rest, length(level)), 'i32');
  }
  places[0] = rest;
  return places;
}

interface Pointers {
  readonly inputs: readonly Local[];
  readonly outputs: readonly Local[];
}

/** Elements i … end - 1: several vectors at a time, then single ones, then element by element. */
function innerLoop(
  form: LoopForm,
  frame: Frame,
  relaxed: boolean,
  pointers: Pointers,
  fixed: ReadonlyMap<number, Lanes>,
  constant: readonly Lanes[],
  i: Local,
  end: Code,
): Code {
  const step = (count: 1 | 4, times: number): Code => {
    const copies = Array.from({ length: times }, (_, u) => {
      const e = emitter(frame, relaxed);
      elements(form, e, pointers, fixed, constant, i, count, u * count);
      return e.code;
    });
    // Instruction by instruction, so that the processor finds independent work side by side.
    const code = copies[0]!.flatMap((_, at) => copies.map((copy) => copy[at]!));
    const stride = count * times;
    return block(
      loop(
        brIf(1, i32.gtS(i32.add(i.get, i32.const(stride)), end)),
        code,
        i.set(i32.add(i.get, i32.const(stride))),
        br(0),
      ),
    );
  };
  const unroll = form.nodes.length <= 4 ? 4 : form.nodes.length <= 12 ? 2 : 1;
  return [unroll > 1 ? step(4, unroll) : [], step(4, 1), step(1, 1)];
}

/** Elements i + ahead … + count: all loads come before the stores, since an output may share the memory of an input. */
function elements(
  { inputs, outputs, nodes }: LoopForm,
  e: Emitter,
  pointers: Pointers,
  fixed: ReadonlyMap<number, Lanes>,
  constant: readonly Lanes[],
  i: Local,
  count: 1 | 4,
  ahead: number,
): void {
  const at = (pointer: Local, dtype: DType): Code => {
    const bytes = bytesPerElement(dtype);
    return i32.add(pointer.get, bytes === 1 ? i.get : i32.shl(i.get, i32.const(Math.log2(bytes))));
  };
  const offset = (dtype: DType): number => ahead * bytesPerElement(dtype);
  const read = inputs.map(
    ({ dtype }, k) =>
      fixed.get(k) ?? loadLanes(e, dtype, at(pointers.inputs[k]!, dtype), count, offset(dtype)),
  );
  const values: Lanes[] = [];
  const lanesOf = ([kind, place]: Operand): Lanes =>
    kind === 'input' ? read[place]! : kind === 'node' ? values[place]! : constant[place]!;
  for (const node of nodes) values.push(emitNode(e, node, node.operands.map(lanesOf)));
  outputs.forEach(({ dtype, node }, k) =>
    storeLanes(e, dtype, at(pointers.outputs[k]!, dtype), values[node]!, count, offset(dtype)),
  );
}
