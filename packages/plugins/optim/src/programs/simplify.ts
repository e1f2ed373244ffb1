import { fingerprint, probeUpdates } from './fingerprint.js';
import { functionNames, functions, type FunctionName } from './functions.js';
import { initialScope, infer, problemOf } from './inference.js';
import { withoutRedundant } from './liveness.js';
import type { Operand, OptimizerProgram, Statement } from './program.js';

/**
 * The shortest program that is about as good, as the paper's section 2.3 goes about it: redundant statements are removed;
 * then those whose removal hardly changes the fitness, the least missed first; then what can be written with one
 * function is (m / √(m²) is sign(m)). The last step the paper does by hand.
 *
 * A statement is removed by leaving it out, or by putting one of its operands wherever its result is read.
 *
 * @param fitnessOf judges programs, in their order
 * @param tolerance how much fitness may be lost in all
 */
export async function simplifyProgram(
  program: OptimizerProgram,
  fitnessOf: (programs: readonly OptimizerProgram[]) => Promise<readonly number[]>,
  tolerance: number,
): Promise<OptimizerProgram> {
  let now = withoutRedundant(program);
  const [start = 0] = await fitnessOf([now]);
  for (;;) {
    const tries = different([...shorter(now), ...rewritten(now)], now);
    const values = await fitnessOf(tries);
    const top = Math.max(...values);
    if (tries.length === 0 || !(top >= start - tolerance)) return renamed(now);
    now = tries[values.indexOf(top)] ?? now;
  }
}

/** Those with fewer statements than the program, once for each thing that they do. */
function different(tries: readonly OptimizerProgram[], program: OptimizerProgram): OptimizerProgram[] {
  const found = new Map<string, OptimizerProgram>();
  for (const one of tries) {
    if (problemOf(one) !== undefined) continue;
    const small = withoutRedundant(one);
    const key = fingerprint(small);
    if (key === undefined || small.statements.length >= program.statements.length) continue;
    const other = found.get(key);
    if (other === undefined || other.statements.length > small.statements.length) found.set(key, small);
  }
  return [...found.values()];
}

function shorter({ state, statements }: OptimizerProgram): OptimizerProgram[] {
  return statements.flatMap((statement, index) => [
    { state, statements: [...statements.slice(0, index), ...statements.slice(index + 1)] },
    ...statement.operands.map((operand) => ({ state, statements: bypass(statements, index, operand) })),
  ]);
}

/** Without statement `index`, its operand read in place of its result until the result's name is assigned again. */
function bypass(statements: readonly Statement[], index: number, operand: Operand): Statement[] {
  const { target } = statements[index] as Statement; // one of them
  let active = true;
  const after = statements.slice(index + 1).map((statement) => {
    const operands = statement.operands.map((one) => (active && one === target ? operand : one));
    if (statement.target === target || statement.target === operand) active = false;
    return { ...statement, operands };
  });
  return [...statements.slice(0, index), ...after];
}

/** How far updates may differ, relative to the largest, to count as the same but for an ε. */
const close = 1e-2;

/** Programs that do nearly the same with one unary function of a variable in place of a statement and what it needs. */
function rewritten(program: OptimizerProgram): OptimizerProgram[] {
  const { state, statements } = program;
  const wanted = probeUpdates(program);
  const largest = Math.max(...wanted.map(Math.abs));
  const unary = functionNames.filter(
    (name) => functions[name].arity === 1 && functions[name].kind === 'elementwise',
  );
  const scope = initialScope(state);
  return statements.flatMap((statement, index) => {
    const names = [...scope.keys()];
    infer(statement, scope);
    return names.flatMap((name) =>
      unary.flatMap((operation: FunctionName) => {
        const one = { ...statement, operation, operands: [name] };
        const changed = {
          state,
          statements: [...statements.slice(0, index), one, ...statements.slice(index + 1)],
        };
        if (problemOf(changed) !== undefined) return [];
        const updates = probeUpdates(changed);
        return updates.every((x, i) => Math.abs(x - (wanted[i] as number)) <= close * largest)
          ? [changed]
          : [];
      }),
    );
  });
}

/** State and other variables in the order of their first use: m, v, …; v1, v2, …; what ends as the update keeps its name. */
function renamed({ state, statements }: OptimizerProgram): OptimizerProgram {
  const names = new Map<string, string>(state.map((name, i) => [name, ['m', 'v'][i] ?? `s${i + 1}`]));
  let count = 0;
  for (const { target } of statements)
    if (!names.has(target) && !['update', 'w', 'g', 'lr', 't'].includes(target))
      names.set(target, `v${++count}`);
  const name = (old: Operand): Operand => (typeof old === 'string' ? (names.get(old) ?? old) : old);
  return {
    state: state.map((old) => String(name(old))),
    statements: statements.map(({ target, operation, operands }) => ({
      target: String(name(target)),
      operation,
      operands: operands.map(name),
    })),
  };
}
