import type { Backend } from '../backend.js';
import { startedBackends } from '../running.js';
import type { Handles } from './handles.js';
import type { Stream } from './stream.js';

/** A WebGPU backend that was started, from inside. */
export interface Running {
  readonly backend: Backend;
  readonly stream: Stream;
  readonly handles: Handles;
}

export const webgpu = startedBackends<Running>('webgpu');

/** Destroys the device, as a driver that is reset does: everything on it is lost. For tests. */
export function loseDevice(): void {
  webgpu.running('loseDevice').stream.destroy();
}
