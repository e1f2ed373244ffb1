import { ArgumentError, ShapeError, TreeError } from '../errors.js';
import { cast } from '../primitives/calls.js';
import { asTensor } from '../ops/convert.js';
import type { TensorLike } from '../ops/convert.js';
import { checkOptions } from '../options.js';
import type { Program } from '../program/program.js';
import { record } from '../program/record.js';
import type { Aval } from '../shape.js';
import { describe, sameShape } from '../shape.js';
import { checkFunction, show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';
import { difference, flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';
import { flattenResult } from './functions.js';

interface Body {
  readonly program: Program;
  readonly captured: readonly Tensor[];
  readonly result: TreeDefinition;
  readonly value: unknown;
}

/** Records a function of trees. */
function recordBody(
  name: string,
  f: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  avals: readonly Aval[],
): Body {
  checkFunction(name, f);
  const { definition } = flatten(args);
  let result: TreeDefinition | undefined;
  let value: unknown;
  const recording = record(
    name,
    (...inputs) => {
      value = f(...(unflatten(definition, inputs) as readonly unknown[]));
      const flattened = flattenResult(name, value);
      result = flattened.definition;
      return flattened.leaves;
    },
    avals,
  );
  return { ...recording, result: result!, value };
}

export interface ScanOptions {
  /** Number of steps; needed only when there are no sequences. */
  length?: number;
  /** Run from the last element to the first; results stay in the sequence's order. Default false. */
  reverse?: boolean;
}

/**
 * A loop that carries a state: `[carry, y] = f(carry, x)` for every x along the first axis of `xs`. Returns the last
 * carry and the stacked ys. Traced once, so it is one step of a compiled program however long it runs; differentiable
 * in both modes and to any order.
 *
 * @param f one step; the carry it returns must have the structure, shapes and dtypes of the one it gets
 * @param init the first carry, any tree
 * @param xs any tree of tensors with one first axis; null with `length` for a loop without sequences
 * @throws ShapeError or TreeError when sequences' lengths differ or the carry changes its form
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  checkOptions('scan', options, ['length', 'reverse']);
  const { length, reverse = false } = options;
  const carry = flatten(init);
  const sequences = flatten(xs);
  const steps = scanLength(sequences.leaves, length);
  const elements = sequences.leaves.map((x): Aval => ({ shape: x.shape.slice(1), dtype: x.dtype }));
  const body = recordBody(
    'scan',
    f as (...args: readonly unknown[]) => unknown,
    [init, xs],
    [...carry.leaves, ...elements],
  );
  const pair = body.value;
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new TreeError('scan: the step function must return [carry, y]; y may be null');
  checkCarry(init, carry.leaves, pair[0]);
  // The recorded inputs are carry, x, captured; the primitive wants captured first.
  const { inputs } = body.program;
  const own = inputs.length - body.captured.length;
  const program: Program = { ...body.program, inputs: [...inputs.slice(own), ...inputs.slice(0, own)] };
  const results = bind('scan', [...body.captured, ...carry.leaves, ...sequences.leaves], {
    body: program,
    constants: body.captured.length,
    carry: carry.leaves.length,
    length: steps,
    reverse,
  });
  return unflatten(body.result, results) as [C, Y];
}

function scanLength(sequences: readonly Tensor[], given: number | undefined): number {
  if (given !== undefined && (!Number.isInteger(given) || given < 0))
    throw new ArgumentError(`scan: length must be a whole number of at least 0, got ${show(given)}`);
  let length = given;
  for (const x of sequences) {
    if (x.ndim === 0)
      throw new ShapeError(`scan: a sequence needs a first axis to run along, got ${describe(x)}`);
    if (length !== undefined && x.shape[0] !== length)
      throw new ShapeError(`scan: sequences have lengths ${length} and ${x.shape[0]} (${describe(x)})`);
    length = x.shape[0]!;
  }
  if (length === undefined)
    throw new ArgumentError('scan: without sequences, give the number of steps as length');
  return length;
}

function checkCarry(init: unknown, before: readonly Tensor[], after: unknown): void {
  const found = flatten(after);
  if (found.definition.key !== flatten(init).definition.key)
    throw new TreeError(`scan: the step changes the carry's structure: ${difference(init, after)}`);
  found.leaves.forEach((leaf, i) => {
    const expected = before[i]!;
    if (sameShape(leaf.shape, expected.shape) && leaf.dtype === expected.dtype) return;
    throw new ShapeError(
      `scan: the carry must keep its form, but the step turns ${describe(expected)} into ${describe(leaf)}`,
    );
  });
}

/**
 * `whenTrue(...operands)` or `whenFalse(...operands)`, decided when the program runs: the condition a JS `if` cannot be
 * inside `jit`. Only the chosen branch is computed (under `vmap` with a batched predicate: both).
 *
 * @param predicate a scalar; numbers count as true unless 0
 * @throws TreeError or ShapeError when the branches' results differ in structure, shape or dtype
 */
export function cond<A extends readonly unknown[], R>(
  predicate: TensorLike,
  whenTrue: (...operands: A) => R,
  whenFalse: (...operands: A) => R,
  ...operands: A
): R {
  const test = asTensor('cond', predicate);
  if (test.ndim !== 0)
    throw new ShapeError(
      `cond: the predicate must be a scalar, got ${describe(test)}; for elementwise choice use where`,
    );
  const { leaves } = flatten(operands);
  const yes = recordBody('cond', whenTrue as (...args: readonly unknown[]) => unknown, operands, leaves);
  const no = recordBody('cond', whenFalse as (...args: readonly unknown[]) => unknown, operands, leaves);
  if (yes.result.key !== no.result.key)
    throw new TreeError(`cond: the branches' results differ: ${difference(yes.value, no.value)}`);
  yes.program.outputs.forEach((output, i) => {
    const other = no.program.outputs[i]!;
    if (!sameShape(output.shape, other.shape) || output.dtype !== other.dtype)
      throw new ShapeError(`cond: one branch gives ${describe(output)}, the other ${describe(other)}`);
  });
  const [program, otherProgram] = alignCaptures(yes, no, leaves.length);
  const results = bind('cond', [cast(test, 'bool'), ...leaves, ...yes.captured, ...no.captured], {
    whenTrue: program,
    whenFalse: otherProgram,
  });
  return unflatten(yes.result, results) as R;
}

/** Both branches get the operands and both lists of captured tensors. */
function alignCaptures(yes: Body, no: Body, own: number): [Program, Program] {
  const yesExtra = yes.program.inputs.slice(own);
  const noExtra = no.program.inputs.slice(own);
  const unused = (variables: Program['inputs']): Program['inputs'] =>
    variables.map((variable) => ({ ...variable }));
  return [
    { ...yes.program, inputs: [...yes.program.inputs.slice(0, own), ...yesExtra, ...unused(noExtra)] },
    { ...no.program, inputs: [...no.program.inputs.slice(0, own), ...unused(yesExtra), ...noExtra] },
  ];
}
