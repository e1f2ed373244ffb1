import type { BackendInfo } from '@core/tensor';
import type { Registry } from '@core/registry';
import { messageOf } from '../errors.js';
import type { LoadedRecipe } from '../recipe/load.js';
import { recipeYaml } from '../recipe/yaml.js';
import { onBackend } from '../run/backend.js';
import { environmentRows, readEnvironment, type Environment } from '../run/environment.js';
import { createPause } from '../run/trial.js';
import {
  checkRunFolder,
  createRunFolder,
  reopenRunFolder,
  type Disk,
  type RunFolder,
} from '../store/folder.js';
import { silentRace, type RaceObserver } from './observer.js';
import type { RacePlan } from './plan.js';
import { renderRace } from './report/render.js';
import { raceResults, scoresJson, type Leads, type RaceResults } from './results.js';
import { curvesCsv, keepTrial, readTrials } from './store.js';
import { runRaceTrial, seedOf, type TrialId, type TrialRecord } from './trial.js';
import { loadAll, type LoadedWorkload } from './workload.js';

export interface RaceOptions {
  readonly registry: Registry;
  readonly loaded: LoadedRecipe;
  readonly plan: RacePlan;
  readonly cwd: string;
  /** The folder. Default: a new one below `runs` in `cwd`. */
  readonly out?: string;
  /** A folder of the same race, whose finished trials are not run again. */
  readonly resume?: string;
  readonly assignments?: readonly string[];
  readonly observer?: RaceObserver;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

export type RaceStatus = 'running' | 'finished' | 'interrupted' | 'failed';

export interface FinishedRace {
  readonly folder: string;
  readonly status: RaceStatus;
  readonly results: RaceResults;
  readonly records: readonly TrialRecord[];
}

/** What is known of a race while it goes on. */
interface Racing {
  readonly options: RaceOptions;
  readonly folder: RunFolder;
  readonly startedAt: Date;
  readonly environment: Environment;
  readonly recipeText: string;
  readonly seconds: () => number;
  readonly records: TrialRecord[];
  readonly leads: Leads;
}

/** Runs all trials of a race. Whatever happens, its folder can be read, and resumed. */
export async function runRace(options: RaceOptions): Promise<FinishedRace> {
  return onBackend(options.plan.settings.backend, (backend) => raceHere(options, backend));
}

async function raceHere(options: RaceOptions, backend: BackendInfo): Promise<FinishedRace> {
  const { plan, loaded, observer = silentRace, now = () => performance.now() } = options;
  const startedAt = new Date();
  const started = now();
  const workloads = await loadAll(plan, createPause(now));
  const recipeText = `${header(loaded)}${recipeYaml(plan.data)}`;
  const folder = await folderOf(options, startedAt, recipeText);
  const race: Racing = {
    options,
    folder,
    startedAt,
    environment: readEnvironment(backend),
    recipeText,
    seconds: () => (now() - started) / 1000,
    records: options.resume === undefined ? [] : await readTrials(folder),
    leads: new Map(workloads.map(({ planned, lead }) => [planned.name, lead])),
  };
  try {
    await folder.write('recipe.resolved.yaml', recipeText);
    await writeRecord(race, 'running');
  } catch (thrown) {
    await folder.discardIfEmpty();
    throw thrown;
  }
  try {
    await runTrials(race, workloads, observer, now);
    observer.ended();
    return await finish(race, options.signal?.aborted === true ? 'interrupted' : 'finished');
  } catch (thrown) {
    observer.ended();
    // The error that ended the race is the one to report, not one of writing down that it failed.
    await finish(race, 'failed', messageOf(thrown)).catch(() => undefined);
    throw thrown;
  }
}

function header({ file }: LoadedRecipe): string {
  return `# Resolved from ${file.split(/[\\/]/).at(-1) ?? file}, all defaults filled in. Run it again: lab run recipe.resolved.yaml\n`;
}

async function folderOf(
  { cwd, out, resume, disk, loaded }: RaceOptions,
  date: Date,
  recipeText: string,
): Promise<RunFolder> {
  const to = { cwd, ...(out === undefined ? {} : { out }), ...(disk === undefined ? {} : { disk }) };
  if (resume !== undefined) return reopenRunFolder({ ...to, path: resume, recipe: recipeText });
  await checkRunFolder(to);
  return createRunFolder({ ...to, name: loaded.name, date });
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

/** Writes run.json anew. */
async function writeRecord(race: Racing, status: RaceStatus, reason?: string): Promise<void> {
  const { options, folder, startedAt, environment, seconds, records } = race;
  const { plan, loaded, assignments = [], registry } = options;
  const record = {
    id: folder.id,
    kind: 'race',
    status,
    ...(reason === undefined ? {} : { reason }),
    title: plan.settings.title ?? loaded.name,
    startedAt: startedAt.toISOString(),
    process: { pid: process.pid, startedAt: new Date(performance.timeOrigin).toISOString() },
    seconds: Number(seconds().toFixed(3)),
    recipe: loaded.file,
    set: assignments,
    seed: plan.settings.seed,
    trials: { done: records.length, all: trialsOf(plan).length },
    secondsToTarget: resultsOf(race).times.seconds,
    environment,
    plugins: Object.fromEntries(registry.plugins.map(({ name, version }) => [name, version])),
    provenance: plan.provenance,
  };
  await folder.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
}

function resultsOf({ options, records, leads }: Racing): RaceResults {
  return raceResults(options.plan, records, leads);
}

async function finish(race: Racing, status: RaceStatus, reason?: string): Promise<FinishedRace> {
  const { options, folder, records, startedAt, environment, recipeText } = race;
  const { plan, loaded } = options;
  const results = resultsOf(race);
  await writeRecord(race, status, reason);
  await folder.write('scores.json', scoresJson(plan, results));
  await folder.write('curves.csv', curvesCsv(records));
  const { title = loaded.name, description } = plan.settings;
  const page = renderRace({
    id: folder.id,
    title,
    ...(description === undefined ? {} : { description }),
    status,
    ...(reason === undefined ? {} : { reason }),
    startedAt: startedAt.toISOString(),
    seconds: race.seconds(),
    settings: plan.settings,
    results,
    records,
    allTrials: trialsOf(plan).length,
    submissions: plan.submissions,
    recipe: recipeText,
    provenance: plan.provenance,
    environment: environmentRows(environment),
    files: [
      ['recipe.resolved.yaml', 'the recipe with all defaults; it can be run again'],
      [
        'scores.json',
        'times, ratios, scores and profiles; the same bytes for the same seed, on the clock of steps',
      ],
      ['trials.jsonl', 'every finished trial with its curve, an object to a line; --resume goes on from it'],
      ['curves.csv', 'every evaluation, for spreadsheets'],
      ['run.json', 'versions, machine, times in seconds'],
    ],
  });
  await folder.write('report.html', page);
  return { folder: folder.path, status, results, records };
}
