import type { Agent } from './agent.js';
import type { Dataset } from './dataset.js';
import type { Environment } from './environment.js';
import type { Experiment } from './experiment.js';
import type { Guidance } from './guidance.js';
import type { Loss } from './loss.js';
import type { Metric } from './metric.js';
import type { Model } from './model.js';
import type { Normalization } from './normalization.js';
import type { Optimizer } from './optimizer.js';
import type { Report } from './report.js';
import type { Sampler } from './sampler.js';
import type { Schedule } from './schedule.js';
import type { Solver } from './solver.js';
import type { Strategy } from './strategy.js';
import type { Task } from './task.js';

/**
 * What plugins can provide, and where they meet. A plugin adds a kind of its own by declaration merging and by naming it
 * in its manifest's `kinds`:
 *
 * ```ts
 * declare module '@core/registry' {
 *   interface Kinds { tokenizer: Tokenizer }
 * }
 * ```
 */
export interface Kinds {
  optimizer: Optimizer;
  schedule: Schedule;
  model: Model;
  loss: Loss;
  dataset: Dataset;
  task: Task;
  solver: Solver;
  experiment: Experiment;
  guidance: Guidance;
  normalization: Normalization;
  sampler: Sampler;
  strategy: Strategy;
  agent: Agent;
  environment: Environment;
  metric: Metric;
  report: Report;
}

export type KindName = Extract<keyof Kinds, string>;

/** What an object of a built-in kind must have: the names of its functions, or `call` when it is a function itself. */
export const builtInKinds: Readonly<Record<string, readonly string[] | 'call'>> = {
  optimizer: ['init', 'update'],
  schedule: 'call',
  model: ['init', 'apply'],
  loss: 'call',
  dataset: ['size', 'load'],
  task: [],
  solver: ['init', 'step', 'solution'],
  experiment: ['load'],
  guidance: 'call',
  normalization: ['init', 'apply'],
  sampler: ['sample'],
  strategy: ['init', 'objective', 'endTask'],
  agent: ['init', 'act', 'learn'],
  environment: ['reset', 'step'],
  metric: ['init', 'update', 'result'],
  report: 'call',
};

/** Says what `value` lacks to be of a built-in kind; `undefined` when nothing, or when the kind is a plugin's own. */
export function lacksOf(kind: string, value: unknown): string | undefined {
  const members = builtInKinds[kind];
  if (members === undefined) return undefined;
  if (members === 'call')
    return typeof value === 'function' ? undefined : `is a function, and this is ${describeValue(value)}`;
  const missing = members.filter((name) => typeof (value as Record<string, unknown>)[name] !== 'function');
  return missing.length === 0
    ? undefined
    : `has the functions ${members.join(', ')}, and this has no ${missing.join(', ')}`;
}

function describeValue(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
