import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import type { Emitter } from '../elements/emitter.js';
import { emitter } from '../elements/emitter.js';
import type { Code } from '../wasm/code.js';
import { block, br, brIf, i32, loop, select } from '../wasm/code.js';
import type { Frame, Local } from '../wasm/module.js';
import type { Accumulator } from './accumulators.js';
import { accumulator, ways } from './accumulators.js';
import { emitNode } from './expression.js';
import type { Operand, RowForm } from '../../../program/rowForm.js';
import type { Lanes } from './lanes.js';
import { loadLanes, numberLanes, splatLanes, storeLanes } from './lanes.js';

/** A row step's form, and how its rows are walked here. */
export interface WalkedRows extends RowForm {
  /** Rows are cut in pieces, each of which is reduced by itself. */
  readonly pieces: boolean;
  /** Rows have at least `longRow` elements. */
  readonly long: boolean;
}

/** What a pass over a row is written with. */
interface Row {
  readonly form: WalkedRows;
  readonly frame: Frame;
  readonly relaxed: boolean;
  readonly constants: readonly Lanes[];
  /** Inputs that are the same along the row. */
  readonly fixed: ReadonlyMap<number, Lanes>;
  /** The first element of the row: of inputs, of outputs, and of what is kept. */
  readonly inputs: ReadonlyMap<number, Local>;
  readonly stored: ReadonlyMap<number, readonly Local[]>;
  /** Values of the row so far. */
  readonly values: Map<number, Lanes>;
  readonly accumulators: ReadonlyMap<number, Accumulator>;
  readonly count: Code;
}

type Parameters = Readonly<Record<string, Local>>;

/** The body of a row function: for each row, one loop after another over its elements, with reductions between them. */
export function rowsCode(form: WalkedRows, p: Parameters, frame: Frame, relaxed: boolean): Code {
  const { inputs, outputs, nodes, numbers, passes } = form;
  const start = emitter(frame, relaxed);
  const constants = numbers.map((dtype, k) => numberLanes(start, dtype, p[`c${k}`]!.get));
  const once = new Map<number, Lanes>();
  inputs.forEach(({ dtype, access }, k) => {
    if (access === 'once') once.set(k, splatLanes(start, dtype, p[`x${k}`]!.get));
  });
  const length = p['length']!.get;
  const piece = p['piece']!.get;
  const pieces = form.pieces
    ? start.keep(i32.divU(i32.add(length, i32.sub(piece, i32.const(1))), piece), 'i32')
    : i32.const(1);
  const item = frame.local('i32');

  const e = emitter(frame, relaxed);
  const row = form.pieces ? e.keep(i32.divU(item.get, pieces), 'i32') : item.get;
  const first = form.pieces ? e.keep(i32.mul(i32.remU(item.get, pieces), piece), 'i32') : i32.const(0);
  const rest = i32.sub(length, first);
  const count = form.pieces ? e.keep(select(i32.ltU(rest, piece), rest, piece), 'i32') : length;
  const pointer = (address: Code): Local => {
    const local = frame.local('i32');
    e.emit(local.set(address));
    return local;
  };
  const element = (base: Local, dtype: DType): Local =>
    pointer(
      i32.add(base.get, i32.mul(i32.add(i32.mul(row, length), first), i32.const(bytesPerElement(dtype)))),
    );

  const fixed = new Map(once);
  const pointers = new Map<number, Local>();
  inputs.forEach(({ dtype, access, levels }, k) => {
    if (access === 'once') return;
    if (access === 'element') {
      pointers.set(k, element(p[`x${k}`]!, dtype));
      return;
    }
    const at = i32.add(
      p[`x${k}`]!.get,
      rowOffset(e, row, levels, (level) => [p[`n${k}_${level}`]!.get, p[`d${k}_${level}`]!.get]),
    );
    if (access === 'row') fixed.set(k, splatLanes(e, dtype, e.keep(at, 'i32')));
    else pointers.set(k, pointer(i32.add(at, i32.mul(first, i32.const(bytesPerElement(dtype))))));
  });
  const stored = new Map<number, Local[]>();
  outputs.forEach(({ dtype, node }, k) => {
    if (nodes[node]!.level === 'element')
      stored.set(node, [...(stored.get(node) ?? []), element(p[`y${k}`]!, dtype)]);
  });
  let buffers = 0;
  nodes.forEach(({ kept }, node) => {
    if (!kept || stored.has(node)) return;
    const bytes = i32.shl(i32.shrU(i32.add(length, i32.const(7)), i32.const(3)), i32.const(6));
    stored.set(node, [pointer(i32.add(p['scratch']!.get, i32.mul(bytes, i32.const(buffers++))))]);
  });

  const values = new Map<number, Lanes>();
  const accumulators = new Map<number, Accumulator>();
  nodes.forEach(({ reduction, dtype, result }, node) => {
    if (reduction !== undefined)
      accumulators.set(node, accumulator(reduction, dtype, result, form.long, frame));
  });
  const state: Row = {
    form,
    frame,
    relaxed,
    constants,
    fixed,
    inputs: pointers,
    stored,
    values,
    accumulators,
    count,
  };
  for (let pass = 0; pass <= passes; pass++) {
    if (pass > 0) e.emit(passCode(state, pass - 1));
    nodes.forEach((node, i) => {
      if (node.level !== 'row' || node.pass !== pass) return;
      const lanes =
        node.reduction !== undefined
          ? accumulators.get(i)!.finish(e)
          : emitNode(
              e,
              node,
              node.operands.map((operand) => rowOperand(state, operand)),
            );
      values.set(i, lanes);
      outputs.forEach(({ dtype, node: own }, k) => {
        if (own !== i) return;
        const at = i32.add(p[`y${k}`]!.get, i32.mul(item.get, i32.const(bytesPerElement(dtype))));
        storeLanes(e, dtype, e.keep(at, 'i32'), lanes, 1);
      });
    });
  }
  return [start.code, frame.range(item, p['begin']!.get, p['end']!.get, 1, e.code)];
}

/** Where a row's part of an input lies, in bytes from its beginning. */
function rowOffset(
  e: Emitter,
  row: Code,
  levels: number,
  level: (index: number) => readonly [Code, Code],
): Code {
  let offset: Code = i32.const(0);
  let rest = row;
  for (let index = levels - 1; index >= 0; index--) {
    const [length, stride] = level(index);
    offset = i32.add(offset, i32.mul(index === 0 ? rest : i32.remU(rest, length), stride));
    if (index > 0) rest = e.keep(i32.divU(rest, length), 'i32');
  }
  return e.keep(offset, 'i32');
}

function rowOperand({ constants, fixed, values }: Row, [kind, place]: Operand): Lanes {
  return kind === 'number' ? constants[place]! : kind === 'input' ? fixed.get(place)! : values.get(place)!;
}

/** One walk along the row: what the pass stores, and what its reductions take in. */
function passCode(row: Row, pass: number): Code {
  const { form, frame, relaxed, accumulators, stored, count } = row;
  const reduced = form.nodes.flatMap((node, i) =>
    node.reduction !== undefined && node.pass - 1 === pass ? [i] : [],
  );
  const written = form.nodes.flatMap((node, i) =>
    node.level === 'element' && node.pass === pass && stored.has(i) ? [i] : [],
  );
  const i = frame.local('i32');
  const group = (e: Emitter, lanes: 1 | 4, way: number): void => {
    const compute = elementsOf(row, e, pass, i, lanes, way * lanes);
    const results = written.map((node) => compute(['node', node]));
    for (const node of reduced) {
      const [operand] = form.nodes[node]!.operands;
      accumulators.get(node)!.add(e, compute(operand!), lanes === 1 ? 0 : way, lanes);
    }
    written.forEach((node, k) => {
      for (const pointer of stored.get(node)!) {
        const { result } = form.nodes[node]!;
        storeLanes(
          e,
          result,
          at(pointer, result, i),
          results[k]!,
          lanes,
          way * lanes * bytesPerElement(result),
        );
      }
    });
  };
  const steps = (lanes: 1 | 4, times: number, end: Code): Code => {
    const e = emitter(frame, relaxed);
    for (let way = 0; way < times; way++) group(e, lanes, way);
    const stride = i32.const(lanes * times);
    return block(
      loop(brIf(1, i32.gtS(i32.add(i.get, stride), end)), e.code, i.set(i32.add(i.get, stride)), br(0)),
    );
  };
  const settle = reduced.map((node) => accumulators.get(node)!.settle);
  const end = frame.local('i32');
  const blockLength = Math.min(...reduced.map((node) => accumulators.get(node)!.blockLength));
  const unrolled =
    reduced.length === 0
      ? form.nodes.length <= 12
        ? steps(4, 2, count)
        : []
      : block(
          loop(
            end.set(i32.add(i.get, i32.const(blockLength))),
            end.set(select(i32.ltS(end.get, count), end.get, count)),
            steps(4, ways, end.get),
            settle,
            // A whole block was walked and more is left.
            brIf(1, i32.gtS(i32.add(i.get, i32.const(4 * ways)), count)),
            br(0),
          ),
        );
  return [
    i.set(i32.const(0)),
    reduced.map((node) => accumulators.get(node)!.start),
    unrolled,
    steps(4, 1, count),
    steps(1, 1, count),
    settle,
  ];
}

const at = (pointer: Local, dtype: DType, i: Local): Code => {
  const bytes = bytesPerElement(dtype);
  return i32.add(pointer.get, bytes === 1 ? i.get : i32.shl(i.get, i32.const(Math.log2(bytes))));
};

/** Computes values of elements i + ahead …, each once; what an earlier pass kept is loaded. */
function elementsOf(
  row: Row,
  e: Emitter,
  pass: number,
  i: Local,
  lanes: 1 | 4,
  ahead: number,
): (operand: Operand) => Lanes {
  const { form, inputs, fixed, constants, values, stored } = row;
  const known = new Map<string, Lanes>();
  const loaded = (pointer: Local, dtype: DType): Lanes =>
    loadLanes(e, dtype, at(pointer, dtype, i), lanes, ahead * bytesPerElement(dtype));
  const make = ([kind, place]: Operand): Lanes => {
    if (kind === 'number') return constants[place]!;
    if (kind === 'input') return fixed.get(place) ?? loaded(inputs.get(place)!, form.inputs[place]!.dtype);
    const node = form.nodes[place]!;
    if (node.level === 'row') return values.get(place)!;
    if (node.kept && node.pass < pass) return loaded(stored.get(place)![0]!, node.result);
    return emitNode(e, node, node.operands.map(compute));
  };
  const compute = (operand: Operand): Lanes => {
    const key = operand.join();
    let made = known.get(key);
    if (made === undefined) known.set(key, (made = make(operand)));
    return made;
  };
  return compute;
}
