import { lastOf } from '../report/data.js';
import type { ReportData } from '../report/data.js';
import type { RunFolder } from '../store/folder.js';
import type { Environment } from './environment.js';
import type { Prepared } from './prepare.js';
import type { RunOptions } from './run.js';
import type { TrialResult } from './trial.js';

/** What is known of a run while it goes on. */
export interface Recorder {
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

/** Writes run.json anew: what the run is, how far it came, and what came of it. */
export async function writeRecord(
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
    // A killed run stays `running`; whether this process lives tells the two apart. Numbers are given anew, start times not.
    process: {
      pid: process.pid,
      startedAt: new Date(performance.timeOrigin).toISOString(),
    },
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
