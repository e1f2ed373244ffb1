import type { Program } from '../../program/program.js';
import type { KernelRecorder } from '../backend.js';
import type { Device } from './device.js';
import type { TfjsTensor } from './types.js';

/** Computes an equation: takes tensors of its inputs' shapes, and gives new ones that are the caller's. */
export type Compute = (inputs: readonly TfjsTensor[]) => TfjsTensor[];

/** What kernels share: the device, programs made ready, and who wants to know of times. */
export interface Context {
  readonly device: Device;
  programFor(program: Program): Compute;
  recorder: KernelRecorder | undefined;
}
