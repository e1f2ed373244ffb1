import { sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { FitsLoop, FusedProgram, Step } from './fuse.js';
import type { Equation, Variable } from './program.js';

/*
 * Joins loops with the reductions over their trailing axes: softmax, layer normalisation, cross entropy and their
 * derivatives become one step that goes through the array row by row, while the row is in the cache.
 */

/** One member of a row step, in order. */
export interface RowMember {
  readonly equation: Equation<Variable>;
  /** Computed for each element of the rows, or once for each row. */
  readonly level: 'element' | 'row';
  /** A reduction of the row: its operand is of the level `element`, its result of the level `row`. */
  readonly reduces: boolean;
  /** What an operand is: another member's result, an input of the step, or a number. */
  readonly source: (variable: Variable) => Variable | number;
}

export interface RowStep {
  readonly kind: 'rows';
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly elementwise: false;
  readonly rows: number;
  readonly length: number;
  readonly members: readonly RowMember[];
  /** The variable whose memory holds this one's elements. */
  readonly rootOf: (variable: Variable) => Variable;
}

export type ProgramStep = Step | RowStep;

/** What the backend has code for inside row steps. */
export interface Takes {
  readonly elementwise: (equation: Equation<Variable>) => boolean;
  readonly reduction: (equation: Equation<Variable>) => boolean;
}

const largestMembers = 64;
const largestInterface = 16;
const fitsRow: FitsLoop = (inputs, stored) => inputs.length + stored.length <= largestInterface;
/** Rows that are walked several times should stay in the cache with all that is kept of them. */
const longestRow = 16384;

interface Group {
  readonly steps: readonly Step[];
  readonly members: readonly RowMember[];
  /** The sizes that a reduction has fixed. */
  readonly split: { readonly rows: number; readonly length: number } | undefined;
}

/** The steps, with those that go through the same rows joined. Sizes are as in `sum` over trailing axes. */
export function joinRows(
  { steps, rootOf }: FusedProgram,
  outputs: readonly Variable[],
  takes: Takes,
  fits: FitsLoop = fitsRow,
): ProgramStep[] {
  /** The open group that computes a value. None depends on another: one is closed when anything outside reads from it. */
  const computing = new Map<Variable, Group>();
  const groups = new Set<Group>();
  const close = (group: Group): void => {
    for (const member of group.members)
      for (const output of member.equation.outputs)
        if (computing.get(output) === group) computing.delete(output);
  };

  for (const step of steps) {
    const touched = [...new Set(step.inputs.flatMap((input) => computing.get(rootOf(input)) ?? []))];
    const own = membersOf(step, takes);
    const joined =
      own === undefined
        ? undefined
        : join([...touched, { steps: [step], members: own, split: splitOf(own) }], rootOf, fits);
    if (joined === undefined) touched.forEach(close);
    const group =
      joined ?? (own === undefined ? undefined : { steps: [step], members: own, split: splitOf(own) });
    if (group === undefined) continue;
    if (joined !== undefined) touched.forEach((old) => groups.delete(old));
    groups.add(group);
    for (const member of group.members)
      for (const output of member.equation.outputs)
        if (group.steps.some(({ outputs: visible }) => visible.includes(output)))
          computing.set(output, group);
  }
  return schedule(steps, [...groups].filter(isWorthwhile), outputs, rootOf);
}

/** A step's equations as members; undefined for what cannot be part of a row step. */
function membersOf(step: Step, takes: Takes): RowMember[] | undefined {
  if (step.kind === 'fused') {
    const { equations, source } = step;
    return equations.map((equation) => ({ equation, level: 'element', reduces: false, source }));
  }
  const { equation } = step;
  const source = (variable: Variable): Variable => variable;
  if (takes.elementwise(equation)) return [{ equation, level: 'element', reduces: false, source }];
  return takes.reduction(equation) ? [{ equation, level: 'row', reduces: true, source }] : undefined;
}

/** Rows and their length, if a member is a reduction. */
function splitOf(members: readonly RowMember[]): Group['split'] {
  for (const { equation, reduces } of members) {
    if (!reduces) continue;
    const [x, y] = [equation.inputs[0]!, equation.outputs[0]!];
    return { rows: sizeOf(y.shape), length: sizeOf(x.shape) / sizeOf(y.shape) };
  }
  return undefined;
}

function join(
  groups: readonly Group[],
  rootOf: (variable: Variable) => Variable,
  fits: FitsLoop,
): Group | undefined {
  if (groups.length === 1) return undefined;
  const steps = groups.flatMap((group) => group.steps);
  const members = groups.flatMap((group) => group.members);
  if (members.length > largestMembers) return undefined;
  const splits = groups.flatMap(({ split }) => split ?? []);
  const split = splits[0];
  if (split === undefined || split.length < 2) return undefined;
  if (splits.some(({ rows, length }) => rows !== split.rows || length !== split.length)) return undefined;
  const placed = place(members, split, rootOf);
  if (placed === undefined) return undefined;
  const computed = new Set(members.flatMap(({ equation }) => equation.outputs));
  const inputs = new Set(
    steps.flatMap((step) => step.inputs).filter((input) => !computed.has(rootOf(input))),
  );
  const visible = steps.flatMap((step) => step.outputs);
  if (!fits([...inputs], visible)) return undefined;
  return { steps, members: placed, split };
}

/** The members with their levels; undefined where one does not fit the rows. */
function place(
  members: readonly RowMember[],
  { rows, length }: { rows: number; length: number },
  rootOf: (variable: Variable) => Variable,
): RowMember[] | undefined {
  const levels = new Map<Variable, 'element' | 'row'>();
  const placed: RowMember[] = [];
  for (const member of members) {
    const output = member.equation.outputs[0]!;
    const size = sizeOf(output.shape);
    if (!member.reduces && size !== rows * length && size !== rows) return undefined;
    const level = member.reduces || size !== rows * length ? 'row' : 'element';
    // A row computation that comes late in a long row would need all of it at once.
    if (level === 'row' && !member.reduces && length > longestRow) return undefined;
    for (const input of member.equation.inputs) {
      const source = member.source(input);
      if (typeof source === 'number') continue;
      const from = levels.get(rootOf(source));
      const fits = member.reduces
        ? sizeOf(source.shape) === rows * length && from !== 'row'
        : level === 'row'
          ? from === 'row' || (from === undefined && [1, rows].includes(sizeOf(source.shape)))
          : from === 'element' || fitsElement(source, output.shape, { rows, length }, from === 'row');
      if (!fits) return undefined;
      if (level === 'element' && from === 'row' && length > longestRow) return undefined;
    }
    levels.set(output, level);
    placed.push({ ...member, level });
  }
  return placed;
}

/** Whether rows can read a value by broadcasting: its trailing axes are those of the row, or all 1. */
function fitsElement(
  variable: Variable,
  shape: Shape,
  { rows, length }: { rows: number; length: number },
  ofRow: boolean,
): boolean {
  const size = sizeOf(variable.shape);
  if (size === rows * length) return !ofRow;
  if (size === 1) return true;
  const count = trailingAxes(shape, length);
  if (count === undefined) return false;
  const trailing = sizeOf(variable.shape.slice(Math.max(0, variable.shape.length - count)));
  if (ofRow) return size === rows && trailing === 1;
  return trailing === 1 || trailing === length;
}

/** How many of the last axes make up a row. */
export function trailingAxes(shape: Shape, length: number): number | undefined {
  let size = 1;
  for (let count = 1; count <= shape.length; count++) {
    size *= shape[shape.length - count]!;
    if (size === length) return count;
  }
  return undefined;
}

/** Several steps, one of them a reduction. */
function isWorthwhile({ steps, split }: Group): boolean {
  return steps.length > 1 && split !== undefined;
}

/** Each group where its last step stood. */
function schedule(
  steps: readonly Step[],
  groups: readonly Group[],
  outputs: readonly Variable[],
  rootOf: (variable: Variable) => Variable,
): ProgramStep[] {
  const groupOf = new Map<Step, Group>();
  for (const group of groups) for (const step of group.steps) groupOf.set(step, group);
  const order = new Map(steps.map((step, i) => [step, i]));
  const needed = new Set(outputs.map(rootOf));
  const readBy = new Map<Variable, Set<Group | undefined>>();
  for (const step of steps) {
    for (const input of step.inputs) {
      const root = rootOf(input);
      let readers = readBy.get(root);
      if (readers === undefined) readBy.set(root, (readers = new Set()));
      readers.add(groupOf.get(step));
    }
  }
  return steps.flatMap((step): ProgramStep[] => {
    const group = groupOf.get(step);
    if (group === undefined) return [step];
    const last = Math.max(...group.steps.map((each) => order.get(each)!));
    if (order.get(step) !== last) return [];
    const ordered = [...group.steps].sort((a, b) => order.get(a)! - order.get(b)!);
    const computed = new Set(group.members.flatMap(({ equation }) => equation.outputs));
    const members = ordered.flatMap((each) =>
      group.members.filter(({ equation }) =>
        each.kind === 'fused' ? each.equations.includes(equation) : each.equation === equation,
      ),
    );
    const visible = ordered.flatMap((each) => each.outputs);
    return [
      {
        kind: 'rows',
        elementwise: false,
        inputs: [
          ...new Set(ordered.flatMap((each) => each.inputs).filter((input) => !computed.has(rootOf(input)))),
        ],
        outputs: visible.filter((output) => {
          const readers = readBy.get(output);
          return (
            needed.has(output) || (readers !== undefined && [...readers].some((reader) => reader !== group))
          );
        }),
        rows: group.split!.rows,
        length: group.split!.length,
        members,
        rootOf,
      },
    ];
  });
}
