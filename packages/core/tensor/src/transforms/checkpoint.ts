import { bind } from '../trace.js';
import { unflatten } from '../tree.js';
import { recordingCache } from './functions.js';

/**
 * The same function, whose intermediate values are not kept for reverse mode but computed again on the way back:
 * memory for time. Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".
 */
export function checkpoint<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  const recordings = recordingCache('checkpoint', f);
  return (...args: A): R => {
    const { leaves, recorded } = recordings.find(args);
    const { program, captured, result } = recorded;
    return unflatten(result, bind('checkpoint', [...leaves, ...captured], { program })) as R;
  };
}
