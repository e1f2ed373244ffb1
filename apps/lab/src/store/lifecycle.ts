import type { Provenance, Registry } from '@core/registry';
import type { BackendInfo } from '@core/tensor';
import { messageOf } from '../errors.js';
import type { LoadedRecipe } from '../recipe/load.js';
import type { Heading, RunStatus } from '../report/heading.js';
import { environmentRows, readEnvironment, type Environment } from '../run/environment.js';
import { checkRunFolder, createRunFolder, reopenRunFolder, type Disk, type RunFolder } from './folder.js';

/** What every kind of run is given: a training run, a race, an experiment. */
export interface LifeOptions<Plan> {
  readonly registry: Registry;
  readonly loaded: LoadedRecipe;
  readonly plan: Plan;
  readonly cwd: string;
  /** The folder. Default: a new one below `runs` in `cwd`. */
  readonly out?: string;
  /** The values of `--set`, for the record. */
  readonly assignments?: readonly string[];
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** What is read of any plan. */
interface AnyPlan {
  readonly settings: {
    readonly title?: string | undefined;
    readonly description?: string | undefined;
    readonly seed: number;
  };
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/** A run whose folder is there. */
export interface OpenRun {
  readonly folder: RunFolder;
  readonly startedAt: Date;
  readonly environment: Environment;
  readonly recipeText: string;
  /** Since the run was started, loading included. */
  readonly seconds: () => number;
}

/** Begins to count a run's time; the folder is made when everything fits together, by `open`. */
export function startRun(
  options: LifeOptions<AnyPlan> & { readonly resume?: string },
  backend: BackendInfo,
): {
  /** Refuses a folder that could not be used, before anything is loaded. */
  readonly check: () => Promise<void>;
  readonly open: (recipeText: string) => Promise<OpenRun>;
} {
  const { cwd, out, disk, loaded, resume, now = () => performance.now() } = options;
  const [startedAt, started] = [new Date(), now()];
  const to = { cwd, ...(out === undefined ? {} : { out }), ...(disk === undefined ? {} : { disk }) };
  return {
    check: async () => (resume === undefined ? checkRunFolder(to) : undefined),
    open: async (recipeText) => ({
      folder:
        resume === undefined
          ? await createRunFolder({ ...to, name: loaded.name, date: startedAt })
          : await reopenRunFolder({ ...to, path: resume, recipe: recipeText }),
      startedAt,
      environment: readEnvironment(backend),
      recipeText,
      seconds: () => (now() - started) / 1000,
    }),
  };
}

/** The first line of a resolved recipe. */
export function resolvedFrom({ file }: LoadedRecipe): string {
  return `# Resolved from ${file.split(/[\\/]/).at(-1) ?? file}, all defaults filled in. Run it again: lab run recipe.resolved.yaml\n`;
}

/** What a run does between its first and its last file. */
export interface Life<R> {
  /** Writes run.json anew. */
  readonly record: (status: RunStatus | 'running', reason?: string) => Promise<void>;
  readonly work: () => Promise<void>;
  /** The work is over, well or not. */
  readonly ended: () => void;
  /** Writes all that is left to write. */
  readonly finish: (status: RunStatus, reason?: string) => Promise<R>;
}

/** Carries a run out. Whatever happens, its folder can be read. */
export async function liveOut<R>(
  { folder, recipeText }: OpenRun,
  signal: AbortSignal | undefined,
  { record, work, ended, finish }: Life<R>,
): Promise<R> {
  try {
    await folder.write('recipe.resolved.yaml', recipeText);
    await record('running');
  } catch (thrown) {
    await folder.discardIfEmpty();
    throw thrown;
  }
  try {
    await work();
    ended();
    return await finish(signal?.aborted === true ? 'interrupted' : 'finished');
  } catch (thrown) {
    ended();
    // The error that ended the run is the one to report, not one of writing down that it failed.
    await finish('failed', messageOf(thrown)).catch(() => undefined);
    throw thrown;
  }
}

/** The part of a report that every kind of run has. */
export function headingOf(
  { folder, startedAt, seconds, recipeText, environment }: OpenRun,
  { plan, loaded }: Pick<LifeOptions<AnyPlan>, 'plan' | 'loaded'>,
  status: RunStatus,
  reason: string | undefined,
  files: Heading['files'],
): Heading {
  const { title = loaded.name, description } = plan.settings;
  return {
    id: folder.id,
    title,
    ...(description === undefined ? {} : { description }),
    status,
    ...(reason === undefined ? {} : { reason }),
    startedAt: startedAt.toISOString(),
    seconds: seconds(),
    recipe: recipeText,
    provenance: plan.provenance,
    environment: environmentRows(environment),
    files: [['recipe.resolved.yaml', 'the recipe with all defaults; it can be run again'], ...files],
  };
}

/** Writes run.json: what the run is, how far it came, and what came of it. */
export async function writeRunRecord(
  { folder, startedAt, seconds, environment }: OpenRun,
  { plan, loaded, registry, assignments = [] }: LifeOptions<AnyPlan>,
  status: RunStatus | 'running',
  own: Readonly<Record<string, unknown>>,
  reason?: string,
): Promise<void> {
  const record = {
    id: folder.id,
    status,
    ...(reason === undefined ? {} : { reason }),
    title: plan.settings.title ?? loaded.name,
    startedAt: startedAt.toISOString(),
    // A killed run stays `running`; whether this process lives tells the two apart. Numbers are given anew, start times not.
    process: { pid: process.pid, startedAt: new Date(performance.timeOrigin).toISOString() },
    seconds: Number(seconds().toFixed(3)),
    recipe: loaded.file,
    set: assignments,
    seed: plan.settings.seed,
    ...own,
    environment,
    plugins: Object.fromEntries(registry.plugins.map(({ name, version }) => [name, version])),
    provenance: plan.provenance,
  };
  await folder.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
}
