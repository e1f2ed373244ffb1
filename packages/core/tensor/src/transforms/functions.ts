import { ArgumentError } from '../errors.js';
import type { Program } from '../program/program.js';
import { record } from '../program/record.js';
import { describe } from '../shape.js';
import { checkFunction } from '../show.js';
import type { Tensor } from '../tensor.js';
import { Tracer } from '../trace.js';
import { flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';

/**
 * Throws for a promise: operations after an `await` run when the transform is over, so they would not be part of it.
 * Every result of a function that a transform runs comes through here.
 */
export function synchronous<R>(op: string, result: R): R {
  if (result instanceof Promise) {
    // It may meet values that are not good any more; the error below is the one to see.
    result.catch(() => undefined);
    throw new ArgumentError(
      `${op}: the function is asynchronous; await what it needs before, and give ${op} the synchronous part`,
    );
  }
  return result;
}

/** The result of a function that a transform runs, taken apart. */
export function flattenResult(op: string, result: unknown): ReturnType<typeof flatten> {
  return flatten(synchronous(op, result));
}

/** A function of trees written down for arguments of one form. */
export interface RecordedFunction {
  /** Its inputs are the arguments' tensors, then the captured ones. */
  readonly program: Program;
  readonly captured: readonly Tensor[];
  readonly result: TreeDefinition;
}

/** Records `f` once for every structure, shape and dtype of its arguments, and remembers it. `title` names the trace. */
export function recordingCache<A extends readonly unknown[]>(
  name: string,
  f: (...args: A) => unknown,
  title = name,
): { find: (leaves: readonly Tensor[], definition: TreeDefinition) => RecordedFunction; clear: () => void } {
  checkFunction(name, f);
  const known = new Map<string, RecordedFunction>();
  return {
    clear: () => known.clear(),
    find(leaves, definition) {
      const key = `${definition.key} ${leaves.map(describe).join(' ')}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      let result: TreeDefinition | undefined;
      const recording = record(
        title,
        (...inputs) => {
          const flattened = flattenResult(name, f(...(unflatten(definition, inputs) as A)));
          result = flattened.definition;
          return flattened.leaves;
        },
        leaves,
      );
      const made = { ...recording, result: result! };
      // A value of an outer transform is only good for this call: the program must not be found again.
      if (!made.captured.some((x) => x instanceof Tracer)) known.set(key, made);
      return made;
    },
  };
}
