import type { RowStep } from '../../../program/rows.js';
import { sizeOf } from '../../../shape.js';
import type { Operand, RowForm } from '../../../program/rowForm.js';
import { rowForm } from '../../../program/rowForm.js';
import { elementCode } from '../functions/element.js';
import type { ElementCode, ElementRules } from '../functions/element.js';
import { wgslNumber } from '../functions/number.js';
import type { Capabilities } from '../kernel.js';
import type { Fold } from './fold.js';
import { foldOf } from './fold.js';

/** One walk over the row. */
export interface RowPass {
  /** Inputs whose elements are loaded, and nodes of elements that are computed, in order. */
  readonly inputs: readonly number[];
  readonly nodes: readonly number[];
  /** Nodes that are reduced, and outputs that are stored. */
  readonly reductions: readonly number[];
  readonly stored: readonly number[];
}

/** A row step as its shader computes it. */
export interface RowPlan {
  readonly rows: number;
  readonly length: number;
  readonly form: RowForm;
  readonly inputElements: readonly number[];
  /** Of each input: lengths and strides of the loops over rows in which its place is counted. */
  readonly levels: readonly (readonly { readonly length: number; readonly stride: number }[])[];
  /** WGSL of the numbers. */
  readonly numbers: readonly string[];
  /** Of each node: its expression, or how it is reduced. */
  readonly nodes: readonly { readonly code: ElementCode | undefined; readonly fold: Fold | undefined }[];
  /** Elements that are loaded and stored at once. */
  readonly width: 1 | 4;
  /** Threads that share a row, and rows of a workgroup. */
  readonly team: number;
  readonly teams: number;
  /** Times that a thread loads from a row, written out one by one; undefined where it loops instead. */
  readonly steps: number | undefined;
  readonly passes: readonly RowPass[];
  /** Nodes and inputs whose elements stay in registers from one pass over the row to the next. */
  readonly keptNodes: ReadonlySet<number>;
  readonly keptInputs: ReadonlySet<number>;
  /** Long rows are cut into parts of `chunk` loads, each of which is reduced by itself. */
  readonly parts: number;
  readonly chunk: number;
}

/** Up to so many elements of a row, and so many expressions in all, a thread's work is written out without a loop. */
const mostElements = 16;
const mostExpressions = 512;
/** Registers for what is kept. */
const mostKept = 32;
const enoughGroups = 1024;
/** Loads of a thread: at least, if rows are cut for more parallel work, and at most, for accurate sums. */
const leastLoads = 4;
const mostLoads = 64;
/** From so many elements on there is work enough for all threads of a device, and each takes four. */
const manyElements = 1 << 20;

const powerAbove = (x: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, x)));

export function planRows(step: RowStep, { threads }: Capabilities, elementRules: ElementRules): RowPlan {
  const { rows, length, members } = step;
  const { form, numbers, levels } = rowForm(step);
  const nodes = members.map(({ equation, reduces }, i) => ({
    fold: reduces ? foldOf(form.nodes[i]!.reduction!, form.nodes[i]!.dtype) : undefined,
    code: reduces ? undefined : elementCode(equation, elementRules)!,
  }));
  const width = length % 4 === 0 ? 4 : 1;
  const loads = length / width;
  const shared = {
    rows,
    length,
    form,
    inputElements: step.inputs.map(({ shape }) => sizeOf(shape)),
    levels,
    numbers: numbers.map((value, i) => wgslNumber(value, form.numbers[i]!)),
    nodes,
    width,
  } as const;

  const size = 2 ** Math.floor(Math.log2(threads));
  const onlyReduces = form.passes === 1 && form.nodes.every(({ level, reduction }) => level === 'element' || reduction !== undefined); // prettier-ignore
  const wanted = Math.max(
    Math.min(Math.floor(enoughGroups / rows), Math.floor(loads / (size * leastLoads))),
    Math.ceil(loads / (size * mostLoads)),
  );
  if (onlyReduces && wanted > 1) {
    const chunk = Math.ceil(loads / wanted);
    const parts = Math.ceil(loads / chunk);
    return { ...shared, ...planPasses(form, 0), team: size, teams: 1, steps: undefined, chunk, parts };
  }

  const each = width === 1 && rows * length >= manyElements ? 4 : 1;
  const team = Math.min(size, powerAbove(Math.ceil(loads / each)));
  const teams = Math.min(size / team, rows);
  const steps = Math.ceil(loads / team);
  const written = steps * width <= mostElements && steps * width * nodes.length <= mostExpressions;
  const passes = planPasses(form, written ? Math.floor(mostKept / (steps * width)) : 0);
  return { ...shared, ...passes, team, teams, steps: written ? steps : undefined, chunk: loads, parts: 1 };
}

/** The passes, with what later ones need again kept: values that took some effort first, then inputs, as far as there are registers. */
function planPasses(form: RowForm, registers: number) {
  let free = registers;
  const keep = (
    again: (pass: RowPass) => readonly number[],
    passes: readonly RowPass[],
    worth: (i: number) => boolean,
  ): Set<number> => {
    const counts = new Map<number, number>();
    for (const each of passes) for (const i of again(each)) counts.set(i, (counts.get(i) ?? 0) + 1);
    const kept = [...counts].flatMap(([i, count]) => (count > 1 && worth(i) ? [i] : [])).slice(0, free);
    free -= kept.length;
    return new Set(kept);
  };
  const none = new Set<number>();
  const keptNodes = keep(
    ({ nodes }) => nodes,
    walk(form, none, none),
    (i) => form.nodes[i]!.kept,
  );
  const keptInputs = keep(
    ({ inputs }) => inputs,
    walk(form, keptNodes, none),
    () => true,
  );
  return { keptNodes, keptInputs, passes: walk(form, keptNodes, keptInputs) };
}

/** What each pass has to load and to compute for what it reduces and stores; what is kept, only the first time. */
function walk(form: RowForm, keptNodes: ReadonlySet<number>, keptInputs: ReadonlySet<number>): RowPass[] {
  const known = { node: new Set<number>(), input: new Set<number>() };
  return Array.from({ length: form.passes }, (_, pass) => {
    const reductions = form.nodes.flatMap(({ reduction, pass: own }, i) => reduction !== undefined && own === pass + 1 ? [i] : []); // prettier-ignore
    const stored = form.outputs.flatMap(({ node }, k) =>
      form.nodes[node]!.level === 'element' && form.nodes[node]!.pass === pass ? [k] : [],
    );
    const nodes = new Set<number>();
    const inputs = new Set<number>();
    const visit = ([kind, place]: Operand): void => {
      if (kind === 'input' && isLoaded(form, place) && !known.input.has(place)) inputs.add(place);
      if (kind !== 'node' || nodes.has(place) || known.node.has(place)) return;
      const { level, operands } = form.nodes[place]!;
      if (level === 'row') return;
      operands.forEach(visit);
      nodes.add(place);
    };
    for (const i of reductions) visit(form.nodes[i]!.operands[0]!);
    for (const k of stored) visit(['node', form.outputs[k]!.node]);
    for (const i of nodes) if (keptNodes.has(i)) known.node.add(i);
    for (const k of inputs) if (keptInputs.has(k)) known.input.add(k);
    return { reductions, stored, nodes: [...nodes], inputs: [...inputs] };
  });
}

/** Whether an input is read element by element. */
function isLoaded({ inputs }: RowForm, place: number): boolean {
  return inputs[place]!.access === 'element' || inputs[place]!.access === 'column';
}
