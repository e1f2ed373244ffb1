import type { Aval } from '../shape.js';
import { describe } from '../shape.js';
import type { PrimitiveName, PrimitiveParameters } from '../primitives/parameters.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';

/**
 * A function written down: straight-line code over typed variables, in single assignment. What `jit` traces, what the
 * higher-order primitives carry, and what a backend compiles.
 */
export interface Program {
  readonly inputs: readonly Variable[];
  readonly equations: readonly Equation<Variable>[];
  readonly outputs: readonly Variable[];
}

/** Identity is the object; `id` is for printing. */
export interface Variable extends Aval {
  readonly id: number;
}

/** One application of a primitive. In a program its values are variables; eagerly they are tensors and avals. */
export type Equation<V extends Aval = Aval> = {
  readonly [N in PrimitiveName]: {
    readonly primitive: N;
    readonly params: PrimitiveParameters[N];
    readonly inputs: readonly V[];
    readonly outputs: readonly V[];
  };
}[PrimitiveName];

/** Computes a program's outputs by applying its primitives one by one, at whatever level the inputs are. */
export function evaluateProgram(program: Program, inputs: readonly Tensor[]): Tensor[] {
  const values = new Map<Variable, Tensor>();
  program.inputs.forEach((variable, i) => values.set(variable, inputs[i]!));
  const read = (variable: Variable): Tensor => values.get(variable)!;
  for (const { primitive, params, inputs: from, outputs: to } of program.equations) {
    const results = bind(primitive, from.map(read), params);
    to.forEach((variable, i) => values.set(variable, results[i]!));
  }
  return program.outputs.map(read);
}

/** Text of a program, one equation a line: `%3:float32[2,2] = mul %1 %2`. */
export function formatProgram(program: Program, indent = ''): string {
  const names = new Map<Variable, string>();
  const name = (variable: Variable): string => {
    let known = names.get(variable);
    if (known === undefined) names.set(variable, (known = `%${names.size}`));
    return known;
  };
  const typed = (variable: Variable): string => `${name(variable)}:${describe(variable)}`;
  const lines = [`${indent}(${program.inputs.map(typed).join(', ')}) {`];
  for (const equation of program.equations) {
    const to = equation.outputs.map(typed).join(', ');
    const from = equation.inputs.map(name).join(' ');
    const { plain, programs } = splitParams(equation.params);
    lines.push(`${indent}  ${to} = ${equation.primitive}${plain} ${from}`.trimEnd());
    for (const inner of programs) lines.push(formatProgram(inner, `${indent}    `));
  }
  lines.push(`${indent}  return ${program.outputs.map(name).join(', ')}`, `${indent}}`);
  return lines.join('\n');
}

function splitParams(params: object): { plain: string; programs: Program[] } {
  const programs: Program[] = [];
  const plain: string[] = [];
  for (const [key, value] of Object.entries(params) as [string, unknown][]) {
    if (isProgram(value)) programs.push(value);
    else if (typeof value !== 'function') plain.push(`${key}=${JSON.stringify(value)}`);
  }
  return { plain: plain.length > 0 ? `[${plain.join(' ')}]` : '', programs };
}

export function isProgram(value: unknown): value is Program {
  return (
    typeof value === 'object' &&
    value !== null &&
    'equations' in value &&
    'inputs' in value &&
    'outputs' in value
  );
}
