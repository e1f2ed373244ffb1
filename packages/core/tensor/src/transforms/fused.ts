import { checkFunction } from '../show.js';
import { bind } from '../trace.js';
import { unflatten } from '../tree.js';
import { recordingCache } from './functions.js';

/** Programs kept for each function; when there are more, all are forgotten. */
const most = 256;

/**
 * The same function as one compiled program, also where nobody compiles: for functions composed of a few operations that
 * are called with the same shapes again and again, as layers and losses are. Same results, bit for bit; inside `jit` the
 * operations become part of the program that is written down.
 *
 * As with `jit`, what is not a tensor among the arguments is part of the program, and so are shapes: take numbers that
 * change as scalars.
 */
export function fused<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  checkFunction('fused', f);
  const recordings = recordingCache('fused', f, { title: `fused(${f.name})`, most });
  return (...args: A): R => {
    const { leaves, recorded } = recordings.find(args);
    const { program, captured, result } = recorded;
    return unflatten(result, bind('jit', [...leaves, ...captured], { program, name: f.name })) as R;
  };
}
