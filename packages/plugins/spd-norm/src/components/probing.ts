import type { Layer } from '@core/nn';
import type { Context, Dataset, Experiment, Solver } from '@core/registry';
import type { Config } from '../configs.js';
import { backboneFeatures } from '../probing/backboneFeatures.js';
import { momentProbing, type MomentProbingParams } from '../probing/momentProbing.js';
import { probe, type ProbingProblem, type ProbingSolution } from '../probing/probe.js';
import { probing } from '../probing/probingExperiment.js';

/** What was left out in a recipe is left out here. */
type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const given = <T extends object>(options: T): Given<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;

export const createMomentProbing = (options: Config<'momentProbing'>): Layer<MomentProbingParams> =>
  momentProbing(given(options));

export async function createFeatures(
  { dataset, ...options }: Config<'backboneFeatures'>,
  context: Context,
): Promise<Dataset> {
  return backboneFeatures(await context.use(dataset, 'dataset'), given(options));
}

export async function createExperiment(
  { dataset, ...options }: Config<'probing'>,
  context: Context,
): Promise<Experiment<ProbingProblem, ProbingSolution>> {
  return probing(await context.use(dataset, 'dataset'), given(options));
}

export async function createProbe(
  { head, optimizer, psrp, batchSize }: Config<'probe'>,
  context: Context,
): Promise<Solver<ProbingProblem>> {
  return probe({
    batchSize,
    ...(psrp === undefined ? {} : { psrp }),
    head: await context.use(head, 'model'),
    optimizer: await context.use(optimizer, 'optimizer'),
  });
}
