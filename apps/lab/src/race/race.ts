import type { BackendInfo } from '@core/tensor';
import { recipeYaml } from '../recipe/yaml.js';
import { onBackend } from '../run/backend.js';
import { createPause } from '../run/trial.js';
import {
  headingOf,
  liveOut,
  resolvedFrom,
  startRun,
  writeRunRecord,
  type LifeOptions,
  type OpenRun,
} from '../store/lifecycle.js';
import type { RunStatus } from '../report/heading.js';
import { silentRace, type RaceObserver } from './observer.js';
import type { RacePlan } from './plan.js';
import { renderRace } from './report/render.js';
import { raceResults, scoresJson, type Leads, type RaceResults } from './results.js';
import { curvesCsv, keepTrial, readTrials } from './store.js';
import { runRaceTrial, seedOf, type TrialId, type TrialRecord } from './trial.js';
import { loadAll, type LoadedWorkload } from './workload.js';

export interface RaceOptions extends LifeOptions<RacePlan> {
  /** A folder of the same race, whose finished trials are not run again. */
  readonly resume?: string;
  readonly observer?: RaceObserver;
}

export interface FinishedRace {
  readonly folder: string;
  readonly status: RunStatus;
  readonly results: RaceResults;
  readonly records: readonly TrialRecord[];
}

/** What is known of a race while it goes on. */
interface Racing extends OpenRun {
  readonly options: RaceOptions;
  readonly records: TrialRecord[];
  readonly leads: Leads;
}

/** Runs all trials of a race. Whatever happens, its folder can be read, and resumed. */
export async function runRace(options: RaceOptions): Promise<FinishedRace> {
  return onBackend(options.plan.settings.backend, (backend) => raceHere(options, backend));
}

async function raceHere(options: RaceOptions, backend: BackendInfo): Promise<FinishedRace> {
  const { plan, loaded, observer = silentRace, now = () => performance.now() } = options;
  const { check, open } = startRun(options, backend);
  await check();
  const workloads = await loadAll(plan, createPause(now));
  const opened = await open(`${resolvedFrom(loaded)}${recipeYaml(plan.data)}`);
  const race: Racing = {
    ...opened,
    options,
    records: options.resume === undefined ? [] : await readTrials(opened.folder),
    leads: new Map(workloads.map(({ planned, lead }) => [planned.name, lead])),
  };
  return liveOut(race, options.signal, {
    record: (status) => writeRecord(race, status),
    work: () => runTrials(race, workloads, observer, now),
    ended: () => observer.ended(),
    finish: (status, reason) => finish(race, status, reason),
  });
}

/** The trials of a plan, workload by workload, study by study. */
export function trialsOf({ workloads, submissions }: RacePlan): readonly TrialId[] {
  return workloads.flatMap(({ name: workload }) =>
    submissions.flatMap(({ name: submission, points }) =>
      points.flatMap((trials, study) => trials.map((_, trial) => ({ workload, submission, study, trial }))),
    ),
  );
}

async function runTrials(
  race: Racing,
  workloads: readonly LoadedWorkload[],
  observer: RaceObserver,
  now: () => number,
): Promise<void> {
  const { options, records, folder } = race;
  const { plan, registry, signal = new AbortController().signal } = options;
  const pause = createPause(now);
  const all = trialsOf(plan);
  const done = new Set(records.map(keyOf));
  observer.started(plan, { trials: all.length, kept: all.filter((id) => done.has(keyOf(id))).length });
  for (const loaded of workloads) {
    const { name } = loaded.planned;
    for (const id of all.filter((one) => one.workload === name && !done.has(keyOf(one)))) {
      const submission = plan.submissions.find((one) => one.name === id.submission);
      if (submission === undefined || signal.aborted) return;
      const record = await runRaceTrial({
        ...{ registry, loaded, submission, id, signal, now, pause },
        seed: seedOf(plan.settings.seed, id),
        onStep: (step, maxSteps) => observer.progress({ ...id, step, maxSteps }),
      });
      // What was cut short says nothing of the submission.
      if (record.end === 'stopped') return;
      records.push(record);
      await keepTrial(folder, record);
      observer.trialEnded(record);
    }
    loaded.dispose();
    await folder.write('curves.csv', curvesCsv(records));
    observer.workloadEnded(name, raceResults(plan, records, race.leads));
  }
}

function keyOf({ workload, submission, study, trial }: TrialId): string {
  return JSON.stringify([workload, submission, study, trial]);
}

async function writeRecord(race: Racing, status: RunStatus | 'running', reason?: string): Promise<void> {
  const { options, records } = race;
  const own = {
    kind: 'race',
    trials: { done: records.length, all: trialsOf(options.plan).length },
    secondsToTarget: resultsOf(race).times.seconds,
  };
  await writeRunRecord(race, options, status, own, reason);
}

function resultsOf({ options, records, leads }: Racing): RaceResults {
  return raceResults(options.plan, records, leads);
}

async function finish(race: Racing, status: RunStatus, reason?: string): Promise<FinishedRace> {
  const { options, folder, records } = race;
  const { plan } = options;
  const results = resultsOf(race);
  await writeRecord(race, status, reason);
  await folder.write('scores.json', scoresJson(plan, results));
  await folder.write('curves.csv', curvesCsv(records));
  const page = renderRace({
    ...headingOf(race, options, status, reason, [
      [
        'scores.json',
        'times, ratios, scores and profiles; the same bytes for the same seed, on the clock of steps',
      ],
      ['trials.jsonl', 'every finished trial with its curve, an object to a line; --resume goes on from it'],
      ['curves.csv', 'every evaluation, for spreadsheets'],
      ['run.json', 'versions, machine, times in seconds'],
    ]),
    settings: plan.settings,
    results,
    records,
    allTrials: trialsOf(plan).length,
    submissions: plan.submissions,
  });
  await folder.write('report.html', page);
  return { folder: folder.path, status, results, records };
}
