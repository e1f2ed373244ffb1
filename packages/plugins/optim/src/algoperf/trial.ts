import type { Evaluation } from './timeToTarget.js';

/** What a trial trains: generic, so that parameters may be trees of tensors or, in a test, a number. */
export interface TrainingState<Params, ModelState> {
  readonly params: Params;
  /** What the model only tracks, such as running means. */
  readonly modelState: ModelState;
}

/**
 * What is to be learned, and how well: data, model, loss and target. Nothing in it may depend on the submission.
 *
 * Source: mlcommons/algorithmic-efficiency, algoperf/spec.py (Workload).
 */
export interface Workload<Params, ModelState, Batch> {
  readonly name: string;
  initModel(seed: number): TrainingState<Params, ModelState> | Promise<TrainingState<Params, ModelState>>;
  /** Batches of training data, without end. */
  trainingData(options: { readonly batchSize: number; readonly seed: number }): AsyncIterator<Batch>;
  /** The training loss; a submission differentiates it. */
  loss(
    params: Params,
    modelState: ModelState,
    batch: Batch,
    options: { readonly train: boolean; readonly key?: unknown },
  ): { readonly loss: unknown; readonly modelState: ModelState };
  /** The metrics of a model, by name; `metric` (and `testMetric`) among them. */
  evaluate(
    params: Params,
    modelState: ModelState,
    at: { readonly step: number },
  ): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** The metric on the validation split that decides, such as `validation/error`. */
  readonly metric: string;
  /** Whether small or large values of it are good. */
  readonly mode: 'min' | 'max';
  /** The value of it that counts as learned. */
  readonly target: number;
  /** The metric on the test split and its target: where given, a trial goes on until both were reached. */
  readonly test?: { readonly metric: string; readonly target: number };
  /** Time that training may take, in the clock's unit. */
  readonly maxRuntime: number;
  /** Time between two evaluations, in the clock's unit. */
  readonly evalPeriod: number;
  /** Steps that training takes about: for schedules. */
  readonly stepHint: number;
}

/** What every function of a submission is told. */
export interface TrialContext<Params, ModelState, Batch, Hyperparameters> extends TrainingState<
  Params,
  ModelState
> {
  readonly workload: Workload<Params, ModelState, Batch>;
  readonly hyperparameters: Hyperparameters;
  /** Steps done before this one. */
  readonly step: number;
  /** For random numbers: another one for every function and step. */
  readonly seed: number;
  /** What was measured so far. */
  readonly evaluations: readonly Evaluation[];
}

type Context<P, M, B, O, H> = TrialContext<P, M, B, H> & { readonly optimizerState: O };

/**
 * A training algorithm: how batches are chosen, and how they change the parameters. The time that these functions take is
 * what counts, except for `getBatchSize` and `initOptimizerState`.
 *
 * Source: mlcommons/algorithmic-efficiency, algoperf/spec.py and docs/DOCUMENTATION.md.
 */
export interface Submission<Params, ModelState, Batch, OptimizerState, Hyperparameters> {
  getBatchSize(workloadName: string): number;
  initOptimizerState(
    context: TrialContext<Params, ModelState, Batch, Hyperparameters>,
  ): OptimizerState | Promise<OptimizerState>;
  /** Takes the next batch from the workload's data. */
  dataSelection(
    context: Context<Params, ModelState, Batch, OptimizerState, Hyperparameters> & {
      readonly data: AsyncIterator<Batch>;
    },
  ): Batch | Promise<Batch>;
  /** One step. With `trainingComplete` it is the last one, and is evaluated. */
  updateParams(
    context: Context<Params, ModelState, Batch, OptimizerState, Hyperparameters> & { readonly batch: Batch },
  ):
    | StepOutcome<Params, ModelState, OptimizerState>
    | Promise<StepOutcome<Params, ModelState, OptimizerState>>;
  /**
   * Is called before each evaluation. What it gives takes the place of what training goes on with, as in the official code;
   * `evaluationParams` are measured and then forgotten, for averages that are kept beside the parameters.
   */
  prepareForEval?(
    context: Context<Params, ModelState, Batch, OptimizerState, Hyperparameters>,
  ):
    | PreparedForEval<Params, ModelState, OptimizerState>
    | Promise<PreparedForEval<Params, ModelState, OptimizerState>>;
}

export interface StepOutcome<Params, ModelState, OptimizerState> extends TrainingState<Params, ModelState> {
  readonly optimizerState: OptimizerState;
  readonly trainingComplete?: boolean;
}

export interface PreparedForEval<Params, ModelState, OptimizerState> extends Partial<
  TrainingState<Params, ModelState>
> {
  readonly optimizerState?: OptimizerState;
  readonly evaluationParams?: Params;
}
