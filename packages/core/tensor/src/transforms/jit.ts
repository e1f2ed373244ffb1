import { checkOptions } from '../options.js';
import { formatProgram } from '../program/program.js';
import { checkFunction } from '../show.js';
import { bind } from '../trace.js';
import { flatten, unflatten } from '../tree.js';
import { recordingCache } from './functions.js';

/** A compiled function. Calls like the original. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R;
  /** The program for these arguments, as text. */
  program(...args: A): string;
  /** Forgets all compiled programs and their buffers. */
  dispose(): void;
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
  options: { name?: string } = {},
): Jitted<A, R> {
  checkFunction('jit', f);
  checkOptions('jit', options, ['name']);
  const name = options.name ?? (f.name === '' ? 'anonymous' : f.name);
  const recordings = recordingCache('jit', f, `jit(${name})`);

  const call = (...args: A): R => {
    const { leaves, definition } = flatten(args);
    const { program, captured, result } = recordings.find(leaves, definition);
    return unflatten(result, bind('jit', [...leaves, ...captured], { program, name })) as R;
  };
  return Object.assign(call, {
    program: (...args: A): string => {
      const { leaves, definition } = flatten(args);
      return formatProgram(recordings.find(leaves, definition).program);
    },
    dispose: () => recordings.clear(),
  });
}
