import { saveCheckpoint, type JsonObject } from '@core/data/node';
import { dirname, join, resolve } from 'node:path';
import type { LoadedRecipe } from '../recipe/load.js';
import type { TrainPlan } from '../recipe/plan.js';
import { recipeYaml } from '../recipe/yaml.js';
import type { ReportData } from '../report/data.js';
import { renderReport } from '../report/render.js';
import type { RunStatus } from '../report/heading.js';
import { slug } from '../store/folder.js';
import { liveOut, resolvedFrom, startRun, type LifeOptions } from '../store/lifecycle.js';
import { createMetrics } from '../store/metrics.js';
import { writeReports } from '../store/reports.js';
import type { BackendInfo } from '@core/tensor';
import { onBackend } from './backend.js';
import type { MeasuredEpoch } from './log.js';
import { silent, type RunObserver } from './observer.js';
import { filtersOf } from './pictures.js';
import { prepareRun } from './prepare.js';
import { writeRecord, type Recorder } from './record.js';
import { reportData } from './reportData.js';
import { runTrial } from './trial.js';

export interface RunOptions extends LifeOptions<TrainPlan> {
  readonly observer?: RunObserver;
}

export interface FinishedRun {
  readonly folder: string;
  readonly report: ReportData;
}

/** Runs a resolved recipe from preparation to report. Whatever happens, the folder holds a run that can be read. */
export async function runRecipe(options: RunOptions): Promise<FinishedRun> {
  return onBackend(options.plan.settings.backend, (backend) => runHere(options, backend));
}

async function runHere(options: RunOptions, backend: BackendInfo): Promise<FinishedRun> {
  const { plan, loaded, registry, observer = silent, now = () => performance.now() } = options;
  const { check, open } = startRun(options, backend);
  await check();
  const prepared = await prepareRun(plan, registry, loaded.file);
  const record: Recorder = {
    ...(await open(recipeText(plan, loaded))),
    ...{ options, prepared },
    trials: [],
    filters: new Map(),
  };
  return liveOut(record, options.signal, {
    record: (status) => writeRecord(record, status),
    async work() {
      observer.started();
      await runTrials(record, now);
    },
    ended: () => observer.ended(),
    finish: (status, reason) => finish(record, status, reason),
  });
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
        epochEnded: async (measured) => {
          await metrics.save();
          await keepCheckpoint(record, { name: chosen.name, path: chosen.path, index }, measured);
          record.filters.set(
            chosen.name,
            await filtersOf(chosen.name, measured.measured, prepared.dataset.inputShape),
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
  { epoch, state, measured, values }: MeasuredEpoch,
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
      params: measured,
      state: {
        optimizer: state.optimizer,
        model: state.model,
        key: state.key,
        ...(measured === state.params ? {} : { params: state.params }),
      },
      meta: JSON.parse(JSON.stringify(meta)) as JsonObject, // what JSON gives back is JSON
    },
    record.options.disk?.fs === undefined ? {} : { fs: record.options.disk.fs },
  );
}

/** The resolved recipe with a line on where each component came from. */
function recipeText(plan: TrainPlan, loaded: LoadedRecipe): string {
  const from = Object.entries(plan.provenance).map(
    ([path, { use, plugin }]) => `#   ${path}: ${use} of ${plugin}`,
  );
  const components = ['# Components:', ...from, recipeYaml(withAbsoluteStart(plan.data, loaded.file))];
  return resolvedFrom(loaded) + components.join('\n');
}

/** A relative `startFrom` would lead elsewhere from the run folder. */
function withAbsoluteStart(data: TrainPlan['data'], file: string): TrainPlan['data'] {
  const start = data['startFrom'];
  return typeof start === 'string' ? { ...data, startFrom: resolve(dirname(file), start) } : data;
}

async function finish(record: Recorder, status: RunStatus, reason?: string): Promise<FinishedRun> {
  const report = await reportData(record, status, reason);
  await writeRecord(record, status, reason);
  await record.folder.write('report.html', renderReport(report));
  if (status === 'finished') await writeReports(record.options.plan, report, record.folder);
  return { folder: record.folder.path, report };
}
