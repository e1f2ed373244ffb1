import { record } from '../program/record.js';
import { bind } from '../trace.js';
import { flatten, unflatten } from '../tree.js';
import type { TreeDefinition } from '../tree.js';

/**
 * The same function, whose intermediate values are not kept for reverse mode but computed again on the way back:
 * memory for time. Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".
 */
export function checkpoint<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  return (...args: A): R => {
    const { leaves, definition } = flatten(args);
    let result: TreeDefinition | undefined;
    const { program, captured } = record(
      'checkpoint',
      (...inputs) => {
        const flattened = flatten(f(...(unflatten(definition, inputs) as unknown as A)));
        result = flattened.definition;
        return flattened.leaves;
      },
      leaves,
    );
    return unflatten(result!, bind('checkpoint', [...leaves, ...captured], { program })) as R;
  };
}
