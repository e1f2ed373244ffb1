import { checkOptions } from '../options.js';
import { formatProgram } from '../program/program.js';
import { ArgumentError } from '../errors.js';
import { checkFunction, show } from '../show.js';
import { bind } from '../trace.js';
import { unflatten } from '../tree.js';
import { leafCounts } from '../treeMatching.js';
import { recordingCache } from './functions.js';
import type { RecordedFunction } from './functions.js';

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
 * @param options.donate positions of arguments that the caller gives away: their tensors are disposed by the call, and
 *   results take their buffers where they can, so that a training step updates parameters and optimizer state in place.
 *   Under another transform, which needs its inputs later, nothing is given away. When the call throws, what was given
 *   away is lost.
 * @throws TraceError where `f` needs the value of a traced tensor (a JS condition, `item()`)
 */
export function jit<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: { name?: string; donate?: readonly number[] } = {},
): Jitted<A, R> {
  checkFunction('jit', f);
  checkOptions('jit', options, ['name', 'donate']);
  const donate = checkPositions(options.donate ?? []);
  const name = options.name ?? (f.name === '' ? 'anonymous' : f.name);
  const recordings = recordingCache('jit', f, { title: `jit(${name})` });

  const flags = new WeakMap<RecordedFunction, readonly boolean[]>();
  /** Which inputs are given away. */
  const donatedIn = (recorded: RecordedFunction): readonly boolean[] => {
    let known = flags.get(recorded);
    if (known === undefined) {
      known = leafCounts(recorded.definition).flatMap((count, i) =>
        new Array<boolean>(count).fill(donate.has(i)),
      );
      flags.set(recorded, known);
    }
    return known;
  };

  const call = (...args: A): R => {
    const { leaves, recorded } = recordings.find(args);
    const { program, captured, result } = recorded;
    const inputs = captured.length === 0 ? leaves : [...leaves, ...captured];
    if (donate.size === 0) return unflatten(result, bind('jit', inputs, { program, name })) as R;
    const donated = donatedIn(recorded);
    try {
      return unflatten(result, bind('jit', inputs, { program, name, donated })) as R;
    } finally {
      for (let i = 0; i < leaves.length; i++) if (donated[i]) leaves[i]!.dispose();
    }
  };
  return Object.assign(call, {
    program: (...args: A): string => formatProgram(recordings.find(args).recorded.program),
    dispose: () => recordings.clear(),
  });
}

function checkPositions(positions: unknown): ReadonlySet<number> {
  if (!Array.isArray(positions) || !positions.every((at) => Number.isInteger(at) && (at as number) >= 0))
    throw new ArgumentError(
      `jit: donate takes the positions of arguments, like [0, 1], got ${show(positions)}`,
    );
  return new Set(positions as number[]);
}
