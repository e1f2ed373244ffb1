import { sameShape } from '../shape.js';
import type { Equation, Program, Variable } from './program.js';
import { isProgram } from './program.js';

/**
 * The same function with less work: equal equations computed once, exact identities applied (nothing that changes a
 * bit, so x + 0 stays: it turns -0 into 0), equations that nobody reads removed.
 */
export function simplify(program: Program): Program {
  const renamed = new Map<Variable, Variable>();
  const producers = new Map<Variable, Equation<Variable>>();
  const known = new Map<string, readonly Variable[]>();
  const resolve = (variable: Variable): Variable => renamed.get(variable) ?? variable;
  const kept: Equation<Variable>[] = [];

  for (const original of program.equations) {
    let equation = { ...original, inputs: original.inputs.map(resolve) } as Equation<Variable>;
    equation = mergeLayouts(equation, producers);
    const same = identity(equation, producers);
    if (same !== undefined) {
      renamed.set(equation.outputs[0]!, same);
      continue;
    }
    const key = equationKey(equation);
    const earlier = known.get(key);
    if (earlier !== undefined) {
      equation.outputs.forEach((output, i) => renamed.set(output, earlier[i]!));
      continue;
    }
    known.set(key, equation.outputs);
    equation.outputs.forEach((output) => producers.set(output, equation));
    kept.push(equation);
  }
  return removeDead({ inputs: program.inputs, equations: kept, outputs: program.outputs.map(resolve) });
}

/** The program without equations whose outputs reach no output of the program. */
export function removeDead(program: Program): Program {
  const needed = new Set(program.outputs);
  const equations: Equation<Variable>[] = [];
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const equation = program.equations[i]!;
    if (!equation.outputs.some((output) => needed.has(output))) continue;
    equation.inputs.forEach((input) => needed.add(input));
    equations.push(equation);
  }
  return { ...program, equations: equations.reverse() };
}

type Producers = ReadonlyMap<Variable, Equation<Variable>>;

/** The input that an equation merely repeats, if it does. */
function identity(equation: Equation<Variable>, producers: Producers): Variable | undefined {
  const [a, b] = equation.inputs;
  const output = equation.outputs[0]!;
  const unchanged = (x: Variable): Variable | undefined =>
    sameShape(x.shape, output.shape) && x.dtype === output.dtype ? x : undefined;
  switch (equation.primitive) {
    case 'reshape':
    case 'broadcastTo':
    case 'stopGradient':
    case 'cast':
      return unchanged(a!);
    case 'transpose':
      return equation.params.permutation.every((axis, i) => axis === i) ? a : undefined;
    case 'mul':
      return constantValue(b!, producers) === 1
        ? unchanged(a!)
        : constantValue(a!, producers) === 1
          ? unchanged(b!)
          : undefined;
    case 'div':
      return constantValue(b!, producers) === 1 ? unchanged(a!) : undefined;
    case 'sub':
      return Object.is(constantValue(b!, producers), 0) ? unchanged(a!) : undefined;
    case 'neg': {
      const inner = producers.get(a!);
      return inner?.primitive === 'neg' ? inner.inputs[0] : undefined;
    }
    default:
      return undefined;
  }
}

/** reshape(reshape(x)) and transpose(transpose(x)) in one step. */
function mergeLayouts(equation: Equation<Variable>, producers: Producers): Equation<Variable> {
  if (equation.primitive !== 'reshape' && equation.primitive !== 'transpose') return equation;
  const inner = producers.get(equation.inputs[0]!);
  if (equation.primitive === 'reshape' && inner?.primitive === 'reshape')
    return { ...equation, inputs: inner.inputs };
  if (equation.primitive === 'transpose' && inner?.primitive === 'transpose') {
    const permutation = equation.params.permutation.map((axis) => inner.params.permutation[axis]!);
    return { ...equation, inputs: inner.inputs, params: { permutation } };
  }
  return equation;
}

function constantValue(variable: Variable, producers: Producers): number | undefined {
  const equation = producers.get(variable);
  return equation?.primitive === 'full' ? equation.params.value : undefined;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(value: object): number {
  let id = identities.get(value);
  if (id === undefined) identities.set(value, (id = nextIdentity++));
  return id;
}

/** Equal keys mean equal results: every primitive is a pure function of its inputs and parameters. */
function equationKey(equation: Equation<Variable>): string {
  const params = JSON.stringify(equation.params, (_key, value: unknown) => {
    if (typeof value === 'function' || isProgram(value)) return `#${identityOf(value)}`;
    return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? Object.is(value, -0)
        ? '-0'
        : String(value)
      : value;
  });
  return `${equation.primitive} ${equation.inputs.map((input) => input.id).join()} ${params}`;
}
