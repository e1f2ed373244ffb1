import type { Backend } from '../backend.js';
import { startedBackends } from '../running.js';
import type { Device } from './device.js';
import type { Handles } from './handles.js';

/** A tfjs backend that was started, from inside. */
export interface Running {
  readonly backend: Backend;
  readonly device: Device;
  readonly handles: Handles;
}

export const tfjs = startedBackends<Running>('tfjs');
