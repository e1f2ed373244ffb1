import type { DType } from '../dtype.js';
import { collapse } from '../primitives/kernels/elementwise.js';
import type { PrimitiveName } from '../primitives/parameters.js';
import { sizeOf } from '../shape.js';
import type { Variable } from './program.js';
import type { RowStep } from './rows.js';
import { trailingAxes } from './rows.js';

/** A member of a fused loop without its variables: what its code depends on. */
export interface Node {
  readonly primitive: PrimitiveName;
  /** Of the operands that the rule works on (for `where` those chosen from). */
  readonly dtype: DType;
  readonly result: DType;
  readonly operands: readonly Operand[];
}

/** An input of the loop, the result of an earlier node, or a number; by place. */
export type Operand = readonly ['input' | 'node' | 'number', number];

/** Those that row steps take. */
export type Reduction = 'sum' | 'prod' | 'reduceMax' | 'reduceMin';

/** How rows read an input: element by element, one element for each row, the same row again and again, one for all. */
export type RowAccess = 'element' | 'row' | 'column' | 'once';

export interface RowInput {
  readonly dtype: DType;
  readonly access: RowAccess;
  /** How many loops over rows its place is counted in; 0 where it is the same for all rows. */
  readonly levels: number;
}

/** A member: elementwise on the row's elements or on one value of each row, or a reduction from the first to the second. */
export interface RowNode extends Node {
  readonly level: 'element' | 'row';
  readonly reduction: Reduction | undefined;
  /** The first pass over the row in which it can be computed; for values of a row, the pass before which they are known. */
  readonly pass: number;
  /** An element's value that a later pass reads from memory: computing it again would cost more. */
  readonly kept: boolean;
}

/** What the code of a row step depends on. */
export interface RowForm {
  readonly inputs: readonly RowInput[];
  readonly outputs: readonly { readonly dtype: DType; readonly node: number }[];
  readonly numbers: readonly DType[];
  readonly nodes: readonly RowNode[];
  readonly passes: number;
}

/** The form, and the arguments that belong to it. */
export function rowForm(step: Omit<RowStep, 'kind' | 'elementwise'>): {
  form: RowForm;
  numbers: number[];
  /** Lengths and strides (in elements) of each input's levels, outermost first. */
  levels: { length: number; stride: number }[][];
} {
  const { members, rows, length } = step;
  const places = new Map<Variable, Operand>(step.inputs.map((input, i) => [input, ['input', i]]));
  const numbers: { value: number; dtype: DType }[] = [];
  const consumer = new Map<Variable, { shape: readonly number[]; level: 'element' | 'row' }>();
  const nodes = members.map(({ equation, level, reduces, source }, i): RowNode => {
    const output = equation.outputs[0]!;
    const operands = equation.inputs.map((input): Operand => {
      const from = source(input);
      if (typeof from === 'number') return ['number', numbers.push({ value: from, dtype: input.dtype }) - 1];
      const place = places.get(from) ?? places.get(step.rootOf(from))!;
      if (place[0] === 'input' && !consumer.has(from))
        consumer.set(from, {
          shape: reduces ? input.shape : output.shape,
          level: reduces ? 'element' : level,
        });
      return place;
    });
    places.set(output, ['node', i]);
    return {
      primitive: equation.primitive,
      dtype: equation.inputs[equation.primitive === 'where' ? 1 : 0]!.dtype,
      result: output.dtype,
      operands,
      level,
      reduction: reduces ? (equation.primitive as Reduction) : undefined,
      pass: 0,
      kept: false,
    };
  });
  const levels: { length: number; stride: number }[][] = [];
  const inputs = step.inputs.map((input, k): RowInput => {
    const size = sizeOf(input.shape);
    const reader = consumer.get(input)!;
    levels[k] = [];
    if (size === rows * length && (reader.level === 'element' || length === 1))
      return { dtype: input.dtype, access: 'element', levels: 0 };
    if (size === 1) return { dtype: input.dtype, access: 'once', levels: 0 };
    if (reader.level === 'row') {
      levels[k] = [{ length: rows, stride: 1 }];
      return { dtype: input.dtype, access: 'row', levels: 1 };
    }
    const count = trailingAxes(reader.shape, length)!;
    const split = Math.max(0, input.shape.length - count);
    const access = sizeOf(input.shape.slice(split)) === 1 ? 'row' : 'column';
    const unit = access === 'row' ? 1 : length;
    const { lengths, strides } = collapse(reader.shape.slice(0, reader.shape.length - count), [
      input.shape.slice(0, split),
    ]);
    levels[k] = strides[0]!.some((stride) => stride > 0)
      ? lengths.map((own, level) => ({ length: own, stride: strides[0]![level]! * unit }))
      : [];
    return { dtype: input.dtype, access, levels: levels[k].length };
  });
  const staged = stage(nodes, inputs);
  const outputs = step.outputs.map((output) => ({
    dtype: output.dtype,
    node: (places.get(output) as Operand)[1],
  }));
  const passes =
    1 +
    Math.max(
      ...staged.map(({ reduction, level, pass }, i) =>
        reduction !== undefined
          ? pass - 1
          : level === 'element' && outputs.some(({ node }) => node === i)
            ? pass
            : 0,
      ),
    );
  return {
    form: {
      inputs,
      outputs,
      numbers: numbers.map(({ dtype }) => dtype),
      nodes: staged,
      passes,
    },
    numbers: numbers.map(({ value }) => value),
    levels,
  };
}

const costly = new Set([
  'div',
  'sqrt',
  'pow',
  'exp',
  'log',
  'tanh',
  'sigmoid',
  'erf',
  'sin',
  'cos',
  'softplus',
  'log1p',
  'expm1',
]);

/** Puts each node into its pass, and decides which elements' values are kept from one pass to a later one. */
function stage(nodes: readonly RowNode[], inputs: readonly RowInput[]): RowNode[] {
  const staged: RowNode[] = [];
  /** Instructions for computing an element's value anew from the inputs. */
  const effort: number[] = [];
  nodes.forEach((node) => {
    const passes = node.operands.map(([kind, place]) => (kind === 'node' ? staged[place]!.pass : 0));
    const latest = Math.max(0, ...passes);
    const own = costly.has(node.primitive) ? 16 : 1;
    effort.push(
      node.level === 'row'
        ? 0
        : node.operands.reduce(
            (sum, [kind, place]) =>
              sum +
              (kind === 'node'
                ? effort[place]!
                : kind === 'input' && inputs[place]!.access === 'element'
                  ? 1
                  : 0),
            own,
          ),
    );
    staged.push({ ...node, pass: node.reduction !== undefined ? latest + 1 : latest });
  });
  const readLater = new Set<number>();
  staged.forEach((node) => {
    // A reduction's value is known before pass `pass`, so it reads its operand one pass earlier.
    const pass = node.reduction !== undefined ? node.pass - 1 : node.pass;
    for (const [kind, place] of node.operands)
      if (kind === 'node' && staged[place]!.level === 'element' && staged[place]!.pass < pass)
        readLater.add(place);
  });
  // What is cheap is computed again: three simple instructions cost less than a store and a load.
  return staged.map((node, i) => ({ ...node, kept: readLater.has(i) && effort[i]! > 4 }));
}
