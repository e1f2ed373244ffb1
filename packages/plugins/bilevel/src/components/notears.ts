import type { Config } from '../configs.js';
import type { NotearsMeasure, NotearsState } from '../structure/augmentedLagrangian.js';
import { notears } from '../structure/notears.js';
import { notearsMlp } from '../structure/notearsMlp.js';
import type { StructureSolver } from '../structure/problem.js';

export function create({
  model,
  lossType,
  lambda1,
  lambda2,
  hidden,
  ...options
}: Config<'notears'>): StructureSolver<NotearsState, NotearsMeasure> {
  const penalty = lambda1 === null ? {} : { lambda1 };
  if (model === 'mlp') return notearsMlp({ ...options, ...penalty, lambda2, hidden });
  return notears({ ...options, ...penalty, lossType });
}
