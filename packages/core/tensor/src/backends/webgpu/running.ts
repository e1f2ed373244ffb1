import { BackendError } from '../../errors.js';
import { currentBackend } from '../../trace.js';
import type { Backend } from '../backend.js';
import type { Handles } from './handles.js';
import type { Stream } from './stream.js';

/** A WebGPU backend that was started, from inside. */
export interface Running {
  readonly backend: Backend;
  readonly stream: Stream;
  readonly handles: Handles;
}

const started = new Map<Backend, Running>();
let latest: Running | undefined;

export function noteRunning(running: Running): void {
  started.set(running.backend, running);
  latest = running;
}

/** The WebGPU backend that a backend is, if it is one. */
export function webGpuOf(backend: Backend): Running | undefined {
  return started.get(backend);
}

/** The current backend if it is of WebGPU, else the one that was started last. */
export function runningWebGpu(op: string): Running {
  const running = webGpuOf(currentBackend()) ?? latest;
  if (running === undefined)
    throw new BackendError(`${op}: no webgpu backend is running; call await useBackend('webgpu') first`);
  return running;
}

/** Destroys the device, as a driver that is reset does: everything on it is lost. For tests. */
export function loseDevice(): void {
  runningWebGpu('loseDevice').stream.destroy();
}
