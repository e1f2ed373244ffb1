import type { Backend, BufferHandle } from './backends/backend.js';

/** A backend's buffer with the count of tensors that share it (a reshape shares its source's storage). */
export class Storage {
  readonly backend: Backend;
  readonly handle: BufferHandle;
  private references = 1;

  constructor(backend: Backend, handle: BufferHandle) {
    this.backend = backend;
    this.handle = handle;
    counts.tensors++;
    finalizers(backend).register(this, handle.token, this);
  }

  retain(): this {
    this.references++;
    counts.tensors++;
    return this;
  }

  release(): void {
    counts.tensors--;
    if (--this.references > 0) return;
    finalizers(this.backend).unregister(this);
    this.backend.release(this.handle);
  }
}

/** Live tensors, for `memory()`. A tensor dropped without `dispose` leaves the count when its storage is collected. */
export const counts = { tensors: 0 };

// The registry's held value is the handle's number, never the handle: a held handle would keep the memory it is
// meant to free alive until the event loop turns, and a synchronous training loop never lets it turn.
const registries = new WeakMap<Backend, FinalizationRegistry<number>>();

function finalizers(backend: Backend): FinalizationRegistry<number> {
  let registry = registries.get(backend);
  if (registry === undefined) {
    registry = new FinalizationRegistry<number>((token) => {
      counts.tensors--;
      backend.reclaim(token);
    });
    registries.set(backend, registry);
  }
  return registry;
}
