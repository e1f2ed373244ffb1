import type { Found, LoadedExperiment } from '@core/registry';
import { random, type BackendInfo } from '@core/tensor';
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
import { silentExperiment, type ExperimentObserver } from './observer.js';
import { stepsOf, type ExperimentPlan } from './recipe.js';
import type { ExperimentReport } from './report/data.js';
import { renderExperiment } from './report/render.js';
import { runSolver, type SolverRecord } from './solverRun.js';
import { historyCsv, keepRecords, keepState, readRecords, readState, stateFolder } from './store.js';

export interface ExperimentOptions extends LifeOptions<ExperimentPlan> {
  /** A folder of the same experiment, which goes on from what it holds. */
  readonly resume?: string;
  readonly observer?: ExperimentObserver;
}

export interface FinishedExperiment {
  readonly folder: string;
  readonly report: ExperimentReport;
}

/** A state is written at most this often while its solver goes on, in milliseconds. */
const keptEvery = 20_000;

/** What is known of an experiment while it goes on. */
interface Running extends OpenRun {
  readonly options: ExperimentOptions;
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
  const { check, open } = startRun(options, backend);
  stepsOf(plan);
  await check();
  const made = await plan.slots.experiment.create();
  // Only to hear of bad settings before anything is loaded.
  for (const solver of plan.slots.solvers) await solver.create();
  observer.loading();
  const experiment = await made.load(random.foldIn(random.key(plan.settings.seed), 0));
  observer.loaded();
  const running: Running = {
    ...(await open(`${resolvedFrom(loaded)}${recipeYaml(plan.data)}`)),
    ...{ options, experiment, goals: made.scores, name: made.name },
    records: [],
    found: [],
  };
  return liveOut(running, options.signal, {
    record: (status) => writeRecord(running, status),
    work: () => runSolvers(running, observer, now),
    ended: () => observer.ended(),
    finish: (status, reason) => finish(running, status, reason),
  });
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

async function writeRecord(
  running: Running,
  status: ExperimentReport['status'] | 'running',
  reason?: string,
): Promise<void> {
  const { options, records, experiment } = running;
  const own = {
    kind: 'experiment',
    solvers: { done: records.length, all: options.plan.slots.solvers.length },
    scores: Object.fromEntries(records.map(({ name, scores }) => [name, scores])),
    references: experiment.references,
  };
  await writeRunRecord(running, options, status, own, reason);
}

async function finish(
  running: Running,
  status: ExperimentReport['status'],
  reason?: string,
): Promise<FinishedExperiment> {
  const { options, folder, experiment, records, found } = running;
  const { plan } = options;
  await writeRecord(running, status, reason);
  await folder.write('history.csv', historyCsv(records));
  const report: ExperimentReport = {
    ...headingOf(running, options, status, reason, [
      ['solvers.json', 'what became of each solver, its curves and scores'],
      ['history.csv', 'all curves, for spreadsheets'],
      ['states', "the solvers' last states; --resume goes on from them"],
      ['run.json', 'versions, machine, scores'],
    ]),
    experiment: { use: plan.slots.experiment.id, name: running.name },
    goals: running.goals,
    references: experiment.references,
    solvers: plan.slots.solvers.map(({ name, id }) => ({ name, use: id })),
    records,
    figures: found.length === 0 ? [] : (experiment.draw?.(found) ?? []),
  };
  await folder.write('report.html', renderExperiment(report));
  return { folder: folder.path, report };
}
