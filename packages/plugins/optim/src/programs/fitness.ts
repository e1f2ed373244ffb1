import { arrayProgram } from './interpreter.js';
import type { OptimizerProgram } from './program.js';
import { makeTask, type Task, type TaskSpec } from './tasks.js';

/** A task, and the peak learning rates of which a program has the best. */
export interface ProxyTask {
  readonly task: TaskSpec;
  readonly learningRates: readonly number[];
  /**
   * No weight may move further in one step: a program that does is out, as where long steps break a network. Default no
   * limit.
   */
  readonly longestStep?: number;
}

/** Tasks by which programs are compared; plain data. */
export type Suite = readonly ProxyTask[];

/** The final loss of a program on each task of a suite, at its best rate there; Infinity where it did not train at all. */
export type Losses = readonly number[];

/** The share of the peak learning rate at a step: a twentieth of the steps to warm up, then half a cosine to 0. */
function schedule(step: number, steps: number): number {
  const warmup = steps / 20;
  if (step < warmup) return (step + 1) / (warmup + 1);
  return (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup))) / 2;
}

/** A step that is longer than this has diverged, whatever the task. */
const bound = 1e6;

/** Trains, and returns the loss at the end; Infinity after a step that is too long, or not a number. */
function train(task: Task, program: OptimizerProgram, learningRate: number, longestStep: number): number {
  const { step } = arrayProgram(program, task.sizes);
  const w = task.start();
  const g = new Float64Array(w.length);
  for (let k = 0; k < task.steps; k++) {
    task.gradient(w, k, g);
    const update = step(w, g, learningRate * schedule(k, task.steps));
    let longest = 0;
    for (let i = 0; i < w.length; i++) {
      const by = update[i] as number;
      // Written so that NaN is kept.
      if (!(Math.abs(by) <= longest)) longest = Math.abs(by);
      w[i] = (w[i] as number) - by;
    }
    if (!(longest <= longestStep)) return Infinity;
  }
  const loss = task.loss(w);
  return Number.isFinite(loss) ? loss : Infinity;
}

/** Evaluates programs on one suite, whose tasks are made once. */
export function evaluator(suite: Suite): (program: OptimizerProgram) => Losses {
  const made = suite.map(({ task, learningRates, longestStep = bound }) => {
    const one = makeTask(task);
    return { task: one, learningRates, longestStep, untrained: one.loss(one.start()) };
  });
  return (program) => {
    let hopeless = false;
    return made.map(({ task, learningRates, longestStep, untrained }) => {
      // Most mutants are worse than not training; they need not be tried on everything.
      if (hopeless) return Infinity;
      const loss = Math.min(...learningRates.map((rate) => train(task, program, rate, longestStep)));
      hopeless = !(loss < untrained);
      return hopeless ? Infinity : loss;
    });
  };
}

/** No program gains more than this on one task, so that none can live on one task alone. */
const mostGain = 2;
/** A program's fitness that does not train. */
export const failed = -3;

/**
 * How much lower losses are than a baseline's: the mean over tasks of log(baseline / loss), each within [-3, 2]. 0 is as
 * good, 0.1 about a tenth lower, -3 a program that trains nothing.
 */
export function fitness(losses: Losses, baseline: Losses): number {
  let sum = 0;
  losses.forEach((loss, i) => {
    const gain = Math.log((baseline[i] as number) / loss);
    sum += gain >= failed ? Math.min(gain, mostGain) : failed; // NaN fails
  });
  return sum / losses.length;
}
