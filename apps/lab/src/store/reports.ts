import type { RunRecord } from '@core/registry';
import { lastOf, type ReportData, type TrialReport } from '../report/data.js';
import type { TrainPlan } from '../recipe/plan.js';
import { slug, type RunFolder } from './folder.js';

/** Lets the recipe's report components write their files, each into a folder of its own. */
export async function writeReports(
  { slots, data, provenance }: TrainPlan,
  report: ReportData,
  folder: RunFolder,
): Promise<void> {
  if (slots.reports.length === 0) return;
  const record: RunRecord = {
    id: report.id,
    title: report.title,
    startedAt: report.startedAt,
    seconds: report.seconds,
    recipe: data,
    provenance,
    curves: Object.fromEntries(report.trials.map((trial) => [trial.name, curvesOf(trial, report.split)])),
    results: Object.fromEntries(report.trials.map((trial) => [trial.name, resultsOf(trial, report.split)])),
  };
  for (const chosen of slots.reports) {
    const write = await chosen.create();
    for (const { path, content } of await write(record))
      await folder.write(`reports/${slug(chosen.name)}/${path}`, content);
  }
}

function curvesOf({ train, test }: TrialReport, measured: string): RunRecord['curves'][string] {
  const named = (
    split: string,
    curves: TrialReport['train'],
  ): (readonly [string, (typeof curves)[string]])[] =>
    Object.entries(curves).map(([name, curve]) => [`${split}/${name}`, curve] as const);
  return Object.fromEntries([...named('train', train), ...named(measured, test)]);
}

function resultsOf(
  { test, trainSeconds, examplesPerSecond }: TrialReport,
  measured: string,
): Record<string, number> {
  const last = Object.entries(test).map(
    ([name, curve]) => [`${measured}/${name}`, lastOf(curve) ?? NaN] as const,
  );
  return { ...Object.fromEntries(last), trainSeconds, examplesPerSecond };
}
