import type { Found, LoadedExperiment, Registry } from '@core/registry';
import { random, type BackendInfo } from '@core/tensor';
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
import { silentExperiment, type ExperimentObserver } from './observer.js';
import { stepsOf, type ExperimentPlan } from './recipe.js';
import type { ExperimentReport } from './report/data.js';
import { renderExperiment } from './report/render.js';
import { runSolver, type SolverRecord } from './solverRun.js';
import { historyCsv, keepRecords, keepState, readRecords, readState, stateFolder } from './store.js';

export interface ExperimentOptions {
  readonly registry: Registry;
  readonly loaded: LoadedRecipe;
  readonly plan: ExperimentPlan;
  readonly cwd: string;
  /** The folder. Default: a new one below `runs` in `cwd`. */
  readonly out?: string;
  /** A folder of the same experiment, which goes on from what it holds. */
  readonly resume?: string;
  readonly assignments?: readonly string[];
  readonly observer?: ExperimentObserver;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

export interface FinishedExperiment {
  readonly folder: string;
  readonly report: ExperimentReport;
}

/** A state is written at most this often while its solver goes on, in milliseconds. */
const keptEvery = 20_000;

/** What is known of an experiment while it goes on. */
interface Running {
  readonly options: ExperimentOptions;
  readonly folder: RunFolder;
  readonly startedAt: Date;
  readonly environment: Environment;
  readonly recipeText: string;
  readonly seconds: () => number;
  readonly name: string;
  readonly goals: Readonly<Record<string, 'max' | 'min'>>;
  readonly experiment: LoadedExperiment;
  readonly records: SolverRecord[];
  readonly found: Found[];
}

/** Runs all solvers of an experiment. Whatever happens, its folder can be read, and resumed. */
export async function runExperiment(options: ExperimentOptions): Promise<FinishedExperiment> {
  return onBackend(options.plan.settings.backend, (backend) => runHere(options, backend));
}

async function runHere(options: ExperimentOptions, backend: BackendInfo): Promise<FinishedExperiment> {
  const { plan, loaded, observer = silentExperiment, now = () => performance.now() } = options;
  const startedAt = new Date();
  const started = now();
  stepsOf(plan);
  const to = folderOptions(options);
  if (options.resume === undefined) await checkRunFolder(to);
  const made = await plan.slots.experiment.create();
  // Only to hear of bad settings before anything is loaded.
  for (const solver of plan.slots.solvers) await solver.create();
  observer.loading();
  const experiment = await made.load(random.foldIn(random.key(plan.settings.seed), 0));
  observer.loaded();
  const recipeText = `${header(loaded)}${recipeYaml(plan.data)}`;
  const folder =
    options.resume === undefined
      ? await createRunFolder({ ...to, name: loaded.name, date: startedAt })
      : await reopenRunFolder({ ...to, path: options.resume, recipe: recipeText });
  const running: Running = {
    ...{ options, folder, startedAt, recipeText, experiment, goals: made.scores, name: made.name },
    environment: readEnvironment(backend),
    seconds: () => (now() - started) / 1000,
    records: [],
    found: [],
  };
  try {
    await folder.write('recipe.resolved.yaml', recipeText);
    await writeRecord(running, 'running');
  } catch (thrown) {
    await folder.discardIfEmpty();
    throw thrown;
  }
  try {
    await runSolvers(running, observer, now);
    observer.ended();
    return await finish(running, options.signal?.aborted === true ? 'interrupted' : 'finished');
  } catch (thrown) {
    observer.ended();
    // The error that ended the run is the one to report, not one of writing down that it failed.
    await finish(running, 'failed', messageOf(thrown)).catch(() => undefined);
    throw thrown;
  }
}

function folderOptions({ cwd, out, disk }: ExperimentOptions): { cwd: string; out?: string; disk?: Disk } {
  return { cwd, ...(out === undefined ? {} : { out }), ...(disk === undefined ? {} : { disk }) };
}

function header({ file }: LoadedRecipe): string {
  return `# Resolved from ${file.split(/[\\/]/).at(-1) ?? file}, all defaults filled in. Run it again: lab run recipe.resolved.yaml\n`;
}

async function runSolvers(running: Running, observer: ExperimentObserver, now: () => number): Promise<void> {
  const { options, folder, experiment, records, found, goals } = running;
  const { plan, signal = new AbortController().signal } = options;
  const steps = stepsOf(plan);
  const pause = createPause(now);
  const known = options.resume === undefined ? [] : await readRecords(folder);
  const { solvers } = plan.slots;
  for (const [index, chosen] of solvers.entries()) {
    if (signal.aborted) return;
    const { name } = chosen;
    const path = stateFolder(folder, index, name);
    const before = known.find((record) => record.name === name);
    if (before !== undefined) {
      records.push(before);
      const kept = before.status === 'finished' ? await solutionOf(running, index, path) : undefined;
      if (kept !== undefined) found.push({ name, solution: kept, scores: before.scores });
      continue;
    }
    const own = steps[name]!; // one for each solver
    observer.solverStarted({ name, index, solvers: solvers.length, steps: own.steps });
    let keptAt = now();
    const result = await runSolver({
      ...{ chosen, experiment, signal, now, pause, steps: own, seed: plan.settings.seed },
      scores: Object.keys(goals),
      ...(options.resume === undefined ? {} : { before: async (like) => readState(path, like) }),
      onProgress: (taken) => observer.progress(taken),
      async keep(so) {
        if (now() - keptAt < keptEvery) return;
        keptAt = now();
        await keepState(path, so);
      },
    });
    const { record, state, solution } = result;
    if (state !== undefined && record.status !== 'diverged') await keepState(path, { record, state });
    records.push(record);
    await keepRecords(folder, records);
    if (solution !== undefined) found.push({ name, solution, scores: record.scores });
    observer.solverEnded(record);
  }
}

/** The solution of a solver that was run before. */
async function solutionOf(
  { options, experiment }: Running,
  index: number,
  path: string,
): Promise<Found['solution'] | undefined> {
  const { plan } = options;
  const solver = await plan.slots.solvers[index]!.create(); // an index of that list
  const like = solver.init(experiment.problem, random.key(0));
  const kept = await readState(path, like);
  return kept === undefined ? undefined : solver.solution(experiment.problem, kept.state);
}

/** Writes run.json anew. */
async function writeRecord(
  running: Running,
  status: ExperimentReport['status'] | 'running',
  reason?: string,
): Promise<void> {
  const { options, folder, startedAt, environment, seconds, records, experiment } = running;
  const { plan, loaded, assignments = [], registry } = options;
  const record = {
    id: folder.id,
    kind: 'experiment',
    status,
    ...(reason === undefined ? {} : { reason }),
    title: plan.settings.title ?? loaded.name,
    startedAt: startedAt.toISOString(),
    process: { pid: process.pid, startedAt: new Date(performance.timeOrigin).toISOString() },
    seconds: Number(seconds().toFixed(3)),
    recipe: loaded.file,
    set: assignments,
    seed: plan.settings.seed,
    solvers: { done: records.length, all: plan.slots.solvers.length },
    scores: Object.fromEntries(records.map(({ name, scores }) => [name, scores])),
    references: experiment.references,
    environment,
    plugins: Object.fromEntries(registry.plugins.map(({ name, version }) => [name, version])),
    provenance: plan.provenance,
  };
  await folder.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
}

async function finish(
  running: Running,
  status: ExperimentReport['status'],
  reason?: string,
): Promise<FinishedExperiment> {
  const { options, folder, startedAt, environment, recipeText, experiment, records, found } = running;
  const { plan, loaded } = options;
  await writeRecord(running, status, reason);
  await folder.write('history.csv', historyCsv(records));
  const { title = loaded.name, description } = plan.settings;
  const report: ExperimentReport = {
    id: folder.id,
    title,
    ...(description === undefined ? {} : { description }),
    status,
    ...(reason === undefined ? {} : { reason }),
    startedAt: startedAt.toISOString(),
    seconds: running.seconds(),
    experiment: { use: plan.slots.experiment.id, name: running.name },
    goals: running.goals,
    references: experiment.references,
    solvers: plan.slots.solvers.map(({ name, id }) => ({ name, use: id })),
    records,
    figures: found.length === 0 ? [] : (experiment.draw?.(found) ?? []),
    recipe: recipeText,
    provenance: plan.provenance,
    environment: environmentRows(environment),
    files: [
      ['recipe.resolved.yaml', 'the recipe with all defaults; it can be run again'],
      ['solvers.json', 'what became of each solver, its curves and scores'],
      ['history.csv', 'all curves, for spreadsheets'],
      ['states', "the solvers' last states; --resume goes on from them"],
      ['run.json', 'versions, machine, scores'],
    ],
  };
  await folder.write('report.html', renderExperiment(report));
  return { folder: folder.path, report };
}
