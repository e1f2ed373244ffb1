import type { PrimitiveName } from '../../primitives/parameters.js';
import type { Program } from '../../program/program.js';
import type { Backend, KernelRecorder } from '../backend.js';
import type { GpuArray } from './buffers.js';
import type { Encoder } from './encoder.js';
import type { Capabilities } from './kernel.js';
import type { Host, Stream } from './stream.js';

/**
 * A computation made ready: takes arrays for its inputs and outputs. What the device does alone is written down at once;
 * what needs the host in between takes its time.
 */
export type Compute = EncodedCompute | PerformedCompute;

export interface EncodedCompute {
  readonly encode: (encoder: Encoder, inputs: Arrays, outputs: Arrays) => void;
}

export interface PerformedCompute {
  readonly perform: (host: Host, inputs: Arrays, outputs: Arrays) => Promise<void>;
  /** What it has the host compute, for a profile, which is over before the host has begun. */
  readonly tally: readonly Tally[];
}

export interface Tally {
  readonly name: string;
  readonly bytes: number;
  readonly operations: number;
}

export type Arrays = readonly GpuArray[];

/** What computations share. */
export interface Context {
  readonly stream: Stream;
  readonly capabilities: Capabilities;
  /** Whether programs keep their own floats in half precision. */
  readonly halves: boolean;
  /** Computes what is left to the host. */
  readonly cpu: Backend;
  programFor(program: Program): Compute;
  /** Tells the user once that a primitive is computed on the host. */
  announce(primitive: PrimitiveName, reason: string): void;
  recorder: KernelRecorder | undefined;
}

/** A computation as a part of one that needs the host. */
export async function performed(
  compute: Compute,
  host: Host,
  inputs: Arrays,
  outputs: Arrays,
): Promise<void> {
  if ('encode' in compute) compute.encode(host.encoder, inputs, outputs);
  else await compute.perform(host, inputs, outputs);
}

/** Asks for a computation, after all that was asked for before; commands are handed over once more than `mostPending` wait. */
export function schedule(
  { stream, recorder }: Context,
  compute: Compute,
  inputs: Arrays,
  outputs: Arrays,
  mostPending: number,
): void {
  if ('encode' in compute) {
    stream.enqueue((encoder) => {
      compute.encode(encoder, inputs, outputs);
      encoder.flushAbove(mostPending);
    });
    return;
  }
  compute.tally.forEach(({ name, bytes, operations }) => recorder?.(name, 0, bytes, operations));
  stream.enqueueHost((host) => compute.perform(host, inputs, outputs));
}
