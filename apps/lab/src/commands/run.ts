import { dirname, join } from 'node:path';
import { resolveRecipe } from '@core/registry';
import { LabError } from '../errors.js';
import { openRegistry } from '../plugins.js';
import { isExperiment } from '../experiment/recipe.js';
import { isRace } from '../race/plan.js';
import { loadRecipe } from '../recipe/load.js';
import { announce } from '../recipe/plan.js';
import { trainRecipe } from '../recipe/schema.js';
import { bestOf, bestTrial, lastOf, type ReportData } from '../report/data.js';
import { showMeasure } from '../report/headline.js';
import { display } from '../run/display.js';
import { silent } from '../run/observer.js';
import { runRecipe } from '../run/run.js';
import { formatCount, formatDuration, formatNumber } from '../terminal/format.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { noticesTo, type CommandContext } from './context.js';
import { experiment } from './experiment.js';
import { race } from './race.js';

/** Flags of `lab run`. */
export interface RunFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly backend?: string;
  readonly quiet?: boolean;
  readonly resume?: string;
}

/** `lab run <recipe>`: checks the recipe, trains, and says where the report lies. */
export async function run(file: string, flags: RunFlags, context: CommandContext): Promise<void> {
  const { terminal, cwd, plugins, signal, stopsItself } = context;
  const assignments = [
    ...(flags.set ?? []),
    ...(flags.backend === undefined ? [] : [`backend=${flags.backend}`]),
  ];
  const quiet = flags.quiet === true;
  const loaded = await loadRecipe(file, assignments, cwd);
  const log = noticesTo(terminal);
  const registry = await openRegistry({
    ...plugins,
    from: [cwd, dirname(loaded.file)],
    ...(quiet ? {} : { log }),
  });
  if (isRace(loaded.recipe)) return race(loaded, registry, { ...flags, quiet, assignments }, context);
  if (isExperiment(loaded.recipe))
    return experiment(loaded, registry, { ...flags, quiet, assignments }, context);
  if (flags.resume !== undefined)
    throw new LabError(
      'USAGE',
      '--resume goes on with a race or an experiment (a recipe of submissions or of solvers); a training run starts anew',
    );
  const plan = await resolveRecipe(registry, loaded.recipe, trainRecipe);
  const shown = quiet ? silent : display(terminal);
  const { folder, report } = await runRecipe({
    registry,
    loaded,
    plan,
    cwd,
    assignments,
    signal,
    observer: {
      ...shown,
      started() {
        stopsItself();
        if (!quiet) terminal.out(`${announce(plan)}\n\n`);
        shown.started();
      },
    },
    ...(flags.out === undefined ? {} : { out: flags.out }),
  });
  if (!quiet) terminal.out(`\n${resultsText(report, terminal)}\n\n`);
  const page = join(folder, 'report.html');
  if (report.status === 'interrupted') terminal.err(`Stopped early. What there is so far: ${page}\n`);
  else if (!quiet) terminal.out(`Report: ${page}\n`);
  const failed = report.trials.filter(({ status }) => status === 'diverged');
  if (failed.length > 0 && failed.length === report.trials.length) {
    throw new LabError(
      'RUN',
      `every optimizer diverged: ${failed.map(({ name, reason = '' }) => `${name}: ${reason}`).join('; ')}. A lower learning rate may help`,
    );
  }
}

/** The table at the end: a row for each optimizer, the best one marked. */
export function resultsText({ trials, lead, split }: ReportData, terminal: Terminal): string {
  const { style } = terminal;
  const best = bestTrial(trials, lead);
  const withLead = lead.name !== 'loss';
  const rows = trials.map((trial) => {
    const mark = trial === best && trials.length > 1;
    const peak = bestOf(trial.test[lead.name], lead.goal);
    const emphasis = (text: string): string => (mark ? style(['bold', 'green'], text) : text);
    return [
      mark ? style('green', '★') : '',
      emphasis(trial.name),
      ...(withLead
        ? [
            emphasis(showMeasure(lead.name, lastOf(trial.test[lead.name]))),
            peak === undefined ? '-' : `${showMeasure(lead.name, peak[1])} (epoch ${peak[0]})`,
          ]
        : []),
      formatNumber(lastOf(trial.test['loss'])),
      formatDuration(trial.trainSeconds),
      formatCount(trial.examplesPerSecond),
      trial.status === 'finished' ? '' : style('yellow', trial.status),
    ];
  });
  const anyStatus = trials.some(({ status }) => status !== 'finished');
  const columns = [
    { title: '' },
    { title: 'optimizer' },
    ...(withLead
      ? [
          { title: `${split} ${lead.name}`, align: 'right' as const },
          { title: 'best', align: 'right' as const },
        ]
      : []),
    { title: `${split} loss`, align: 'right' as const },
    { title: 'training', align: 'right' as const },
    { title: 'examples/s', align: 'right' as const },
    ...(anyStatus ? [{ title: 'status' }] : []),
  ];
  return formatTable(columns, anyStatus ? rows : rows.map((row) => row.slice(0, -1)), terminal);
}
