import { isSpec, type Registry } from '@core/registry';
import { bestTrial, type ReportData } from '../report/data.js';
import { headingOf } from '../store/lifecycle.js';
import { confusionOf, mistakesOf } from './pictures.js';
import type { Recorder } from './record.js';

/** Everything the report shows, from what was recorded so far. */
export async function reportData(
  record: Recorder,
  status: ReportData['status'],
  reason?: string,
): Promise<ReportData> {
  const { prepared, options } = record;
  const { plan } = options;
  const { settings } = plan;
  const trials = await Promise.all(
    record.trials.map(async ({ report }) => ({
      ...report,
      changed: await changedFrom(options.registry, report.use, report.config),
    })),
  );
  const best = bestTrial(trials, prepared.lead);
  const predictions = record.trials.find((trial) => trial.report.name === best?.name)?.predictions;
  const { classNames } = prepared.dataset;
  const mistakes =
    best === undefined || predictions === undefined
      ? undefined
      : await mistakesOf(best.name, prepared.dataset, settings.evaluateOn, prepared.test, predictions);
  const filters = best === undefined ? undefined : record.filters.get(best.name);
  return {
    ...headingOf(record, options, status, reason, [
      ['metrics.csv', 'every measurement, for spreadsheets'],
      ['metrics.jsonl', 'the same, an object to a line'],
      ['run.json', 'versions, machine, times and results'],
      ['checkpoints', 'parameters of each model as safetensors, with optimizer state'],
    ]),
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
  };
}

/** The settings of a component that are not its defaults, nested components likewise. */
async function changedFrom(registry: Registry, use: string, config: unknown): Promise<unknown> {
  if (typeof config !== 'object' || config === null || !registry.has(use)) return config;
  const { options = [] } = await registry.describe(use);
  const defaults = new Map(options.map((option) => [option.name, option.default]));
  const changed = Object.entries(config)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults.get(name)))
    .map(async ([name, value]): Promise<[string, unknown]> => {
      if (!isSpec(value)) return [name, value];
      const { use: inner, ...settings } = value;
      return [name, { use: inner, ...((await changedFrom(registry, inner, settings)) as object) }]; // of an object
    });
  return Object.fromEntries(await Promise.all(changed));
}
