import type { MessagePort, Worker } from 'node:worker_threads';
import type { ForeignImports } from '../blas/load.js';
import type { WasmMemory } from '../wasm/platform.js';
import { givenUp, layout, stateOf, states, type Control } from './layout.js';
import { workerSource } from './workerSource.js';

/** A worker thread as its pool sees it. */
export interface PoolWorker {
  /** Its place among the states in the control block; never given to another worker. */
  readonly slot: number;
  readonly thread: Worker;
  /** Carries modules there, and errors back. */
  readonly port: MessagePort;
  /** How many modules it was sent. */
  modules: number;
}

/**
 * How long a worker looks for the next job before it sleeps: longer than what lies between two operations. Waking it
 * costs the calling thread 5 µs and takes 6 µs (measured with Atomics.wait and notify on a 2-core Xeon with Node 20), or
 * far more: Linux 6.18 wakes it on the caller's own core at first, and a worker that sleeps after each job stays there for
 * 60 ms before the other core takes it.
 */
const spinMilliseconds = 0.1;

/**
 * Starts a worker. It is ready once it says so in its state, which needs no turn of this thread's event loop; it never
 * keeps the process alive.
 *
 * @param onEnd called with the worker when it is gone, by itself or not
 * @param foreign what modules may import besides the memory; a worker that has not got it leaves their jobs to others
 * @throws the runtime's error where threads are forbidden
 */
export function startWorker(
  memory: WasmMemory,
  control: Control,
  slot: number,
  onEnd: (worker: PoolWorker) => void,
  foreign: ForeignImports | undefined,
): PoolWorker {
  const { Worker, MessageChannel } = process.getBuiltinModule('node:worker_threads');
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(workerSource, {
    eval: true,
    name: 'trellis',
    // Nothing of the program's own start (loaders, --require, --inspect-brk) is meant for this thread.
    execArgv: [],
    env: {},
    workerData: {
      memory,
      words: control.words,
      numbers: control.numbers,
      port: port2,
      state: stateOf(slot),
      layout,
      states,
      givenUp,
      spinMilliseconds,
      foreign,
    },
    transferList: [port2],
  });
  const worker: PoolWorker = { slot, thread, port: port1, modules: 0 };
  thread.on('error', () => onEnd(worker));
  thread.on('exit', () => onEnd(worker));
  thread.unref();
  return worker;
}
