import { BackendError } from '../../errors.js';
import { createBuffers } from './buffers.js';
import type { Buffers, Duties, GpuArray } from './buffers.js';
import { createEncoder, lostError } from './encoder.js';
import type { Encoder } from './encoder.js';
import type { Gpu } from './gpu.js';
import { createPipelines } from './pipelines.js';
import { createReader } from './reader.js';
import type { Reading } from './reader.js';

/**
 * The device's work, in the order in which it was asked for. What the host must do in between (decompositions, branches)
 * waits for the device, and what comes later waits for it: callers go on at once, since they know every result's shape.
 */
export interface Stream {
  readonly gpu: Gpu;
  readonly buffers: Buffers;
  /**
   * Gives an array back after all that was asked for before, which may still have to read it: programs take arrays of their
   * own when their turn comes.
   */
  readonly give: (array: GpuArray) => void;
  /** Commands, after all that was asked for before. What they throw is thrown by the next read. */
  enqueue(task: (encoder: Encoder) => void): void;
  /** Work of the host, likewise; it may read with `fetch` and write with the encoder. */
  enqueueHost(task: (host: Host) => Promise<void>): void;
  /** Copies out the first `bytes` of an array. @throws what went wrong since the last read */
  read(array: GpuArray, bytes: number): Promise<ArrayBuffer>;
  /** Kept once all that was asked for before was handed to the device. */
  handOver(): Promise<void>;
  /** @throws BackendError once the device is lost */
  check(): void;
  isLost(): boolean;
  destroy(): void;
}

export interface Host {
  readonly encoder: Encoder;
  readonly fetch: (array: GpuArray, bytes: number) => Promise<ArrayBuffer>;
}

export function createStream(gpu: Gpu): Stream {
  const { device } = gpu;
  let failure: Error | undefined;
  /** What the device complains of by itself: often only the consequence of a failure that is told with its cause. */
  let complaint: Error | undefined;
  let lost: BackendError | undefined;
  /** What waits for the host; undefined where nothing has to wait. */
  let waiting: (() => void)[] | undefined;

  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new BackendError(`webgpu: ${String(error)}`);
  };
  const check = (): void => {
    if (lost !== undefined) throw lost;
  };
  /** Errors that the device has not told yet. */
  const expected = new Set<Promise<void>>();
  const duties: Duties = {
    expect(error) {
      const settled: Promise<void> = error
        .then((found) => {
          if (found !== undefined) fail(found);
        }, ignore)
        .then(() => void expected.delete(settled));
      expected.add(settled);
    },
    destroyLater(arrays) {
      inOrder(() => {
        encoder.flush();
        arrays.forEach(({ buffer }) => {
          buffer.destroy();
        });
      });
    },
  };
  const buffers = createBuffers(gpu, duties);
  const pipelines = createPipelines(gpu, duties);
  const encoder = createEncoder(gpu, buffers, pipelines);
  const reader = createReader(gpu, encoder, pipelines);

  void device.lost.then(({ reason, message }) => {
    lost = lostError(reason, message);
  });
  device.onuncapturederror = ({ error }) => {
    complaint ??= new BackendError(`webgpu: ${error.message}`);
  };

  const guarded = (task: () => void) => (): void => {
    try {
      check();
      task();
    } catch (error) {
      fail(error);
    }
  };
  /** Now, or after the host. */
  const inOrder = (task: () => void): void => {
    if (waiting === undefined) task();
    else waiting.push(task);
  };
  const resume = (tasks: readonly (() => void)[]): void => {
    waiting = undefined;
    // A task that starts other work of the host makes the rest wait again.
    tasks.forEach(inOrder);
  };

  const readNow = async (array: GpuArray, bytes: number): Promise<Reading> => {
    check();
    const reading = await reader.read(array, bytes).catch((error: unknown) => {
      check();
      throw error;
    });
    check();
    return reading;
  };
  const fetch = async (array: GpuArray, bytes: number): Promise<ArrayBuffer> => {
    const { data, fault } = await readNow(array, bytes);
    if (fault !== undefined) fail(fault);
    return data;
  };
  const readAndTell = async (array: GpuArray, bytes: number): Promise<ArrayBuffer> => {
    const { data, fault } = await readNow(array, bytes);
    await Promise.all(expected);
    const found = failure ?? complaint ?? fault;
    failure = complaint = undefined;
    if (found !== undefined) throw found;
    return data;
  };
  const host: Host = { encoder, fetch };

  return {
    gpu,
    buffers,
    give: (array) => {
      inOrder(() => {
        buffers.give(array);
      });
    },
    enqueue: (task) => {
      inOrder(
        guarded(() => {
          task(encoder);
        }),
      );
    },
    enqueueHost(task) {
      inOrder(
        guarded(() => {
          const tasks: (() => void)[] = (waiting = []);
          void task(host)
            .catch(fail)
            .then(() => {
              resume(tasks);
            });
        }),
      );
    },
    read: (array, bytes) =>
      new Promise((resolve, reject) => {
        // An error is the reader's to know.
        inOrder(() => {
          readAndTell(array, bytes).then(resolve, reject);
        });
      }),
    handOver: () =>
      new Promise((resolve) => {
        inOrder(() => {
          encoder.flush();
          resolve();
        });
      }),
    check,
    isLost: () => lost !== undefined,
    destroy: () => {
      device.destroy();
    },
  };
}

function ignore(): void {
  // The device is lost, which is told elsewhere.
}
