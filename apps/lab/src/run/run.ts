import type { Registry } from '@core/registry';
import { saveCheckpoint, type JsonObject } from '@core/data/node';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import type { LoadedRecipe } from '../recipe/load.js';
import type { TrainPlan } from '../recipe/plan.js';
import { recipeYaml } from '../recipe/yaml.js';
import { bestTrial, lastOf, type ReportData } from '../report/data.js';
import { renderReport } from '../report/render.js';
import { createRunFolder, slug, type Disk, type RunFolder } from '../store/folder.js';
import { createMetrics } from '../store/metrics.js';
import { writeReports } from '../store/reports.js';
import { environmentRows, readEnvironment, type Environment } from './environment.js';
import { silent, type RunObserver } from './observer.js';
import { confusionOf, filtersOf, mistakesOf } from './pictures.js';
import { prepareRun, type Prepared } from './prepare.js';
import type { TrainState } from './step.js';
import { runTrial, type TrialResult } from './trial.js';

export interface RunOptions {
  readonly registry: Registry;
  readonly loaded: LoadedRecipe;
  readonly plan: TrainPlan;
  readonly cwd: string;
  /** The run folder. Default: a new one below `runs` in `cwd`. */
  readonly out?: string;
  /** The values of `--set`, for the record. */
  readonly assignments?: readonly string[];
  readonly observer?: RunObserver;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

export interface FinishedRun {
  readonly folder: string;
  readonly report: ReportData;
}

/** Runs a resolved recipe from preparation to report. Whatever happens, the folder holds a run that can be read. */
export async function runRecipe(options: RunOptions): Promise<FinishedRun> {
  const { plan, loaded, registry, observer = silent, now = () => performance.now() } = options;
  const startedAt = new Date();
  const started = now();
  const prepared = await prepareRun(plan, registry, loaded.file);
  const folder = await createRunFolder({
    cwd: options.cwd,
    name: loaded.name,
    date: startedAt,
    ...(options.out === undefined ? {} : { out: options.out }),
    ...(options.disk === undefined ? {} : { disk: options.disk }),
  });
  const record: Recorder = {
    options,
    prepared,
    folder,
    startedAt,
    environment: readEnvironment(),
    recipeText: recipeText(plan, loaded),
    seconds: () => (now() - started) / 1000,
    trials: [],
    filters: new Map(),
  };
  try {
    await folder.write('recipe.resolved.yaml', record.recipeText);
    await writeRecord(record, 'running');
  } catch (thrown) {
    await folder.discardIfEmpty();
    throw thrown;
  }
  try {
    await runTrials(record, now);
    observer.ended();
    return await finish(record, options.signal?.aborted === true ? 'interrupted' : 'finished');
  } catch (thrown) {
    observer.ended();
    // The error that ended the run is the one to report, not one of writing down that it failed.
    await finish(record, 'failed', messageOf(thrown)).catch(() => undefined);
    throw thrown;
  }
}

interface Recorder {
  readonly options: RunOptions;
  readonly prepared: Prepared;
  readonly folder: RunFolder;
  readonly startedAt: Date;
  readonly environment: Environment;
  readonly recipeText: string;
  readonly seconds: () => number;
  readonly trials: TrialResult[];
  readonly filters: Map<string, ReportData['filters']>;
}

async function runTrials(record: Recorder, now: () => number): Promise<void> {
  const { options, prepared, folder } = record;
  const { plan, observer = silent, signal = new AbortController().signal } = options;
  const metrics = createMetrics(folder);
  for (const [index, chosen] of plan.slots.optimizers.entries()) {
    if (signal.aborted) break;
    const result = await runTrial({
      chosen,
      index,
      trials: plan.slots.optimizers.length,
      ...prepared,
      settings: plan.settings,
      observer,
      signal,
      now,
      sink: {
        row: (row) => metrics.add(row),
        epochEnded: async (epoch, state, values) => {
          await metrics.save();
          await keepCheckpoint(record, { name: chosen.name, path: chosen.path, index }, state, epoch, values);
          record.filters.set(
            chosen.name,
            await filtersOf(chosen.name, state.params, prepared.dataset.inputShape),
          );
        },
      },
    });
    record.trials.push(result);
    await metrics.save();
  }
}

/** Names of checkpoints are file names; two trials whose names read alike get their number. */
function checkpointName(record: Recorder, name: string, index: number): string {
  const same = record.options.plan.slots.optimizers.filter((one) => slug(one.name) === slug(name)).length > 1;
  return join('checkpoints', same ? `${slug(name)}-${index}` : slug(name));
}

async function keepCheckpoint(
  record: Recorder,
  trial: { readonly name: string; readonly path: string; readonly index: number },
  state: TrainState,
  epoch: number,
  values: Readonly<Record<string, number>>,
): Promise<void> {
  const { plan } = record.options;
  const meta = {
    run: record.folder.id,
    trial: trial.name,
    epoch,
    values: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
    ),
    model: plan.provenance['model'],
    optimizer: plan.provenance[trial.path],
    dataset: plan.provenance['dataset'],
  };
  await saveCheckpoint(
    join(record.folder.path, checkpointName(record, trial.name, trial.index)),
    {
      params: state.params,
      state: { optimizer: state.optimizer, model: state.model, key: state.key },
      meta: JSON.parse(JSON.stringify(meta)) as JsonObject, // what JSON gives back is JSON
    },
    record.options.disk?.fs === undefined ? {} : { fs: record.options.disk.fs },
  );
}

/** The resolved recipe with a line on where each component came from. */
function recipeText(plan: TrainPlan, { file }: LoadedRecipe): string {
  const from = Object.entries(plan.provenance).map(
    ([path, { use, plugin }]) => `#   ${path}: ${use} of ${plugin}`,
  );
  return [
    `# Resolved from ${file.split(/[\\/]/).at(-1) ?? file}, all defaults filled in. Run it again: lab run recipe.resolved.yaml`,
    '# Components:',
    ...from,
    recipeYaml(withAbsoluteStart(plan.data, file)),
  ].join('\n');
}

/** A relative `startFrom` would lead elsewhere from the run folder. */
function withAbsoluteStart(data: TrainPlan['data'], file: string): TrainPlan['data'] {
  const start = data['startFrom'];
  return typeof start === 'string' ? { ...data, startFrom: resolve(dirname(file), start) } : data;
}

async function finish(
  record: Recorder,
  status: 'finished' | 'interrupted' | 'failed',
  reason?: string,
): Promise<FinishedRun> {
  const report = await reportData(record, status, reason);
  await writeRecord(record, status, reason);
  await record.folder.write('report.html', renderReport(report));
  if (status === 'finished') await writeReports(record.options.plan, report, record.folder);
  return { folder: record.folder.path, report };
}

async function reportData(
  record: Recorder,
  status: ReportData['status'],
  reason?: string,
): Promise<ReportData> {
  const { prepared, options, folder } = record;
  const { plan, loaded } = options;
  const { settings } = plan;
  const trials = record.trials.map((trial) => trial.report);
  const best = bestTrial(trials, prepared.lead);
  const predictions = record.trials.find((trial) => trial.report === best)?.predictions;
  const { classNames } = prepared.dataset;
  const mistakes =
    best === undefined || predictions === undefined
      ? undefined
      : await mistakesOf(best.name, prepared.dataset, settings.evaluateOn, prepared.test, predictions);
  const filters = best === undefined ? undefined : record.filters.get(best.name);
  return {
    id: folder.id,
    title: settings.title ?? loaded.name,
    ...(settings.description === undefined ? {} : { description: settings.description }),
    status,
    ...(reason === undefined ? {} : { reason }),
    startedAt: record.startedAt.toISOString(),
    seconds: record.seconds(),
    lead: prepared.lead,
    split: settings.evaluateOn,
    dataset: {
      use: plan.slots.dataset.id,
      name: prepared.dataset.name,
      inputShape: prepared.dataset.inputShape,
      trainExamples: prepared.train.size,
      testExamples: prepared.test.size,
    },
    model: { use: plan.slots.model.id, parameters: prepared.parameters },
    trials,
    ...(best === undefined || predictions === undefined || classNames.length === 0
      ? {}
      : { confusion: confusionOf(best.name, classNames, prepared.test.targets.data, predictions) }),
    ...(mistakes === undefined ? {} : { mistakes }),
    ...(filters === undefined ? {} : { filters }),
    recipe: record.recipeText,
    provenance: plan.provenance,
    environment: environmentRows(record.environment),
    files: [
      ['recipe.resolved.yaml', 'the recipe with all defaults; it can be run again'],
      ['metrics.csv', 'every measurement, for spreadsheets'],
      ['metrics.jsonl', 'the same, an object to a line'],
      ['run.json', 'versions, machine, times and results'],
      ['checkpoints', 'parameters of each model as safetensors, with optimizer state'],
    ],
  };
}

async function writeRecord(
  { options, prepared, folder, startedAt, environment, seconds, trials }: Recorder,
  status: string,
  reason?: string,
): Promise<void> {
  const { plan, loaded, assignments = [] } = options;
  const record = {
    id: folder.id,
    status,
    ...(reason === undefined ? {} : { reason }),
    title: plan.settings.title ?? loaded.name,
    startedAt: startedAt.toISOString(),
    seconds: Number(seconds().toFixed(3)),
    recipe: loaded.file,
    set: assignments,
    seed: plan.settings.seed,
    parameters: prepared.parameters,
    lead: prepared.lead,
    results: trials.map(({ report }) => ({
      name: report.name,
      use: report.use,
      status: report.status,
      ...(report.reason === undefined ? {} : { reason: report.reason }),
      final: Object.fromEntries(Object.entries(report.test).map(([name, curve]) => [name, lastOf(curve)])),
      steps: report.steps,
      trainSeconds: report.trainSeconds,
      evaluationSeconds: report.evaluationSeconds,
      examplesPerSecond: report.examplesPerSecond,
    })),
    environment,
    plugins: Object.fromEntries(options.registry.plugins.map(({ name, version }) => [name, version])),
    provenance: plan.provenance,
  };
  await folder.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
}
