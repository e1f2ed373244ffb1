import type { Backend, BufferHandle } from './backends/backend.js';
import { MemoryError } from './errors.js';
import { liveObjects } from './liveObjects.js';

/** A backend's buffer with the count of tensors that share it (a reshape shares its source's storage). */
export class Storage {
  readonly backend: Backend;
  readonly handle: BufferHandle;
  readonly claim: Claim;
  /** Held, so that it is collected only after this. */
  readonly guard: Guard;

  constructor(backend: Backend, handle: BufferHandle) {
    this.backend = backend;
    this.handle = handle;
    this.guard = guardFor(handle.bytes);
    this.claim = { backend, token: handle.token, bytes: handle.bytes, tensors: 1, group: this.guard.group };
    this.claim.group.claims.push(this.claim);
    this.claim.group.held++;
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
    forget(this.claim);
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
    forget(this.claim);
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
  /** How many tensors share it; 0 once its buffer was given back. */
  tensors: number;
  readonly group: Group;
}

/**
 * Small storages made one after another are watched over together: to register each with a FinalizationRegistry would
 * cost a small operation a fifth of its time. They hold a common guard, and when that was collected so were they all.
 */
interface Guard {
  readonly group: Group;
}

interface Group {
  readonly claims: Claim[];
  bytes: number;
  /** How many of the claims were not given back yet. */
  held: number;
}

const mostInGroup = 64;
const mostGroupBytes = 2 ** 18;

/** Live tensors, for `memory()`. A tensor dropped without `dispose` leaves the count when its storage is collected. */
export const counts = { tensors: 0 };

/** All that have claims which were not given back yet. */
const groups = new Set<Group>();
/** The guard of the group that the next small storage joins. */
let open: Guard | undefined;
let bytes = 0;

const finalizers = new FinalizationRegistry<Group>(({ claims }) => claims.forEach(giveBack));

function guardFor(size: number): Guard {
  if (size >= mostGroupBytes) return newGuard();
  if (
    open === undefined ||
    open.group.claims.length >= mostInGroup ||
    open.group.bytes + size > mostGroupBytes
  )
    open = newGuard();
  open.group.bytes += size;
  return open;
}

function newGuard(): Guard {
  const group: Group = { claims: [], bytes: 0, held: 0 };
  // Not the group that the registry holds, nor held by it.
  const guard = { group };
  groups.add(group);
  finalizers.register(guard, group, group);
  return guard;
}

function giveBack(claim: Claim): void {
  // It may have been given back before, by its owner or by a sweep.
  if (claim.tensors === 0) return;
  counts.tensors -= claim.tensors;
  claim.tensors = 0;
  forget(claim);
  claim.backend.reclaim(claim.token);
}

/** Where nothing of a group is left, there is nothing to watch over. */
function forget(claim: Claim): void {
  const { group } = claim;
  bytes -= claim.bytes;
  if (--group.held > 0) return;
  if (group === open?.group) {
    group.claims.length = 0;
    group.bytes = 0;
  } else {
    groups.delete(group);
    finalizers.unregister(group);
  }
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
    for (const { claims } of groups)
      for (const claim of claims.slice()) if (!held.has(claim)) giveBack(claim);
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
