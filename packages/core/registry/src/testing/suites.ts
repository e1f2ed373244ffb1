import type { KindName, Kinds } from '../kinds/index.js';
import { datasetLaws, type DatasetLawOptions } from './dataset.js';
import { agentLaws, environmentLaws, type AgentLawOptions, type EnvironmentLawOptions } from './decisions.js';
import { guidanceLaws, samplerLaws, type DiffusionLawOptions } from './diffusion.js';
import { experimentLaws, type ExperimentLawOptions } from './experiment.js';
import type { Law, Make } from './law.js';
import { lossLaws, type LossLawOptions } from './loss.js';
import { reportLaws, solverLaws, strategyLaws, type SolverLawOptions } from './methods.js';
import { metricLaws, type MetricLawOptions } from './metric.js';
import { modelLaws, type ModelLawOptions } from './model.js';
import { normalizationLaws, type NormalizationLawOptions } from './normalization.js';
import { optimizerLaws, type OptimizerLawOptions } from './optimizer.js';
import { scheduleLaws, type ScheduleLawOptions } from './schedule.js';
import { taskLaws, type TaskLawOptions } from './task.js';

/** What each kind's laws may be told. */
export interface LawOptions {
  optimizer: OptimizerLawOptions;
  schedule: ScheduleLawOptions;
  model: ModelLawOptions;
  loss: LossLawOptions;
  dataset: DatasetLawOptions;
  task: TaskLawOptions;
  solver: SolverLawOptions;
  experiment: ExperimentLawOptions;
  guidance: DiffusionLawOptions;
  normalization: NormalizationLawOptions;
  sampler: DiffusionLawOptions;
  strategy: Readonly<Record<string, never>>;
  agent: AgentLawOptions;
  environment: EnvironmentLawOptions;
  metric: MetricLawOptions;
  report: Readonly<Record<string, never>>;
}

/** Kinds that have a law suite. */
export type LawfulKind = Extract<keyof LawOptions, KindName>;

const suites: {
  readonly [K in LawfulKind]: (make: Make<Kinds[K]>, options: LawOptions[K]) => readonly Law[];
} = {
  optimizer: optimizerLaws,
  schedule: scheduleLaws,
  model: modelLaws,
  loss: lossLaws,
  dataset: datasetLaws,
  task: taskLaws,
  solver: solverLaws,
  experiment: experimentLaws,
  guidance: guidanceLaws,
  normalization: normalizationLaws,
  sampler: samplerLaws,
  strategy: strategyLaws,
  agent: agentLaws,
  environment: environmentLaws,
  metric: metricLaws,
  report: reportLaws,
};

export function hasLaws(kind: string): kind is LawfulKind {
  return Object.hasOwn(suites, kind);
}

/**
 * The laws of a kind, for objects as `make` makes them. They know no test runner:
 *
 * ```ts
 * for (const { name, check } of laws('optimizer', (config) => adam({ ...config }))) it(name, check);
 * ```
 *
 * @param make called with options that a law sets (`{ learningRate: 0 }`), or with nothing
 */
export function laws<K extends LawfulKind>(
  kind: K,
  make: Make<Kinds[K]>,
  ...[options]: Record<never, never> extends LawOptions[K]
    ? [options?: LawOptions[K]]
    : [options: LawOptions[K]]
): readonly Law[] {
  return suites[kind](make, options ?? ({} as LawOptions[K])); // left out only where every option may be
}
