import type { Backend, BufferHandle } from './backends/backend.js';
import { MemoryError } from './errors.js';
import { liveObjects } from './liveObjects.js';

/** A backend's buffer with the count of tensors that share it (a reshape shares its source's storage). */
export class Storage {
  readonly backend: Backend;
  readonly handle: BufferHandle;
  readonly claim: Claim;

  constructor(backend: Backend, handle: BufferHandle) {
    this.backend = backend;
    this.handle = handle;
    this.claim = { backend, token: handle.token, bytes: handle.bytes, tensors: 1 };
    claims.add(this.claim);
    finalizers.register(this, this.claim, this);
    counts.tensors++;
    bytes += handle.bytes;
    if (bytes > sweepAbove) sweep();
  }

  retain(): this {
    this.claim.tensors++;
    counts.tensors++;
    return this;
  }

  release(): void {
    counts.tensors--;
    if (--this.claim.tensors > 0) return;
    this.forget();
    this.backend.release(this.handle);
  }

  /** Whether one tensor alone holds it. */
  get isExclusive(): boolean {
    return this.claim.tensors === 1;
  }

  /** Its only tensor lets go of it, and the buffer belongs to somebody else from now on. */
  surrender(): void {
    counts.tensors--;
    this.claim.tensors = 0;
    this.forget();
  }

  private forget(): void {
    finalizers.unregister(this);
    claims.delete(this.claim);
    bytes -= this.claim.bytes;
  }
}

/**
 * What is known of a storage without holding it: its buffer's number, never the handle. A held handle would keep the
 * memory it is meant to free alive.
 */
interface Claim {
  readonly backend: Backend;
  readonly token: number;
  readonly bytes: number;
  /** How many tensors share it. */
  tensors: number;
}

/** Live tensors, for `memory()`. A tensor dropped without `dispose` leaves the count when its storage is collected. */
export const counts = { tensors: 0 };

/** Of every storage whose buffer was not given back yet. */
const claims = new Set<Claim>();
let bytes = 0;

const finalizers = new FinalizationRegistry<Claim>(giveBack);

function giveBack(claim: Claim): void {
  // A sweep may have come first.
  if (!claims.delete(claim)) return;
  counts.tensors -= claim.tensors;
  bytes -= claim.bytes;
  claim.backend.reclaim(claim.token);
}

/** Tensors may grow by this much, or to twice their bytes, before those that were dropped are looked for. */
const leastGrowth = 64 * 2 ** 20;
let sweepAbove = leastGrowth;

/**
 * Gives back the buffers of tensors that were dropped without `dispose`. Finalizers would do it as well, but they wait
 * for the event loop to turn, and a synchronous training loop never lets it. Buffers without a storage yet (results of
 * what runs just now) are not touched.
 *
 * @returns whether there were any
 */
function sweep(): boolean {
  const live = liveObjects(Storage.prototype);
  const before = bytes;
  if (live !== undefined) {
    const held = new Set(live.map((storage) => storage.claim));
    for (const claim of claims) if (!held.has(claim)) giveBack(claim);
  }
  sweepAbove = bytes + Math.max(leastGrowth, bytes);
  return bytes < before;
}

/**
 * Has a backend compute with the buffers of `inputs`. When it has no room, it may try again without the tensors that
 * were dropped. (The second attempt also keeps the inputs alive during the first: a sweep that something nested starts
 * finds them held.)
 */
export function withHandles<R>(
  inputs: readonly { readonly storage: Storage }[],
  compute: (handles: BufferHandle[]) => R,
): R {
  try {
    return compute(inputs.map(handleOf));
  } catch (error) {
    if (!(error instanceof MemoryError) || !sweep()) throw error;
    return compute(inputs.map(handleOf));
  }
}

const handleOf = ({ storage }: { readonly storage: Storage }): BufferHandle => storage.handle;
