import type { DType } from '../../../dtype.js';
import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { FusedStep } from '../../../program/fuse.js';
import type { Equation, Variable } from '../../../program/program.js';
import type { Node, Operand } from '../../../program/rowForm.js';
import type { Aval } from '../../../shape.js';
import type { Emitter } from '../elements/emitter.js';
import { vectorRules } from '../elements/index.js';
import type { Lanes } from './lanes.js';
import { castLanes, narrowMask, selectLanes } from './lanes.js';

/** Whether this backend has vector code for an equation. */
export function hasVectorRule(equation: Equation<Aval>): boolean {
  const { primitive, inputs } = equation;
  if (primitive === 'where' || primitive === 'cast') return true;
  return vectorRules[primitive]?.[inputs[0]!.dtype] !== undefined;
}

/** The step's members as nodes, and the numbers they use in the order of their places. */
export function nodesOf(step: Pick<FusedStep, 'inputs' | 'equations' | 'source'>): {
  nodes: Node[];
  numbers: { value: number; dtype: DType }[];
  nodeOf: ReadonlyMap<Variable, number>;
} {
  const places = new Map<Variable, Operand>(step.inputs.map((input, i) => [input, ['input', i]]));
  const nodeOf = new Map<Variable, number>();
  const numbers: { value: number; dtype: DType }[] = [];
  const nodes = step.equations.map((equation, i): Node => {
    const operands = equation.inputs.map((input): Operand => {
      const source = step.source(input);
      if (typeof source !== 'number') return places.get(source)!;
      return ['number', numbers.push({ value: source, dtype: input.dtype }) - 1];
    });
    const output = equation.outputs[0]!;
    places.set(output, ['node', i]);
    nodeOf.set(output, i);
    return {
      primitive: equation.primitive,
      dtype: equation.inputs[equation.primitive === 'where' ? 1 : 0]!.dtype,
      result: output.dtype,
      operands,
    };
  });
  return { nodes, numbers, nodeOf };
}

/** Adds a node's code. */
export function emitNode(e: Emitter, { primitive, dtype, result }: Node, operands: readonly Lanes[]): Lanes {
  if (primitive === 'cast') return castLanes(e, dtype, result, operands[0]!);
  if (primitive === 'where') return selectLanes(e, dtype, operands[0]!, operands[1]!, operands[2]!);
  const rule = vectorRules[primitive]![dtype]!;
  const parts = operands[0]!.map((_, half) => e.keep(rule(e, ...operands.map((lanes) => lanes[half]!))));
  return result === 'bool' && dtype === 'float64' ? narrowMask(e, parts) : parts;
}

const heavy = new Set<PrimitiveName>([
  'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh',
  'atanh', 'sigmoid', 'softplus', 'erf', 'erfc', 'erfinv', 'pow', 'atan2', 'remainder',
]); // prettier-ignore

/** Roughly what one element costs, in nanoseconds: how large pieces for threads must be. */
export function costOf(nodes: readonly Node[], operands: number): number {
  return nodes.reduce((sum, { primitive }) => sum + (heavy.has(primitive) ? 1 : 0.08), 0.15 * operands);
}
