import type { Worker } from 'node:worker_threads';
import { BackendError } from '@core/tensor';
import { evaluator, type Losses, type Suite } from './fitness.js';
import type { OptimizerProgram } from './program.js';
import type { Job } from './worker.js';

/** Evaluates programs, on several threads or on this one. */
export interface Evaluators {
  /** Losses of the programs on the suite of this number, in the programs' order. */
  readonly losses: (programs: readonly OptimizerProgram[], suite: number) => Promise<Losses[]>;
  /** Stops the threads. */
  readonly close: () => Promise<void>;
}

/**
 * @param threads 1 evaluates on this thread, and lets the event loop have a turn after each program
 * @param worker where the workers' code is; default this package's own
 * @throws BackendError where threads cannot be started
 */
export function startEvaluators(suites: readonly Suite[], threads: number, worker?: URL): Evaluators {
  return threads === 1 ? onThisThread(suites) : onThreads(suites, threads, worker);
}

function onThisThread(suites: readonly Suite[]): Evaluators {
  const evaluators = new Map<number, ReturnType<typeof evaluator>>();
  return {
    losses: async (programs, suite) => {
      let evaluate = evaluators.get(suite);
      if (evaluate === undefined) evaluators.set(suite, (evaluate = evaluator(suites[suite] ?? [])));
      const results: Losses[] = [];
      for (const program of programs) {
        results.push(evaluate(program));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return results;
    },
    close: () => Promise.resolve(),
  };
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (losses: Losses) => void;
  readonly reject: (error: Error) => void;
}

function onThreads(suites: readonly Suite[], threads: number, url: URL | undefined): Evaluators {
  const builtin =
    typeof process === 'undefined' ? undefined : process.getBuiltinModule('node:worker_threads');
  if (builtin === undefined)
    throw new BackendError('searchPrograms: there are no worker threads here; use threads: 1');
  // Beside the built entries; a bundler that moved this file has to be told where that one is.
  const address = url ?? new URL('./programs/worker.js', import.meta.url);
  const queue: Waiting[] = [];
  const running = new Map<Worker, Waiting>();
  const idle: Worker[] = [];
  const all: Worker[] = [];
  let count = 0;
  let failure: Error | undefined;

  const dispatch = (): void => {
    while (queue.length > 0 && idle.length > 0) {
      const [worker, waiting] = [idle.pop(), queue.shift()];
      if (worker === undefined || waiting === undefined) return;
      running.set(worker, waiting);
      worker.postMessage(waiting.job);
    }
  };
  /** One thread is lost: what it was for is not reproducible without it, so the search ends. */
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    failure = new BackendError(`searchPrograms: a worker thread ended: ${reason}`);
    for (const { reject } of [...running.values(), ...queue.splice(0)]) reject(failure);
    running.clear();
  };
  for (let i = 0; i < threads; i++) {
    const worker = new builtin.Worker(address, {
      workerData: suites,
      execArgv: [],
      name: 'trellis-programs',
    });
    worker.on('message', ({ losses }: { losses: Losses }) => {
      const waiting = running.get(worker);
      running.delete(worker);
      idle.push(worker);
      dispatch();
      waiting?.resolve(losses);
    });
    worker.on('error', fail);
    idle.push(worker);
    all.push(worker);
  }
  return {
    losses: (programs, suite) =>
      Promise.all(
        programs.map(
          (program) =>
            new Promise<Losses>((resolve, reject) => {
              if (failure !== undefined) return reject(failure);
              queue.push({ job: { id: count++, suite, program }, resolve, reject });
              dispatch();
            }),
        ),
      ),
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}
