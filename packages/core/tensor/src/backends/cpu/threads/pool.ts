import { BackendError } from '../../../errors.js';
import type { ForeignImports } from '../blas/load.js';
import type { Engine, KernelFunction } from '../engine.js';
import type { Heap } from '../heap/heap.js';
import type { WasmMemory, WasmModule } from '../wasm/platform.js';
import { createControl, givenUp, layout, maximumArguments, stateOf, states } from './layout.js';
import { startWorker, type PoolWorker } from './worker.js';

export interface PoolOptions {
  /** Workers need it shared; with one that is not, everything runs on the calling thread. */
  readonly memory: WasmMemory;
  /** The calling one included. */
  readonly threads: number;
  /** Gives the scratch memory. */
  readonly heap: Pick<Heap, 'take' | 'give'>;
  /** What modules may import besides the memory, for the workers to load. */
  readonly foreign?: ForeignImports | undefined;
  /** How long to wait for a worker's last piece before it counts as lost. */
  readonly patienceMilliseconds?: number;
}

export interface Pool {
  /**
   * Runs `f(...args, begin, end[, scratch])` over 0 … items - 1 on the calling thread and on the workers that are ready,
   * as `Engine.parallel` promises. With no more than `grain` items no worker is started or woken.
   *
   * @throws BackendError when f throws on any thread; the job's other pieces are given up
   */
  readonly run: Engine['parallel'];
  /** Stops the workers. What runs later runs on the calling thread. */
  readonly dispose: () => void;
}

/** Pieces for each thread: enough that one which the system holds up leaves its share to the others. */
const piecesPerThread = 4;
/**
 * How long to look whether the last piece is done before sleeping: about two wake-ups, which take 6 µs each (measured
 * with Atomics.wait and notify on a 2-core Xeon with Node 20).
 */
const spinMilliseconds = 0.02;
const sliceMilliseconds = 50;

/**
 * Worker threads that share one memory. A pool belongs to the thread that made it, and one job runs at a time.
 *
 * A job is opened by making the job number odd, after its description was written, and closed by making it even. Threads
 * claim pieces with an atomic counter. Why no worker can run one job's piece with another job's description: a worker
 * first sets its state to active, then reads the job number, and acts only if it is odd. The pool closes the job, then
 * reads the states. These are four sequentially consistent accesses. If the pool sees the worker active, it waits until
 * that worker is done. If not, the worker's store comes after the pool's read and so its read of the job number after
 * the close: it finds no job, or a later one whose description is whole. So a description never changes under a worker
 * that acts upon it, and a worker that was not awake in time is never waited for. All pieces are done when all are
 * claimed and nobody is active.
 */
export function createPool({
  memory,
  threads,
  heap,
  foreign,
  patienceMilliseconds = 30_000,
}: PoolOptions): Pool {
  const wanted = canShare(memory) ? threads - 1 : 0;
  // Workers that were lost are replaced, but not for ever: a place where they cannot live gets none.
  let slots = 2 * wanted;
  let starts = 0;
  const control = createControl(slots);
  const { words, numbers } = control;
  let workers: PoolWorker[] = [];
  const modules: WasmModule[] = [];
  const numberOf = new Map<WasmModule, number>();

  const forget = (worker: PoolWorker): void => {
    workers = workers.filter((other) => other !== worker);
    worker.port.close();
  };
  const isActive = ({ slot }: PoolWorker): boolean => Atomics.load(words, stateOf(slot)) === states.active;

  const start = (): void => {
    while (workers.length < wanted && starts < slots) {
      try {
        workers.push(startWorker(memory, control, starts, forget, foreign));
        starts++;
      } catch {
        slots = 0;
      }
    }
  };

  const countReady = (): number => {
    let ready = 0;
    for (const { slot } of workers) if (Atomics.load(words, stateOf(slot)) !== 0) ready++;
    return ready;
  };

  const send = (module: WasmModule): number => {
    let number = numberOf.get(module);
    if (number === undefined) {
      number = modules.push(module) - 1;
      numberOf.set(module, number);
    }
    for (const worker of workers)
      while (worker.modules <= number) worker.port.postMessage(modules[worker.modules++]);
    return number;
  };

  /** Waits until the worker has left the job. False if it seems lost. */
  const waitFor = (worker: PoolWorker): boolean => {
    const start = performance.now();
    while (performance.now() - start < spinMilliseconds)
      for (let turn = 0; turn < 32; turn++) if (!isActive(worker)) return true;
    // Slices are counted, not time: none passes while the whole process is stopped.
    for (let slice = 0; slice < patienceMilliseconds / sliceMilliseconds && isActive(worker); slice++)
      Atomics.wait(words, stateOf(worker.slot), states.active, sliceMilliseconds);
    return !isActive(worker);
  };

  /** After the last piece was claimed: closes the job, and waits for those who still work on it. */
  const close = (): void => {
    Atomics.add(words, layout.job, 1);
    const lost = workers.filter((worker) => isActive(worker) && !waitFor(worker));
    for (const worker of lost) {
      forget(worker);
      void worker.thread.terminate();
    }
    if (lost.length > 0)
      throw new BackendError(
        `cpu: a worker thread had not done its part after ${patienceMilliseconds} ms and was stopped`,
      );
    if (Atomics.load(words, layout.failed) !== 0) throw failure(readErrors(workers)[0]);
  };

  const shared = (
    f: KernelFunction,
    args: readonly number[],
    items: number,
    grain: number,
    ready: number,
    scratch: number,
    scratchBytes: number,
  ): void => {
    const pieceItems = shareOut(items, grain, ready + 1);
    const pieces = Math.ceil(items / pieceItems);
    numbers[layout.items] = items;
    numbers[layout.pieces] = pieces;
    numbers[layout.pieceItems] = pieceItems;
    numbers[layout.module] = send(f.module);
    numbers[layout.function] = f.index;
    numbers[layout.seats] = ready;
    numbers[layout.scratch] = scratch;
    numbers[layout.scratchBytes] = scratchBytes;
    numbers[layout.argumentCount] = args.length;
    numbers.set(args, layout.arguments);
    words[layout.joined] = 0;
    words[layout.failed] = 0;
    words[layout.next] = 0;
    Atomics.add(words, layout.job, 1);
    Atomics.notify(words, layout.job, Math.min(ready, pieces - 1));

    try {
      for (let piece; (piece = Atomics.add(words, layout.next, 1)) < pieces;) {
        const begin = piece * pieceItems;
        call(f, args, begin, Math.min(items, begin + pieceItems), scratch, scratchBytes);
      }
    } catch (error) {
      Atomics.store(words, layout.next, givenUp);
      throw error;
    } finally {
      close();
    }
  };

  const run: Pool['run'] = (f, args, items, grain, scratchBytes = 0) => {
    if (items <= 0) return;
    let ready = 0;
    if (items > grain && wanted > 0 && args.length <= maximumArguments) {
      if (workers.length < wanted) start();
      ready = countReady();
    }
    const each = Math.ceil(scratchBytes / 64) * 64;
    const bytes = each * (ready + 1);
    const scratch = bytes > 0 ? heap.take(bytes) : 0;
    try {
      if (ready === 0) call(f, args, 0, items, scratch, each);
      else shared(f, args, items, grain, ready, scratch, each);
    } finally {
      if (bytes > 0) heap.give(scratch, bytes);
    }
  };
  const dispose = (): void => {
    slots = 0;
    for (const worker of workers) {
      worker.port.close();
      void worker.thread.terminate();
    }
    workers = [];
  };
  abandoned.register(run, dispose);
  return { run, dispose };
}

/**
 * How many items a piece has: as many pieces for each thread, so that none waits for another's last one, and none that is
 * much shorter than `grain`. Pieces begin at whole cache lines where grains do.
 */
function shareOut(items: number, grain: number, threads: number): number {
  const rounds = Math.min(piecesPerThread, Math.max(1, Math.round(items / grain / threads)));
  const unit = grain % 64 === 0 ? 64 : 1;
  return Math.ceil(items / (rounds * threads) / unit) * unit;
}

/** A running thread is never collected, and holds the memory: it is stopped when nothing can give it work any more. */
const abandoned = new FinalizationRegistry<() => void>((dispose) => dispose());

/** Whether other threads can reach the memory, and this one may wait for them (a window's own thread may not). */
function canShare(memory: WasmMemory): boolean {
  if (typeof SharedArrayBuffer === 'undefined' || !(memory.buffer instanceof SharedArrayBuffer)) return false;
  if (typeof process === 'undefined' || process.getBuiltinModule?.('node:worker_threads') === undefined)
    return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

function call(
  f: KernelFunction,
  args: readonly number[],
  begin: number,
  end: number,
  scratch: number,
  scratchBytes: number,
): void {
  try {
    if (scratchBytes > 0) f.call(...args, begin, end, scratch);
    else f.call(...args, begin, end);
  } catch (cause) {
    throw failure(cause);
  }
}

function readErrors(workers: readonly PoolWorker[]): unknown[] {
  const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads');
  const errors: unknown[] = [];
  for (const { port } of workers)
    for (let sent; (sent = receiveMessageOnPort(port)) !== undefined;) errors.push(sent.message);
  return errors;
}

function failure(cause: unknown): BackendError {
  return new BackendError(`cpu: a kernel failed: ${String(cause)}`, { cause });
}
