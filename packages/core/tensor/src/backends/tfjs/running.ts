import { BackendError } from '../../errors.js';
import { currentBackend } from '../../trace.js';
import type { Backend } from '../backend.js';
import type { Device } from './device.js';
import type { Handles } from './handles.js';

/** A tfjs backend that was started, from inside. */
export interface Running {
  readonly backend: Backend;
  readonly device: Device;
  readonly handles: Handles;
}

const started = new Map<Backend, Running>();
let latest: Running | undefined;

export function noteRunning(running: Running): void {
  started.set(running.backend, running);
  latest = running;
}

/** The tfjs backend that a backend is, if it is one. */
export function tfjsOf(backend: Backend): Running | undefined {
  return started.get(backend);
}

/** The tfjs backend that was started last, if any was. */
export function latestTfjs(): Running | undefined {
  return latest;
}

/** The current backend if it is of tfjs, else the one that was started last. */
export function runningTfjs(op: string): Running {
  const running = tfjsOf(currentBackend()) ?? latest;
  if (running === undefined)
    throw new BackendError(`${op}: no tfjs backend is running; call await useBackend('tfjs') first`);
  return running;
}
