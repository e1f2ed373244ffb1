import { ArgumentError } from '../errors.js';
import type { Program } from '../program/program.js';
import { record } from '../program/record.js';
import { describe, sameShape } from '../shape.js';
import type { Aval } from '../shape.js';
import { checkFunction } from '../show.js';
import type { Tensor } from '../tensor.js';
import { Tracer } from '../trace.js';
import { flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';
import { leavesAs } from '../treeMatching.js';

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
  /** The structure of the list of arguments. */
  readonly definition: TreeDefinition;
  /** Its inputs are the arguments' tensors, then the captured ones. */
  readonly program: Program;
  readonly captured: readonly Tensor[];
  readonly result: TreeDefinition;
}

/** The recording for a list of arguments, and their tensors. */
interface Found {
  readonly leaves: Tensor[];
  readonly recorded: RecordedFunction;
}

export interface RecordingCache<A> {
  readonly find: (args: A) => Found;
  readonly clear: () => void;
}

/** Recordings that are tried first, without a text of what the arguments look like. */
const mostRecent = 4;

/**
 * Records `f` once for every structure, shape and dtype of its arguments, and remembers it; all are forgotten when there
 * are more than `most`. `title` names the trace.
 */
export function recordingCache<A extends readonly unknown[]>(
  name: string,
  f: (...args: A) => unknown,
  { title = name, most = Infinity }: { title?: string; most?: number } = {},
): RecordingCache<A> {
  checkFunction(name, f);
  const known = new Map<string, RecordedFunction>();
  let recent: readonly RecordedFunction[] = [];

  const make = (leaves: readonly Tensor[], definition: TreeDefinition): RecordedFunction => {
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
    return { ...recording, definition, result: result! };
  };

  const clear = (): void => {
    known.clear();
    recent = [];
  };
  const remember = (key: string, recorded: RecordedFunction): void => {
    if (known.size >= most && !known.has(key)) clear();
    known.set(key, recorded);
    recent = [recorded, ...recent.filter((other) => other !== recorded)].slice(0, mostRecent);
  };
  const find = (args: A): Found => {
    for (const recorded of recent) {
      const leaves = leavesAs(recorded.definition, args);
      if (leaves !== undefined && areLike(leaves, recorded.program.inputs)) return { leaves, recorded };
    }
    const { leaves, definition } = flatten(args);
    const key = `${definition.key} ${leaves.map(describe).join(' ')}`;
    const recorded = known.get(key) ?? make(leaves, definition);
    // A value of an outer transform is only good for this call: the program must not be found again.
    if (!recorded.captured.some((x) => x instanceof Tracer)) remember(key, recorded);
    return { leaves, recorded };
  };
  return { find, clear };
}

/** Whether tensors have the shapes and dtypes of the first of these. */
function areLike(tensors: readonly Aval[], avals: readonly Aval[]): boolean {
  for (let i = 0; i < tensors.length; i++) {
    const [x, y] = [tensors[i]!, avals[i]!];
    if (x.dtype !== y.dtype || (x.shape !== y.shape && !sameShape(x.shape, y.shape))) return false;
  }
  return true;
}
