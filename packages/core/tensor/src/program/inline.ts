import type { Aval } from '../shape.js';
import type { Equation, Program, Variable } from './program.js';

/**
 * The program with calls replaced by what they call, for compiling: derivative rules have done their work by then.
 * `checkpoint` stays a call, or its recomputation would be found equal to the first computation and be undone.
 */
export function inlineCalls(program: Program): Program {
  if (!program.equations.some(isCall)) return program;
  const renamed = new Map<Variable, Variable>();
  const resolve = (variable: Variable): Variable => renamed.get(variable) ?? variable;
  const equations: Equation<Variable>[] = [];
  for (const equation of program.equations) {
    const inputs = equation.inputs.map(resolve);
    if (!isCall(equation)) {
      equations.push({ ...equation, inputs });
      continue;
    }
    const body = inlineCalls(calledProgram(equation)!);
    // One body may be called several times: each call gets variables of its own.
    const local = new Map<Variable, Variable>(body.inputs.map((variable, i) => [variable, inputs[i]!]));
    for (const inner of body.equations) {
      const outputs = inner.outputs.map((variable) => fresh(variable, local));
      equations.push({
        ...inner,
        inputs: inner.inputs.map((variable) => local.get(variable)!),
        outputs,
      });
    }
    equation.outputs.forEach((output, i) => renamed.set(output, local.get(body.outputs[i]!)!));
  }
  return { inputs: program.inputs, equations, outputs: program.outputs.map(resolve) };
}

/** The program that an equation merely calls; undefined for all that do more, or less. */
export function calledProgram(equation: Equation<Aval>): Program | undefined {
  switch (equation.primitive) {
    case 'jit':
    case 'checkpoint':
      return equation.params.program;
    case 'customVjp':
      return equation.params.rule.program;
    default:
      return undefined;
  }
}

function isCall(
  equation: Equation<Variable>,
): equation is Extract<Equation<Variable>, { primitive: 'jit' | 'customVjp' }> {
  return equation.primitive === 'jit' || equation.primitive === 'customVjp';
}

let copies = 0;

function fresh(variable: Variable, local: Map<Variable, Variable>): Variable {
  // Copies count downwards, so that they never meet the ids of recorded variables.
  const copy = { ...variable, id: --copies };
  local.set(variable, copy);
  return copy;
}
