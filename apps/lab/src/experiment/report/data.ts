import type { Figure, Scores } from '@core/registry';
import type { Heading } from '../../report/heading.js';
import type { SolverRecord } from '../solverRun.js';

/** Everything the report of an experiment shows: plain data. */
export interface ExperimentReport extends Heading {
  readonly experiment: { readonly use: string; readonly name: string };
  /** The scores, the deciding one first, and which way each is better. */
  readonly goals: Readonly<Record<string, 'max' | 'min'>>;
  readonly references: Readonly<Record<string, Scores>>;
  /** All solvers of the recipe, run or not. */
  readonly solvers: readonly { readonly name: string; readonly use: string }[];
  readonly records: readonly SolverRecord[];
  readonly figures: readonly Figure[];
}

/** A solver's place in the recipe, which is its colour. */
export function placeOf({ solvers }: Pick<ExperimentReport, 'solvers'>, name: string): number {
  return solvers.findIndex((solver) => solver.name === name);
}

/** The solver with the best value of a score; undefined where none has one. */
export function bestOn(
  { records, goals }: Pick<ExperimentReport, 'records' | 'goals'>,
  score: string,
): SolverRecord | undefined {
  const sign = goals[score] === 'min' ? -1 : 1;
  const value = ({ scores }: SolverRecord): number => sign * (scores[score] ?? NaN);
  return records
    .filter((record) => Number.isFinite(value(record)))
    .reduce<SolverRecord | undefined>(
      (best, record) => (best === undefined || value(record) > value(best) ? record : best),
      undefined,
    );
}
