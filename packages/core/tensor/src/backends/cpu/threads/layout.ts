/**
 * Where things lie in the control block that a pool shares with its workers. The words that several threads write are
 * 64 bytes apart, so that they do not fight over one cache line.
 */
export const layout = {
  /** Places among the int32 words. Odd while a job is open, even while none is. */
  job: 0,
  /** The next piece to be claimed. */
  next: 16,
  /** How many workers have joined the job. */
  joined: 32,
  /** Not 0 once a worker's kernel has thrown. */
  failed: 48,
  /** `states + slot * stateStride` is what a worker is doing. */
  states: 64,
  stateStride: 16,

  /** Places among the float64 numbers, which say what the job is. */
  items: 0,
  pieces: 1,
  pieceItems: 2,
  module: 3,
  function: 4,
  /** How many workers may join. */
  seats: 5,
  scratch: 6,
  /** Bytes of scratch memory for each thread; 0 for none. */
  scratchBytes: 7,
  argumentCount: 8,
  arguments: 9,
} as const;

/** What a worker is doing. A slot that no worker has, or one that is still starting, is 0. */
export const states = { idle: 1, active: 2 } as const;

/** A `next` that is past every job's pieces: nobody claims another one. */
export const givenUp = 2 ** 30;

/** Jobs with more arguments run on one thread. */
export const maximumArguments = 64;

export interface Control {
  readonly buffer: ArrayBufferLike;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

/** A control block with room for `slots` workers. */
export function createControl(slots: number): Control {
  const words = layout.states + slots * layout.stateStride;
  const numbers = layout.arguments + maximumArguments;
  // Pages that are not isolated from others have no shared memory, hence no workers: this thread alone sees the block.
  const shared = typeof SharedArrayBuffer !== 'undefined';
  const buffer = new (shared ? SharedArrayBuffer : ArrayBuffer)(numbers * 8 + words * 4);
  return {
    buffer,
    words: new Int32Array(buffer, numbers * 8, words),
    numbers: new Float64Array(buffer, 0, numbers),
  };
}

export const stateOf = (slot: number): number => layout.states + slot * layout.stateStride;
