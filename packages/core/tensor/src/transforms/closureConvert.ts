import { TreeError } from '../errors.js';
import { evaluateProgram } from '../program/program.js';
import type { Tensor } from '../tensor.js';
import { difference, flatten, unflatten } from '../tree.js';
import { recordingCache } from './functions.js';
import { checkTangent } from './jvp.js';

/**
 * `f` as a function without a closure: `[converted, captured]` with `converted(captured, ...args)` equal to `f(...args)`, where
 * `captured` are the tensors that f uses without being given them.
 *
 * For derivative rules (`customVjp`) of functions that users write with whatever data is in scope: once captured tensors are
 * arguments, the rule says what their cotangents are too, values of outer transforms included.
 *
 * `f` is recorded once, at the examples; `converted` takes arguments of their structure, shapes and dtypes.
 *
 * @throws TreeError or ShapeError where arguments do not match the examples
 */
export function closureConvert<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...examples: A
): [(captured: readonly Tensor[], ...args: A) => R, readonly Tensor[]] {
  const { leaves, recorded } = recordingCache('closureConvert', f).find(examples);
  const { program, captured, result, definition } = recorded;
  const converted = (values: readonly Tensor[], ...args: A): R => {
    const given = flatten(args);
    if (given.definition.key !== definition.key)
      throw new TreeError(`closureConvert: arguments and examples differ: ${difference(examples, args)}`);
    if (values.length !== captured.length)
      throw new TreeError(
        `closureConvert: the function captured ${captured.length} tensors, got ${values.length}`,
      );
    leaves.forEach((x, i) => checkTangent('closureConvert', x, given.leaves[i]!));
    captured.forEach((x, i) => checkTangent('closureConvert', x, values[i]!));
    return unflatten(result, evaluateProgram(program, [...given.leaves, ...values])) as R; // f's own structure
  };
  return [converted, captured];
}
