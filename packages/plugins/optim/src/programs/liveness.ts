import { result, type OptimizerProgram, type Statement } from './program.js';

/** Which statements, and which state variables, the update depends on. */
export interface Liveness {
  readonly statements: readonly boolean[];
  readonly state: readonly string[];
}

/**
 * The part of abstract execution that finds redundant statements: those from which no way leads to the update, neither in
 * this step nor, through state, in a later one.
 */
export function liveness({ state, statements }: OptimizerProgram): Liveness {
  let needed = new Set<string>([result]);
  for (;;) {
    const { live, read } = backwards(statements, needed);
    const grown = new Set([...needed, ...state.filter((name) => read.has(name))]);
    if (grown.size === needed.size)
      return { statements: live, state: state.filter((name) => needed.has(name)) };
    needed = grown;
  }
}

/** One pass from the end, with the variables whose last values are needed; `read` are those whose first values are. */
function backwards(
  statements: readonly Statement[],
  needed: ReadonlySet<string>,
): { live: boolean[]; read: Set<string> } {
  const read = new Set(needed);
  const live = statements.map(() => false);
  for (let i = statements.length - 1; i >= 0; i--) {
    const statement = statements[i];
    if (statement === undefined || !read.delete(statement.target)) continue;
    live[i] = true;
    for (const operand of statement.operands) if (typeof operand === 'string') read.add(operand);
  }
  return { live, read };
}

/** The program without redundant statements and without state that the update does not depend on. */
export function withoutRedundant(program: OptimizerProgram): OptimizerProgram {
  const live = liveness(program);
  return {
    state: live.state,
    statements: program.statements.filter((_, i) => live.statements[i] === true),
  };
}
