import { allocate } from '../dtype.js';
import type { TypedArray } from '../dtype.js';
import { lookupPrimitive } from '../primitives/primitive.js';
import { sameShape, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Equation, Program, Variable } from './program.js';
import type { ProgramStep } from './rows.js';
import { removeDead } from './simplify.js';

/** What an executable runs at once: one equation, or a group of elementwise equations in one loop. */
export type Step = SingleStep | FusedStep;

interface StepBase {
  /** What it reads from memory. */
  readonly inputs: readonly Variable[];
  /** What it writes to memory. */
  readonly outputs: readonly Variable[];
  /** Each element of the outputs depends on the inputs' elements at its own place alone. */
  readonly elementwise: boolean;
}

interface SingleStep extends StepBase {
  readonly kind: 'single';
  readonly equation: Equation<Variable>;
}

/** One loop over `shape`: inputs are broadcast to it, and values that only members read are never stored. */
export interface FusedStep extends StepBase {
  readonly kind: 'fused';
  readonly shape: Shape;
  /** In order; each has one output, of the loop's shape. Their inputs are as in `source`. */
  readonly equations: readonly Equation<Variable>[];
  /** Where a member's input comes from: another member's output, an input of the step, or a number. */
  readonly source: (variable: Variable) => Variable | number;
}

export interface FusedProgram {
  readonly steps: readonly Step[];
  /** The variable whose memory holds this one's elements: itself, unless it is a reshape of another. */
  readonly rootOf: (variable: Variable) => Variable;
}

/** Values that the backend has worked out beforehand, with their elements: no step computes them. */
type Constants = ReadonlyMap<Variable, { readonly data: TypedArray }>;

/** Whether one loop can read these values from memory and store those. */
export type FitsLoop = (inputs: readonly Variable[], stored: readonly Variable[]) => boolean;

/**
 * More arrays than this in one loop, or more single numbers that it reads, and the engine or the device runs out of
 * registers. An optimizer's step has four arrays and up to a dozen numbers.
 */
const mostArrays = 12;
const mostNumbers = 16;
const fitsRegisters: FitsLoop = (inputs, stored) => {
  const numbers = inputs.filter(({ shape }) => sizeOf(shape) === 1).length;
  return numbers <= mostNumbers && inputs.length - numbers + stored.length <= mostArrays;
};
/** Longer loops take long to compile, and engines stop to optimize them. */
const largestGroup = 64;

/**
 * Elementwise equations of one shape that lie between the same barriers, open for more. No open group depends on
 * another: a group is closed as soon as anything outside it reads from it. So two of them can always be joined, and
 * every group can run where its last member stood.
 */
interface Group {
  readonly shape: Shape;
  readonly members: readonly number[];
  /** Inputs from outside. */
  readonly inputs: ReadonlySet<Variable>;
  /** What it computes, with the number of readers that have not joined. */
  readonly waiting: ReadonlyMap<Variable, number>;
}

/**
 * Turns equations into steps, joining greedily those that the backend takes into loops (`isElementwise`). Aliases and
 * constants become no step.
 */
export function fuse(
  program: Program,
  constants: Constants,
  isElementwise: (equation: Equation<Variable>) => boolean,
  fits: FitsLoop = fitsRegisters,
): FusedProgram {
  const { equations, rootOf } = prepare(program, constants, isElementwise);
  const literalOf = literals(program, constants);
  const readers = countReaders(equations, program.outputs, rootOf);
  /** The open group that computes a value. */
  const computing = new Map<Variable, Group>();
  /** The open group that last read a value from outside, as a candidate for sharing the read. */
  const reading = new Map<Variable, Group>();
  const closed: Group[] = [];

  const close = (group: Group): void => {
    for (const variable of group.waiting.keys()) computing.delete(variable);
    for (const variable of group.inputs) if (reading.get(variable) === group) reading.delete(variable);
    closed.push(group);
  };
  const replace = (old: readonly Group[], group: Group): void => {
    for (const each of old)
      for (const variable of each.inputs) if (reading.get(variable) === each) reading.delete(variable);
    for (const variable of group.waiting.keys()) computing.set(variable, group);
    for (const variable of group.inputs) if (sizeOf(variable.shape) > 1) reading.set(variable, group);
  };

  equations.forEach((equation, index) => {
    const output = equation.outputs[0]!;
    const loops = isElementwise(equation);
    const inputs = loops
      ? equation.inputs.filter((input) => literalOf(input) === undefined)
      : equation.inputs;
    // A value can be read inside its loop only element by element: under another shape it must be stored first.
    const inPlace = (input: Variable): boolean =>
      loops && sameShape(input.shape, output.shape) && sameShape(rootOf(input).shape, output.shape);
    for (const input of inputs) {
      const group = computing.get(rootOf(input));
      if (group !== undefined && !inPlace(input)) close(group);
    }
    if (!loops) return;

    const own: Group = {
      shape: output.shape,
      members: [index],
      inputs: new Set(inputs.map((input) => (inPlace(input) ? rootOf(input) : input))),
      waiting: new Map([[output, readers.get(output) ?? 0]]),
    };
    const needed = new Set(inputs.flatMap((input) => computing.get(rootOf(input)) ?? []));
    if (needed.size === 0) {
      const sharing = [...own.inputs].flatMap((input) => reading.get(input) ?? []);
      sharing.filter(({ shape }) => sameShape(shape, own.shape)).forEach((group) => needed.add(group));
    }
    // All that it touches in one; or, where that would be too much, with the largest of them.
    const candidates = [...needed].sort((a, b) => b.members.length - a.members.length);
    for (const joined of [candidates, ...candidates.map((group) => [group])]) {
      const group = join([...joined, own], fits);
      if (group === undefined) continue;
      for (const other of candidates) {
        const readsIt = [...own.inputs].some((input) => computing.get(input) === other);
        if (!joined.includes(other) && readsIt) close(other);
      }
      replace(joined, group);
      return;
    }
    for (const other of candidates)
      if ([...own.inputs].some((input) => computing.get(input) === other)) close(other);
    replace([], own);
  });
  for (const group of new Set(computing.values())) closed.push(group);
  return { steps: schedule(equations, closed, program.outputs, rootOf, literalOf), rootOf };
}

/** Leaves out constants, reads through broadcasts, and finds whose memory each alias is. */
function prepare(
  program: Program,
  constants: Constants,
  isElementwise: (equation: Equation<Variable>) => boolean,
) {
  const wide = new Map<Variable, Variable>();
  const equations: Equation<Variable>[] = [];
  for (const equation of program.equations) {
    if (constants.has(equation.outputs[0]!)) continue;
    if (equation.primitive === 'broadcastTo') {
      const [x] = equation.inputs as readonly [Variable];
      wide.set(equation.outputs[0]!, wide.get(x) ?? x);
    }
    // A loop reads the narrow value with a stride of 0, and the wide one may never be needed.
    equations.push(
      isElementwise(equation)
        ? { ...equation, inputs: equation.inputs.map((x) => wide.get(x) ?? x) }
        : equation,
    );
  }
  const root = new Map<Variable, Variable>();
  const rootOf = (variable: Variable): Variable => root.get(variable) ?? variable;
  const working: Equation<Variable>[] = [];
  for (const equation of removeDead({ ...program, equations }).equations) {
    if (lookupPrimitive(equation.primitive).aliases === true)
      root.set(equation.outputs[0]!, rootOf(equation.inputs[0]!));
    else working.push(equation);
  }
  return { equations: working, rootOf };
}

/** The number that all elements of a value are, where that is known. */
function literals(program: Program, constants: Constants): (variable: Variable) => number | undefined {
  const known = new Map<Variable, number>();
  for (const [variable, { data }] of constants) if (data.length === 1) known.set(variable, data[0]!);
  for (const { primitive, params, outputs } of program.equations) {
    if (primitive !== 'full') continue;
    // As the dtype holds it: a loop computes with what would have been read from memory.
    known.set(outputs[0]!, allocate(params.dtype, 1).fill(params.value)[0]!);
  }
  return (variable) => known.get(variable);
}

/** How many equations read each value; being an output of the program counts as one more. */
function countReaders(
  equations: readonly Equation<Variable>[],
  outputs: readonly Variable[],
  rootOf: (variable: Variable) => Variable,
): Map<Variable, number> {
  const readers = new Map<Variable, number>();
  const count = (variable: Variable): void => void readers.set(variable, (readers.get(variable) ?? 0) + 1);
  for (const { inputs } of equations) new Set(inputs.map(rootOf)).forEach(count);
  new Set(outputs.map(rootOf)).forEach(count);
  return readers;
}

/** One group of several, the last of which is a single equation; undefined if it would be too large. */
function join(groups: readonly Group[], fits: FitsLoop): Group | undefined {
  const members = groups.flatMap((group) => group.members);
  if (members.length > largestGroup) return undefined;
  const waiting = new Map(groups.flatMap((group) => [...group.waiting]));
  for (const input of groups[groups.length - 1]!.inputs)
    if (waiting.has(input)) waiting.set(input, waiting.get(input)! - 1);
  const inputs = new Set(groups.flatMap((group) => [...group.inputs]).filter((x) => !waiting.has(x)));
  const stored = [...waiting].flatMap(([variable, count]) => (count > 0 ? [variable] : []));
  if (!fits([...inputs], stored)) return undefined;
  return { shape: groups[0]!.shape, members, inputs, waiting };
}

/**
 * The steps in an order in which every value is there when it is read: a group stands where its last member stood,
 * after everything that any member reads, and before its readers, since the first of those closed it.
 */
function schedule(
  equations: readonly Equation<Variable>[],
  groups: readonly Group[],
  outputs: readonly Variable[],
  rootOf: (variable: Variable) => Variable,
  literalOf: (variable: Variable) => number | undefined,
): Step[] {
  const grouped = new Map<number, FusedStep | undefined>();
  for (const group of groups) {
    const members = [...group.members].sort((a, b) => a - b);
    if (members.length < 2) continue;
    for (const member of members) grouped.set(member, undefined);
    const source = (variable: Variable): Variable | number => {
      const root = rootOf(variable);
      return literalOf(variable) ?? (sameShape(root.shape, variable.shape) ? root : variable);
    };
    const own = members.map((member) => equations[member]!);
    const read = new Set(own.flatMap((equation) => equation.inputs.map(source)));
    grouped.set(members[members.length - 1]!, {
      kind: 'fused',
      elementwise: true,
      shape: group.shape,
      equations: own,
      source,
      inputs: [...read].filter((x): x is Variable => typeof x !== 'number' && !group.waiting.has(x)),
      outputs: [...group.waiting].flatMap(([variable, count]) => (count > 0 ? [variable] : [])),
    });
  }
  // Backwards, so that what has become a number in every loop that read it is left out.
  const needed = new Set(outputs.map(rootOf));
  const steps: Step[] = [];
  for (let i = equations.length - 1; i >= 0; i--) {
    const equation = equations[i]!;
    const { inputs } = equation;
    const step = grouped.has(i)
      ? grouped.get(i)
      : ({ kind: 'single', elementwise: isPointwise(equation), equation, inputs, outputs: equation.outputs } satisfies SingleStep); // prettier-ignore
    if (step === undefined || !step.outputs.some((output) => needed.has(output))) continue;
    for (const input of step.inputs) needed.add(rootOf(input));
    steps.push(step);
  }
  return steps.reverse();
}

/** Whether each element of the result depends on those at its own place alone. */
export function isPointwise(equation: Equation<Variable>): boolean {
  return lookupPrimitive(equation.primitive).expression !== undefined;
}

/** A step's name for people: the primitive, or `fused(mul,add,…)`. */
export function stepName(step: ProgramStep): string {
  if (step.kind === 'single') return step.equation.primitive;
  const names = equationsOf(step).map((equation) => equation.primitive);
  const more = names.length > 8 ? `,… ${names.length - 7} more` : '';
  return `${step.kind}(${names.slice(0, more === '' ? 8 : 7).join()}${more})`;
}

/** The equations that a step computes. */
export function equationsOf(step: ProgramStep): readonly Equation<Variable>[] {
  if (step.kind === 'single') return [step.equation];
  return step.kind === 'fused' ? step.equations : step.members.map(({ equation }) => equation);
}
