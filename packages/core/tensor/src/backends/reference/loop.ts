import type { DType } from '../../dtype.js';
import { collapse } from '../../primitives/kernels/elementwise.js';
import { lookupPrimitive } from '../../primitives/primitive.js';
import type { Expression, HostArray } from '../../primitives/primitive.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { FusedStep } from '../../program/fuse.js';
import type { Equation, Variable } from '../../program/program.js';
import { sizeOf } from '../../shape.js';

/*
 * JS for fused groups: one loop that reads each input once, computes what the members compute, and writes the outputs.
 * Every value is rounded to its dtype where it would have been stored, so the results are those of the single kernels
 * to the bit.
 */

/**
 * `lengths` of the loops, outermost first; `strides` of each input, one per loop; `numbers`: the constants. These are
 * arguments rather than code, so that programs that differ in shapes or settings share what the engine has compiled.
 */
type Loop = (
  numbers: readonly number[],
  lengths: readonly number[],
  strides: readonly (readonly number[])[],
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
) => void;

type Helpers = Record<string, (...args: number[]) => number>;

/** How an input runs through the loops: like the outputs, not at all, or by its own strides (0 or 1 in the innermost). */
type Access = 'same' | 'once' | 'row' | 'column';

const loops = new Map<string, Loop>();

/** The kernel of a fused group. */
export function fusedKernel(
  step: FusedStep,
): (inputs: readonly HostArray[], outputs: readonly HostArray[]) => void {
  const total = sizeOf(step.shape);
  if (total === 0) return () => undefined;
  const own = step.inputs.map((input) => sizeOf(input.shape) !== total && sizeOf(input.shape) !== 1);
  const walk = own.includes(true)
    ? collapse(
        step.shape,
        step.inputs.map((input) => input.shape),
      )
    : { lengths: [total], strides: step.inputs.map(() => [1]) };
  const depth = walk.lengths.length;
  const access = step.inputs.map((input, k): Access => {
    if (sizeOf(input.shape) === total) return 'same';
    return !own[k] ? 'once' : walk.strides[k]![depth - 1] === 0 ? 'column' : 'row';
  });
  const { code, helpers, numbers } = generate(step, access, depth);
  const loop = loopFor(step, code, helpers);
  return (inputs, outputs) => loop(numbers, walk.lengths, walk.strides, inputs, outputs);
}

function loopFor(step: FusedStep, code: string, helpers: Helpers): Loop {
  const key = `${[...step.inputs, ...step.outputs].map((variable) => variable.dtype).join()}|${code}`;
  let loop = loops.get(key);
  if (loop === undefined) {
    // The code comes from the tables of the elementwise primitives alone, never from a user.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    loop = new Function(...Object.keys(helpers), code)(...Object.values(helpers)) as Loop;
    loops.set(key, loop);
  }
  return loop;
}

function generate(step: FusedStep, access: readonly Access[], depth: number) {
  const names = new Map<Variable, string>();
  step.inputs.forEach((input, k) => names.set(input, `a${k}`));
  const helpers: Helpers = {};
  const numbers: number[] = [];
  const body: string[] = [];
  const load = (how: Access, from: (k: number) => string): string[] =>
    access.flatMap((each, k) => (each === how ? [`const a${k} = x${k}[${from(k)}];`] : []));

  const values = step.equations.map((equation, i) => {
    const output = equation.outputs[0]!;
    const { code, helpers: used = {} } = expressionOf(equation);
    Object.assign(helpers, used);
    const operands = equation.inputs.map((input) => {
      const source = step.source(input);
      return typeof source === 'number' ? `c${numbers.push(source) - 1}` : names.get(source)!;
    });
    names.set(output, `v${i}`);
    const filled = code.replace(/\b[abc]\b/g, (name) => operands['abc'.indexOf(name)]!);
    return `const v${i} = ${rounded(filled, output.dtype)};`;
  });
  const stores = step.outputs.map((output, k) => `y${k}[o] = ${names.get(output)!};`);

  // Innermost: all loads of a place come before its stores, since an output may share the memory of an input.
  const own = access.flatMap((each, k) => (each === 'row' || each === 'column' ? [k] : []));
  const rows = own.filter((k) => access[k] === 'row');
  const inner = depth - 1;
  let nest = [
    ...load('column', (k) => `p${k}_${inner}`),
    ...rows.map((k) => `let q${k} = p${k}_${inner};`),
    `for (const end = o + n${inner}; o < end; o++) {`,
    ...load('same', () => 'o'),
    ...load('row', (k) => `q${k}++`),
    ...values,
    ...stores,
    '}',
  ];
  for (let level = inner - 1; level >= 0; level--) {
    nest = [
      `for (let i${level} = 0${own.map((k) => `, p${k}_${level + 1} = p${k}_${level}`).join('')}; i${level} < n${level}; i${level}++) {`,
      ...nest,
      ...own.map((k) => `p${k}_${level + 1} += d${k}_${level};`),
      '}',
    ];
  }
  const levels = Array.from({ length: depth }, (_, level) => level);
  body.push(
    'return function (numbers, lengths, strides, inputs, outputs) {',
    ...numbers.map((_, i) => `const c${i} = numbers[${i}];`),
    ...levels.map((level) => `const n${level} = lengths[${level}];`),
    ...own.flatMap((k) => levels.map((level) => `const d${k}_${level} = strides[${k}][${level}];`)),
    ...access.map((_, k) => `const x${k} = inputs[${k}].data;`),
    ...step.outputs.map((_, k) => `const y${k} = outputs[${k}].data;`),
    ...load('once', () => '0'),
    `let o = 0${own.map((k) => `, p${k}_0 = 0`).join('')};`,
    ...nest,
    '}',
  );
  return { code: body.join('\n'), helpers, numbers };
}

function expressionOf(equation: Equation<Variable>): Expression {
  const { expression } = lookupPrimitive<PrimitiveName>(equation.primitive);
  return expression!(
    equation.inputs.map((input) => input.dtype),
    equation.params,
  );
}

/** What storing the value as `dtype` and reading it again would give. */
function rounded(code: string, dtype: DType): string {
  switch (dtype) {
    case 'float32':
      return `Math.fround(${code})`;
    case 'int32':
      return `(${code}) | 0`;
    // Expressions give 0 or 1 for bool.
    case 'bool':
    case 'float64':
      return code;
  }
}
