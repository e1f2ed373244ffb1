import { show } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { functionNamed, functionNames, functions, resultType, type ValueType } from './functions.js';
import { inputs, result, type Operand, type OptimizerProgram, type Statement } from './program.js';
import { statementText } from './text.js';

/** The types of variables at some place of a program. */
export type Scope = Map<string, ValueType>;

/** The scope at a program's beginning. */
export function initialScope(state: readonly string[]): Scope {
  return new Map<string, ValueType>([
    ...Object.entries(inputs),
    ...state.map((name) => [name, 'tensor'] as const),
  ]);
}

/** The type of an operand; undefined for a variable that is not there. */
export function operandType(operand: Operand, scope: Scope): ValueType | undefined {
  return typeof operand === 'number' ? 'scalar' : scope.get(operand);
}

/** Adds the statement's target to the scope. Returns what is wrong, in words, or undefined. */
export function infer({ target, operation, operands }: Statement, scope: Scope): string | undefined {
  const types: ValueType[] = [];
  for (const operand of operands) {
    const type = operandType(operand, scope);
    if (type === undefined)
      return `${operand} is not defined here; there are ${[...scope.keys()].join(', ')}`;
    types.push(type);
  }
  const type = resultType(operation, types);
  if (typeof type !== 'string') return `${operation} wants ${type.wanted}, got ${types.join(', ')}`;
  scope.set(target, type);
  return undefined;
}

/**
 * What is wrong with a program whose statements are well formed, in words, or undefined: the part of abstract execution
 * that finds errors of types and names, and runs for every mutation.
 */
export function problemOf({ state, statements }: OptimizerProgram): string | undefined {
  const scope = initialScope(state);
  for (const [index, statement] of statements.entries()) {
    const problem = infer(statement, scope);
    if (problem !== undefined) return `statement ${index + 1}, ${statementText(statement)}: ${problem}`;
  }
  if (!scope.has(result)) return `nothing assigns ${result}`;
  for (const name of [result, ...state])
    if (scope.get(name) !== 'tensor') return `${name} is a scalar at the end; it must be a tensor`;
  return undefined;
}

const identifier = /^[A-Za-z_]\w*$/;

/**
 * Checks anything (parsed JSON, say) to be a program whose types fit.
 *
 * @throws ArgumentError that names the statement: functions that do not exist, operands too few or too many, variables
 *   that are not defined, types that do not fit, numbers that are not finite, a state variable or update that ends as a scalar
 */
export function checkProgram(owner: string, value: unknown): asserts value is OptimizerProgram {
  const fail = (problem: string): never => {
    throw new ArgumentError(`${owner}: ${problem}`);
  };
  if (typeof value !== 'object' || value === null || !('state' in value) || !('statements' in value))
    return fail(`a program must be { state: […], statements: […] }, got ${show(value)}`);
  const { state, statements } = value;
  if (!Array.isArray(state) || !Array.isArray(statements))
    return fail(
      `a program's state and statements must be arrays, got ${show(state)} and ${show(statements)}`,
    );
  const names = new Set<unknown>();
  for (const name of state as readonly unknown[]) {
    if (typeof name !== 'string' || !identifier.test(name) || Object.hasOwn(inputs, name) || name === result)
      return fail(`a state variable must have a name of its own, got ${show(name)}`);
    if (names.has(name)) return fail(`the state has ${String(name)} twice`);
    names.add(name);
  }
  for (const [index, statement] of (statements as readonly unknown[]).entries()) {
    const problem = malformed(statement);
    if (problem !== undefined) return fail(`statement ${index + 1}: ${problem}`);
  }
  const problem = problemOf(value as OptimizerProgram); // its parts were looked at above
  if (problem !== undefined) return fail(problem);
}

function malformed(statement: unknown): string | undefined {
  if (typeof statement !== 'object' || statement === null)
    return `must be { target, operation, operands }, got ${show(statement)}`;
  const { target, operation, operands } = statement as Readonly<Record<string, unknown>>;
  if (typeof target !== 'string' || !identifier.test(target))
    return `target must be a name, got ${show(target)}`;
  const name = typeof operation === 'string' ? functionNamed(operation) : undefined;
  if (name === undefined || name !== operation)
    return `there is no function ${show(operation)}; there are ${functionNames.join(', ')}`;
  if (!Array.isArray(operands)) return `operands must be an array, got ${show(operands)}`;
  const { arity } = functions[name];
  if (operands.length !== arity) return `${name} takes ${arity} operands, got ${operands.length}`;
  for (const operand of operands as readonly unknown[]) {
    if (typeof operand === 'number' ? !Number.isFinite(operand) : typeof operand !== 'string')
      return `an operand must be a variable's name or a finite number, got ${show(operand)}`;
  }
  return undefined;
}
