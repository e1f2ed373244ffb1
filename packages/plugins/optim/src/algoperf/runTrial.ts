import {
  atLeastOne,
  check,
  checkOptions,
  flag,
  functionRule,
  show,
  wholeNumber,
  type Rule,
} from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { generatorOf, below } from '../blocks/generator.js';
import { realClock, type TrialClock } from './clock.js';
import { checkGoal, reaches, type Evaluation, type Goal } from './timeToTarget.js';
import type { StepOutcome, Submission, TrainingState, TrialContext, Workload } from './trial.js';

export interface RunTrialOptions {
  /** What time is read from. Default: the clock on the wall, in seconds. */
  readonly clock?: TrialClock;
  /** Time that training may take. Default: the workload's. */
  readonly maxRuntime?: number;
  /** Time from the end of an evaluation to the next one. Default: the workload's. */
  readonly evalPeriod?: number;
  /** Steps after which training is complete, and evaluated. Default: no limit. */
  readonly maxSteps?: number;
  /**
   * Whether to evaluate right after the first step. The official loop does: it counts the time to the first evaluation from the
   * clock's zero, which is long ago. Default `false`.
   */
  readonly evalAfterFirstStep?: boolean;
  /** Whether to end at the evaluation that reached the workload's targets. Default `true`. */
  readonly stopAtTarget?: boolean;
  /** Start of all random numbers: parameters, order of data, what the submission draws. Default 0. */
  readonly seed?: number;
  /** Ends the trial after the present step. */
  readonly signal?: AbortSignal;
  /** Is told of every step and every evaluation, outside of the time that counts; what it promises is waited for. */
  readonly onStep?: (step: number, time: number) => void | Promise<void>;
  readonly onEvaluation?: (evaluation: Evaluation) => void | Promise<void>;
}

/** How a trial ended. */
export type TrialEnd =
  /** Every target was reached. */
  | 'reached'
  /** The submission, or maxSteps, said that training is complete. */
  | 'complete'
  /** The time was over. */
  | 'timeout'
  /** By the signal. */
  | 'stopped';

export interface Trial {
  /** By step: `step`, `score` (the time that counts), `totalDuration` and `evaluationTime` so far, and the metrics. */
  readonly evaluations: readonly Evaluation[];
  readonly end: TrialEnd;
  readonly steps: number;
  /** The time that counts: of dataSelection, updateParams and prepareForEval. */
  readonly time: number;
}

/** Numbers of an evaluation that are not the workload's. */
const own = ['step', 'score', 'totalDuration', 'evaluationTime'];

const time: Rule = {
  words: 'a number greater than 0, or Infinity',
  holds: (value) => typeof value === 'number' && value > 0,
};

/**
 * Trains once, on the clock of the AlgoPerf rules.
 *
 * The time of `dataSelection`, `updateParams` and `prepareForEval` counts; evaluations, and what the observers do, do not. After
 * a step that ends `evalPeriod` or more after the end of the evaluation before (or after the start), or when training is
 * complete, `prepareForEval` is called, and then, if there is time left, the model is evaluated. The trial ends when the targets
 * on validation and test were both reached (on validation alone, where the workload has no test target), when the time is over,
 * then without an evaluation, or when training is complete.
 *
 * With `virtualClock()` it is the same on every machine. Source: mlcommons/algorithmic-efficiency, submission_runner.py
 * (train_once) of v0.6.
 *
 * @throws ArgumentError; what the workload and the submission throw
 */
export async function runTrial<P, M, B, O, H>(
  workload: Workload<P, M, B>,
  submission: Submission<P, M, B, O, H>,
  hyperparameters: H,
  options: RunTrialOptions = {},
): Promise<Trial> {
  const { clock, maxRuntime, evalPeriod, maxSteps, seed, signal, stopAtTarget } = checked(
    workload,
    submission,
    options,
  );
  const seeds = seedsOf(seed);
  const goals = goalsOf(workload);
  const reached = goals.map(() => false);
  const evaluations: Evaluation[] = [];
  let at: StepOutcome<P, M, O>;
  let step = 0;
  let spent = 0;
  let evaluationTime = 0;
  let end: TrialEnd | undefined;

  const base = (of: TrainingState<P, M>): TrialContext<P, M, B, H> => ({
    workload,
    hyperparameters,
    params: of.params,
    modelState: of.modelState,
    step,
    seed: seeds(),
    evaluations,
  });
  const context = (): TrialContext<P, M, B, H> & { readonly optimizerState: O } => ({
    ...base(at),
    optimizerState: at.optimizerState,
  });
  /** Does a part of the work on the clock; its time counts. */
  const timed = async <T>(
    work: 'dataSelection' | 'updateParams' | 'prepareForEval',
    f: () => T,
  ): Promise<Awaited<T>> => {
    const from = clock.now();
    const result = await f();
    clock.did?.(work, work === 'prepareForEval' ? step : step + 1);
    spent += clock.now() - from;
    return result;
  };

  const start = await workload.initModel(seeds());
  const data = workload.trainingData({ batchSize: batchSizeOf(workload, submission), seed: seeds() });
  at = { ...start, optimizerState: await submission.initOptimizerState(base(start)) };
  const began = clock.now();
  let lastEvaluationEnd = options.evalAfterFirstStep === true ? -Infinity : began;

  const evaluate = async (): Promise<void> => {
    let measured: TrainingState<P, M> = at;
    if (submission.prepareForEval !== undefined) {
      const prepare = submission.prepareForEval.bind(submission);
      const prepared = await timed('prepareForEval', () => prepare(context()));
      at = {
        params: prepared.params ?? at.params,
        modelState: prepared.modelState ?? at.modelState,
        optimizerState: prepared.optimizerState ?? at.optimizerState,
      };
      measured = { params: prepared.evaluationParams ?? at.params, modelState: at.modelState };
    }
    if (spent >= maxRuntime) return;
    const from = clock.now();
    const metrics = await workload.evaluate(measured.params, measured.modelState, { step });
    clock.did?.('evaluation', step);
    lastEvaluationEnd = clock.now();
    evaluationTime += lastEvaluationEnd - from;
    checkMetrics(workload, goals, metrics);
    evaluations.push({
      step,
      score: spent,
      totalDuration: lastEvaluationEnd - began,
      evaluationTime,
      ...metrics,
    });
    goals.forEach((goal, i) => (reached[i] ||= reaches(goal, metrics[goal.metric]!)));
    await options.onEvaluation?.(evaluations.at(-1)!);
  };

  while (end === undefined) {
    const batch = await timed('dataSelection', () => submission.dataSelection({ ...context(), data }));
    at = await timed('updateParams', () => submission.updateParams({ ...context(), batch }));
    step += 1;
    const complete = at.trainingComplete === true || step >= maxSteps;
    await options.onStep?.(step, spent);
    if (complete || clock.now() - lastEvaluationEnd >= evalPeriod) await evaluate();
    if (stopAtTarget && reached.every(Boolean)) end = 'reached';
    else if (complete && spent < maxRuntime) end = 'complete';
    else if (spent >= maxRuntime) end = 'timeout';
    else if (signal?.aborted === true) end = 'stopped';
  }
  await data.return?.();
  return { evaluations, end, steps: step, time: spent };
}

/** The validation target, and the test target if there is one. */
function goalsOf<P, M, B>({ metric, mode, target, test }: Workload<P, M, B>): readonly Goal[] {
  return [{ metric, mode, target }, ...(test === undefined ? [] : [{ mode, ...test }])];
}

function checked<P, M, B, O, H>(
  workload: Workload<P, M, B>,
  submission: Submission<P, M, B, O, H>,
  options: RunTrialOptions,
) {
  const owner = 'runTrial';
  checkFunctions(owner, { workload }, ['initModel', 'trainingData', 'loss', 'evaluate']);
  checkFunctions(owner, { submission }, [
    'getBatchSize',
    'initOptimizerState',
    'dataSelection',
    'updateParams',
  ]);
  for (const goal of goalsOf(workload)) checkGoal(owner, goal);
  checkOptions(owner, options, {
    clock: {
      words: 'a clock ({ now }), such as virtualClock()',
      holds: (clock) =>
        typeof clock === 'object' && clock !== null && 'now' in clock && functionRule.holds(clock.now),
    },
    maxRuntime: time,
    evalPeriod: time,
    maxSteps: atLeastOne,
    evalAfterFirstStep: flag,
    stopAtTarget: flag,
    seed: wholeNumber,
    signal: { words: 'an AbortSignal', holds: (signal) => signal instanceof AbortSignal },
    onStep: functionRule,
    onEvaluation: functionRule,
  });
  const { maxRuntime = workload.maxRuntime, evalPeriod = workload.evalPeriod } = options;
  check(owner, 'maxRuntime', maxRuntime, time);
  check(owner, 'evalPeriod', evalPeriod, time);
  const { clock = realClock(), maxSteps = Infinity, seed = 0, signal, stopAtTarget = true } = options;
  if (maxRuntime === Infinity && maxSteps === Infinity && !stopAtTarget)
    throw new ArgumentError(`${owner}: nothing would end this trial; give maxRuntime or maxSteps`);
  return { clock, maxRuntime, evalPeriod, maxSteps, seed, signal, stopAtTarget };
}

/** @throws ArgumentError where an object, given by its name, lacks one of its functions */
function checkFunctions(
  owner: string,
  given: Readonly<Record<string, object>>,
  names: readonly string[],
): void {
  for (const [what, value] of Object.entries(given))
    for (const name of names)
      check(owner, `${what}.${name}`, (value as Readonly<Record<string, unknown>>)[name], functionRule);
}

function batchSizeOf<P, M, B, O, H>(
  workload: Workload<P, M, B>,
  submission: Submission<P, M, B, O, H>,
): number {
  const size = submission.getBatchSize(workload.name);
  check('runTrial', `getBatchSize('${workload.name}')`, size, atLeastOne);
  return size;
}

function checkMetrics<P, M, B>(
  { name }: Workload<P, M, B>,
  goals: readonly Goal[],
  metrics: Readonly<Record<string, number>>,
): void {
  for (const { metric } of goals)
    if (typeof metrics[metric] !== 'number')
      throw new ArgumentError(
        `runTrial: evaluate of ${name} gave no number ${metric}, but ${Object.keys(metrics).join(', ') || 'nothing'}` +
          (metrics[metric] === undefined ? '' : ` (it is ${show(metrics[metric])})`),
      );
  const taken = own.find((key) => Object.hasOwn(metrics, key));
  if (taken !== undefined)
    throw new ArgumentError(
      `runTrial: evaluate of ${name} gave a metric ${taken}, which names the trial's own number`,
    );
}

/** A stream of whole numbers of 32 bits. */
function seedsOf(seed: number): () => number {
  const generator = generatorOf(seed);
  return () => below(generator, 2 ** 32);
}
