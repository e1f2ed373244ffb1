import type { AllocationGroup } from './backends/backend.js';
import { TrellisError } from './errors.js';
import { checkFunction } from './show.js';
import { adopt, collect } from './scope.js';
import { counts } from './storage.js';
import { currentBackend } from './trace.js';
import { leaves } from './tree.js';

export interface MemoryInfo {
  /** Tensors that hold memory. */
  readonly tensors: number;
  /** Bytes that tensors hold. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** Bytes the backend keeps for reuse and for compiled programs. */
  readonly pooledBytes: number;
}

/** What the current backend's tensors take up. Tensors dropped without `dispose` leave when they are collected. */
export function memory(): MemoryInfo {
  return { tensors: counts.tensors, ...currentBackend().memory() };
}

/**
 * Every block of memory that is held, by where in the program it was taken, the most bytes first: tensors, and what
 * compiled programs keep. Taken before and after a piece of work, the difference is what leaks. Needs a start with the
 * environment variable TRELLIS_DEBUG_MEMORY=1, which makes everything slow; undefined without.
 *
 * @throws BackendError when something wrote outside of its memory (an error of the backend)
 */
export function leakReport(): AllocationGroup[] | undefined {
  return currentBackend().allocations?.();
}

/**
 * Runs `body` and frees every tensor it made, except those in its result (any tree). Scopes nest; what an inner scope
 * returns belongs to the outer one.
 *
 * @throws TrellisError `SCOPE` if body returns a promise: tensors made later could not be told from other code's
 */
export function scope<R>(body: () => R): R {
  checkFunction('scope', body);
  const { result, made } = collect(body);
  const keep = new Set<unknown>(leaves(result));
  for (const tensor of made) {
    if (keep.has(tensor)) adopt(tensor);
    else tensor.dispose();
  }
  if (result instanceof Promise) {
    // It will meet freed tensors; the error below is the one to see.
    result.catch(() => undefined);
    throw new TrellisError(
      'SCOPE',
      'scope: the function is asynchronous; use a scope for each synchronous part, or `using` for single tensors',
    );
  }
  return result;
}
