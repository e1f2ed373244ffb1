import type { Heading } from '../../report/heading.js';
import type { PlannedSubmission } from '../plan.js';
import type { RaceSettings } from '../recipe.js';
import type { RaceResults } from '../results.js';
import type { TrialRecord } from '../trial.js';

/** Everything a race's report shows: plain data, so that it can be rendered without a race. */
export interface RacePage extends Heading {
  readonly settings: Pick<
    RaceSettings,
    'ruleset' | 'clock' | 'studies' | 'trials' | 'rMax' | 'reference' | 'evaluateOn'
  >;
  readonly results: RaceResults;
  readonly records: readonly TrialRecord[];
  readonly allTrials: number;
  readonly submissions: readonly Pick<PlannedSubmission, 'name' | 'use' | 'search'>[];
}

/** The submission's colour and sign go by its place in the recipe. */
export function placeOf({ submissions }: RacePage, name: string): number {
  return submissions.findIndex((one) => one.name === name);
}
