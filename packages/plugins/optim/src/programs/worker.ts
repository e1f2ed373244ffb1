import { evaluator, type Suite } from './fitness.js';
import type { OptimizerProgram } from './program.js';

/*
 * What a thread of a search runs. It imports nothing of the tensor core, so that it starts at once.
 */

/** What the search sends. */
export interface Job {
  readonly id: number;
  readonly suite: number;
  readonly program: OptimizerProgram;
}

const threads = process.getBuiltinModule('node:worker_threads');
const { parentPort } = threads;
const suites = threads.workerData as readonly Suite[]; // what threads.ts gives
const evaluators = new Map<number, ReturnType<typeof evaluator>>();

parentPort?.on('message', ({ id, suite, program }: Job) => {
  let evaluate = evaluators.get(suite);
  if (evaluate === undefined) evaluators.set(suite, (evaluate = evaluator(suites[suite] ?? [])));
  parentPort.postMessage({ id, losses: evaluate(program) });
});
