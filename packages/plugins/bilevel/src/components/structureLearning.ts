import type { Experiment } from '@core/registry';
import type { Config } from '../configs.js';
import type { StructureProblem, StructureSolution } from '../structure/problem.js';
import { structureLearning } from '../structure/structureLearning.js';

export function create({
  edges,
  ...options
}: Config<'structureLearning'>): Experiment<StructureProblem, StructureSolution> {
  return structureLearning({ ...options, ...(edges === null ? {} : { edges }) });
}
