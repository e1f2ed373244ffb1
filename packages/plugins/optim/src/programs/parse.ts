import { ArgumentError } from '@core/tensor';
import { functionNamed, functionNames } from './functions.js';
import { checkProgram } from './inference.js';
import { inputs, result, type Operand, type OptimizerProgram, type Statement } from './program.js';

const head = /^def\s+\w+\s*\(([^)]*)\)\s*:$/;
const tail = /^return\s+(.+)$/;
const call = /^(\w+)\s*=\s*(\w+)\s*\(([^()]*)\)$/;
const infix = /^(\w+)\s*=\s*\(?\s*([^\s()]+)\s+([-+*/])\s+([^\s()]+)\s*\)?$/;

/**
 * Reads a program in the notation of the paper's listings (and of the official code): one function a line, no nesting.
 * Comments begin with #. Names in the head that are not w, g, lr or t are the state; the last line returns the update and
 * then the state. The official names `interpolate` and `clip_by_global_norm` are read as `interp` and `clip`.
 *
 * @throws ArgumentError with the line that is wrong; and as `checkProgram`
 */
export function parseProgram(text: string): OptimizerProgram {
  const owner = 'parseProgram';
  if (typeof text !== 'string') throw new ArgumentError(`${owner}: a program must be a text`);
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.replace(/#.*/, '').trim() }))
    .filter((line) => line.text !== '');
  const [first, last] = [lines[0], lines.at(-1)];
  const names = list(head.exec(first?.text ?? '')?.[1]);
  const returned = list(tail.exec(last?.text ?? '')?.[1]);
  if (names === undefined)
    throw new ArgumentError(
      `${owner}: the first line must be like "def train(w, g, m, lr):", got ${quote(first)}`,
    );
  const state = names.filter((name) => !Object.hasOwn(inputs, name));
  const wanted = [result, ...state].join(', ');
  if (returned?.join(', ') !== wanted)
    throw new ArgumentError(`${owner}: the last line must be "return ${wanted}", got ${quote(last)}`);
  const program = { state, statements: lines.slice(1, -1).map((line) => parseStatement(owner, line)) };
  checkProgram(owner, program);
  return program;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const quote = (line: Line | undefined): string => JSON.stringify(line?.text ?? '');

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseStatement(owner: string, line: Line): Statement {
  const called = call.exec(line.text);
  const [, target, name, operands] = called ?? between(infix.exec(line.text)) ?? [];
  if (target === undefined || name === undefined || operands === undefined)
    throw new ArgumentError(
      `${owner}: line ${line.number} must be like "x = sqrt(y)" or "x = y * 2", got ${quote(line)}`,
    );
  const operation = functionNamed(name);
  if (operation === undefined)
    throw new ArgumentError(
      `${owner}: line ${line.number}: there is no function ${name}; there are ${functionNames.join(', ')}`,
    );
  return { target, operation, operands: (list(operands) ?? []).map(parseOperand) };
}

/** The infix form's parts in the order of a call's. */
function between(match: RegExpExecArray | null): (string | undefined)[] | undefined {
  return match === null ? undefined : [match[0], match[1], match[3], `${match[2]}, ${match[4]}`];
}

function parseOperand(text: string): Operand {
  return /^[A-Za-z_]\w*$/.test(text) ? text : Number(text); // what is neither is NaN, which checkProgram refuses
}
