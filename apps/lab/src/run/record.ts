import { lastOf } from '../report/data.js';
import type { ReportData } from '../report/data.js';
import type { RunStatus } from '../report/heading.js';
import { writeRunRecord, type OpenRun } from '../store/lifecycle.js';
import type { Prepared } from './prepare.js';
import type { RunOptions } from './run.js';
import type { TrialResult } from './trial.js';

/** What is known of a run while it goes on. */
export interface Recorder extends OpenRun {
  readonly options: RunOptions;
  readonly prepared: Prepared;
  readonly trials: TrialResult[];
  readonly filters: Map<string, ReportData['filters']>;
}

/** Writes run.json anew: what the run is, how far it came, and what came of it. */
export async function writeRecord(
  record: Recorder,
  status: RunStatus | 'running',
  reason?: string,
): Promise<void> {
  const { options, prepared, trials } = record;
  const own = {
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
  };
  await writeRunRecord(record, options, status, own, reason);
}
