import { functionNames, functions, resultType, type FunctionName, type ValueType } from './functions.js';
import { infer, initialScope, operandType, problemOf, type Scope } from './inference.js';
import { result, type Operand, type OptimizerProgram, type Statement } from './program.js';
import type { RandomNumbers } from './randomNumbers.js';

/** How mutations are drawn. */
export interface MutationOptions {
  /** How often statements are inserted, deleted and modified, and constants tuned, relative to each other. */
  readonly weights: {
    readonly insert: number;
    readonly delete: number;
    readonly modify: number;
    readonly tune: number;
  };
  /** What inserted statements may call. */
  readonly functions: readonly FunctionName[];
  /** No insertion beyond this length. */
  readonly maximumStatements: number;
}

/** Equal shares, as in the official code; every function of it. */
export const defaultMutations: MutationOptions = {
  weights: { insert: 1, delete: 1, modify: 1, tune: 1 },
  functions: functionNames,
  maximumStatements: 30,
};

/** Tries before a program counts as one that cannot be mutated. */
const patience = 10_000;

/**
 * A child of a checked program: one of the paper's mutations (section 2.1), drawn again until types fit.
 *
 * - insert: a statement at a random place, its function, operands and target drawn among what fits there; constants are
 *   standard normal.
 * - delete: a random statement.
 * - modify: one operand of a random statement; a variable becomes another variable or a constant, a constant is multiplied
 *   by 2ᵃ with a standard normal.
 * - tune: that, for a random constant of the program (`hparam_tune` of the official code).
 *
 * `t` is left as it is where a program has it, but never drawn: the paper's programs do not know the step.
 */
export function mutate(
  program: OptimizerProgram,
  random: RandomNumbers,
  options: MutationOptions = defaultMutations,
): OptimizerProgram {
  for (let attempt = 0; attempt < patience; attempt++) {
    const statements = draw(program, random, options);
    if (statements === undefined) continue;
    const child = { state: program.state, statements };
    if (problemOf(child) === undefined) return child;
  }
  return program;
}

function draw(
  program: OptimizerProgram,
  random: RandomNumbers,
  { weights, functions: allowed, maximumStatements }: MutationOptions,
): Statement[] | undefined {
  const { statements } = program;
  const full = statements.length >= maximumStatements;
  const choices = [
    [full ? 0 : weights.insert, () => insert(program, random, allowed)],
    [weights.delete, () => remove(statements, random)],
    [weights.modify, () => modify(program, random)],
    [weights.tune, () => tune(statements, random)],
  ] as const;
  let at = random.uniform() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of choices) {
    if (at < weight) return make();
    at -= weight;
  }
  return undefined;
}

const without = <T>(list: readonly T[], index: number, ...instead: readonly T[]): T[] => [
  ...list.slice(0, index),
  ...instead,
  ...list.slice(index + 1),
];

/** The scope before statement `index`. */
function scopeAt({ state, statements }: OptimizerProgram, index: number): Scope {
  const scope = initialScope(state);
  for (const statement of statements.slice(0, index)) infer(statement, scope);
  return scope;
}

const variables = (scope: Scope): string[] => [...scope.keys()].filter((name) => name !== 't');

/** Four digits are enough for what is multiplied by random factors. */
const round = (x: number): number => Number(x.toPrecision(4));

function drawOperand(names: readonly string[], random: RandomNumbers): Operand {
  return names[random.index(names.length + 1)] ?? round(random.normal());
}

function insert(
  program: OptimizerProgram,
  random: RandomNumbers,
  allowed: readonly FunctionName[],
): Statement[] | undefined {
  const { statements } = program;
  const index = random.index(statements.length + 1);
  const scope = scopeAt(program, index);
  const names = variables(scope);
  const operation = allowed[random.index(allowed.length)];
  if (operation === undefined) return undefined;
  const operands = Array.from({ length: functions[operation].arity }, () => drawOperand(names, random));
  const types = operands.map((operand) => operandType(operand, scope) as ValueType); // drawn from the scope
  const type = resultType(operation, types);
  if (typeof type !== 'string') return undefined;
  const targets = names.filter((name) => scope.get(name) === type);
  const target = targets[random.index(targets.length + 1)] ?? newName(program);
  return [...statements.slice(0, index), { target, operation, operands }, ...statements.slice(index)];
}

function newName({ state, statements }: OptimizerProgram): string {
  const taken = new Set([...state, result, ...statements.map(({ target }) => target)]);
  for (let i = 1; ; i++) if (!taken.has(`v${i}`)) return `v${i}`;
}

function remove(statements: readonly Statement[], random: RandomNumbers): Statement[] | undefined {
  return statements.length === 0 ? undefined : without(statements, random.index(statements.length));
}

const scaled = (x: number, random: RandomNumbers): number => round(x * 2 ** random.normal());

function modify(program: OptimizerProgram, random: RandomNumbers): Statement[] | undefined {
  const { statements } = program;
  const index = random.index(statements.length);
  const statement = statements[index];
  if (statement === undefined || statement.operands.length === 0) return undefined;
  const place = random.index(statement.operands.length);
  const old = statement.operands[place] as Operand; // place is one of them
  const others = variables(scopeAt(program, index)).filter((name) => name !== old);
  const operand = typeof old === 'number' ? scaled(old, random) : drawOperand(others, random);
  return without(statements, index, { ...statement, operands: without(statement.operands, place, operand) });
}

function tune(statements: readonly Statement[], random: RandomNumbers): Statement[] | undefined {
  const places = statements.flatMap(({ operands }, index) =>
    operands.flatMap((operand, place) => (typeof operand === 'number' ? [{ index, place, operand }] : [])),
  );
  const chosen = places[random.index(places.length)];
  const statement = statements[chosen?.index ?? -1];
  if (chosen === undefined || statement === undefined) return undefined;
  const operands = without<Operand>(statement.operands, chosen.place, scaled(chosen.operand, random));
  return without(statements, chosen.index, { ...statement, operands });
}
