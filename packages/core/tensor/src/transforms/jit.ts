import { ArgumentError } from '../errors.js';
import type { Program } from '../program/program.js';
import { formatProgram } from '../program/program.js';
import { record } from '../program/record.js';
import { describe } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { bind, Tracer } from '../trace.js';
import { flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';

/** A compiled function. Calls like the original. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R;
  /** The program for these arguments, as text. */
  program(...args: A): string;
  /** Forgets all compiled programs and their buffers. */
  dispose(): void;
}

interface Compiled {
  readonly program: Program;
  readonly captured: readonly Tensor[];
  readonly result: TreeDefinition;
}

/**
 * Compiles `f`: it is run once per combination of shapes, dtypes and non-tensor arguments to write its operations
 * down; later calls run the planned program. `f` must be a pure function of its arguments.
 *
 * Tensors in the arguments are traced; numbers, strings and the like are part of the program, and another value means
 * another trace: pass a number that changes from call to call as a scalar tensor. Tensors that `f` uses from outside
 * are constants of the program.
 *
 * @throws TraceError where `f` needs the value of a traced tensor (a JS condition, `item()`)
 */
export function jit<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  { name = f.name || 'anonymous' }: { name?: string } = {},
): Jitted<A, R> {
  if (typeof f !== 'function') throw new ArgumentError(`jit: needs a function, got ${String(f)}`);
  const cache = new Map<string, Compiled>();

  const compiledFor = (leaves: readonly Tensor[], definition: TreeDefinition): Compiled => {
    const key = `${definition.key} ${leaves.map(describe).join(' ')}`;
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    let result: TreeDefinition | undefined;
    const { program, captured } = record(
      `jit(${name})`,
      (...inputs) => {
        const flattened = flatten(f(...(unflatten(definition, inputs) as unknown as A)));
        result = flattened.definition;
        return flattened.leaves;
      },
      leaves,
    );
    const compiled = { program, captured, result: result! };
    // A value of an outer transform is only good for this call: the program must not be found again.
    if (!captured.some((x) => x instanceof Tracer)) cache.set(key, compiled);
    return compiled;
  };

  const call = (...args: A): R => {
    const { leaves, definition } = flatten(args);
    const { program, captured, result } = compiledFor(leaves, definition);
    return unflatten(result, bind('jit', [...leaves, ...captured], { program, name })) as R;
  };
  return Object.assign(call, {
    program: (...args: A): string => {
      const { leaves, definition } = flatten(args);
      return formatProgram(compiledFor(leaves, definition).program);
    },
    dispose: () => cache.clear(),
  });
}
