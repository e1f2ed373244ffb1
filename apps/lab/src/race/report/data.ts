import type { Provenance } from '@core/registry';
import type { PlannedSubmission } from '../plan.js';
import type { RaceSettings } from '../recipe.js';
import type { RaceResults } from '../results.js';
import type { TrialRecord } from '../trial.js';

/** Everything a race's report shows: plain data, so that it can be rendered without a race. */
export interface RacePage {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly status: 'running' | 'finished' | 'interrupted' | 'failed';
  /** Why it did not finish. */
  readonly reason?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly settings: Pick<
    RaceSettings,
    'ruleset' | 'clock' | 'studies' | 'trials' | 'rMax' | 'reference' | 'evaluateOn'
  >;
  readonly results: RaceResults;
  readonly records: readonly TrialRecord[];
  readonly allTrials: number;
  readonly submissions: readonly Pick<PlannedSubmission, 'name' | 'use' | 'search'>[];
  /** The resolved recipe as YAML. */
  readonly recipe: string;
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** Label and value. */
  readonly environment: readonly (readonly [string, string])[];
  /** Files beside the report: name and what it holds. */
  readonly files: readonly (readonly [string, string])[];
}

/** The submission's colour and sign go by its place in the recipe. */
export function placeOf({ submissions }: RacePage, name: string): number {
  return submissions.findIndex((one) => one.name === name);
}
