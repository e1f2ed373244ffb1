import { functions } from './functions.js';
import { result, type OptimizerProgram, type Statement } from './program.js';

export function statementText({ target, operation, operands }: Statement): string {
  const written = operands.map(String);
  return functions[operation].infix === true
    ? `${target} = ${written[0]} ${operation} ${written[1]}`
    : `${target} = ${operation}(${written.join(', ')})`;
}

/**
 * A program as the paper prints them; `parseProgram` reads it back to the same program.
 *
 *     def train(w, g, m, lr):
 *       update = interp(g, m, 0.9)
 *       update = sign(update)
 *       m = interp(g, m, 0.99)
 *       update = update * lr
 *       return update, m
 */
export function programText({ state, statements }: OptimizerProgram): string {
  const counts = statements.some(({ operands }) => operands.includes('t'));
  return [
    `def train(${['w', 'g', ...state, 'lr', ...(counts ? ['t'] : [])].join(', ')}):`,
    ...statements.map((statement) => `  ${statementText(statement)}`),
    `  return ${[result, ...state].join(', ')}`,
  ].join('\n');
}
