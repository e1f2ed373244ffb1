import { BackendError } from '../errors.js';
import { currentBackend } from '../trace.js';
import type { Backend } from './backend.js';

/** The backends of one kind that were started, from inside. */
export interface Started<R> {
  note(running: R): void;
  /** The one that a backend is, if it is of this kind. */
  of(backend: Backend): R | undefined;
  /** The one that was started last. */
  latest(): R | undefined;
  /** The current backend if it is of this kind, else the latest. @throws BackendError where none runs */
  running(op: string): R;
}

/** @param name as for `useBackend` */
export function startedBackends<R extends { readonly backend: Backend }>(name: string): Started<R> {
  const started = new Map<Backend, R>();
  let latest: R | undefined;
  return {
    note(running) {
      started.set(running.backend, running);
      latest = running;
    },
    of: (backend) => started.get(backend),
    latest: () => latest,
    running(op) {
      const found = started.get(currentBackend()) ?? latest;
      if (found === undefined)
        throw new BackendError(
          `${op}: no ${name} backend is running; call await useBackend('${name}') first`,
        );
      return found;
    },
  };
}
