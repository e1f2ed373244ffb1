import { join } from 'node:path';
import { resolveRecipe, type Registry } from '@core/registry';
import { LabError } from '../errors.js';
import { experimentDisplay } from '../experiment/display.js';
import { runExperiment } from '../experiment/experiment.js';
import { silentExperiment } from '../experiment/observer.js';
import { experimentRecipe, stepsOf, type ExperimentPlan } from '../experiment/recipe.js';
import { bestOn, type ExperimentReport } from '../experiment/report/data.js';
import type { LoadedRecipe } from '../recipe/load.js';
import { andList, nameWithUse } from '../recipe/plan.js';
import { showMeasure } from '../report/headline.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { words } from '../terminal/words.js';
import type { CommandContext } from './context.js';

export interface ExperimentFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly quiet: boolean;
  readonly assignments: readonly string[];
}

/** `lab run` for a recipe of solvers: runs each, judges what it found, and says where the report lies. */
export async function experiment(
  loaded: LoadedRecipe,
  registry: Registry,
  flags: ExperimentFlags,
  { terminal, cwd, signal, stopsItself }: CommandContext,
): Promise<void> {
  if (flags.out !== undefined && flags.resume !== undefined)
    throw new LabError('USAGE', '--resume goes on in its own folder; leave --out away');
  const plan = await resolveRecipe(registry, loaded.recipe, experimentRecipe);
  stepsOf(plan);
  const shown = flags.quiet ? silentExperiment : experimentDisplay(terminal);
  const { folder, report } = await runExperiment({
    ...{ registry, loaded, plan, cwd, signal, assignments: flags.assignments },
    observer: {
      ...shown,
      loading() {
        if (!flags.quiet) terminal.out(`${announceExperiment(plan)}\n\n`);
        shown.loading();
      },
      loaded() {
        stopsItself();
        shown.loaded();
      },
    },
    ...(flags.out === undefined ? {} : { out: flags.out }),
    ...(flags.resume === undefined ? {} : { resume: flags.resume }),
  });
  if (!flags.quiet) terminal.out(`\n${experimentText(report, terminal)}\n\n`);
  const page = join(folder, 'report.html');
  if (report.status === 'interrupted')
    terminal.err(
      `Stopped early. What there is so far: ${page}\nGo on: lab run ${loaded.file} --resume ${folder}\n`,
    );
  else if (!flags.quiet) terminal.out(`Report: ${page}\n`);
  const failed = report.records.filter(({ status }) => status === 'failed' || status === 'diverged');
  if (failed.length > 0 && failed.length === report.solvers.length)
    throw new LabError(
      'RUN',
      `no solver found anything: ${failed.map(({ name, reason = '' }) => `${name}: ${reason}`).join('; ')}`,
    );
}

/** The line that opens an experiment: what is about to happen. */
export function announceExperiment(plan: ExperimentPlan): string {
  const steps = stepsOf(plan);
  const counts = [...new Set(Object.values(steps).map((one) => one.steps))];
  const most =
    counts.length === 1
      ? `${formatCount(counts[0] ?? 0)} steps`
      : `up to ${formatCount(Math.max(...counts))} steps`;
  const each = plan.slots.solvers.length === 1 ? '' : ' each';
  return `Solving ${plan.slots.experiment.id} with ${andList(plan.slots.solvers.map(nameWithUse))}: ${most}${each}.`;
}

/** The table at the end: a row for each solver, then what they are compared with. */
export function experimentText(report: ExperimentReport, terminal: Terminal): string {
  const { style } = terminal;
  const names = Object.keys(report.goals);
  const [lead = ''] = names;
  const best = bestOn(report, lead);
  const columns = [
    { title: '' },
    { title: 'solver' },
    ...names.map((name) => ({ title: words(name), align: 'right' as const })),
    { title: 'time', align: 'right' as const },
    { title: '' },
  ];
  const rows = report.records.map(({ name, scores, seconds, status }) => {
    const marked = best?.name === name && report.records.length > 1;
    const emphasis = (text: string): string => (marked ? style(['bold', 'green'], text) : text);
    return [
      marked ? style('green', '★') : '',
      emphasis(name),
      ...names.map((score) =>
        score === lead ? emphasis(showMeasure(score, scores[score])) : showMeasure(score, scores[score]),
      ),
      formatDuration(seconds),
      status === 'finished' ? '' : style('yellow', status),
    ];
  });
  const references = Object.entries(report.references).map(([name, scores]) => [
    '',
    style('dim', name),
    ...names.map((score) => style('dim', showMeasure(score, scores[score]))),
    '',
    '',
  ]);
  return formatTable(columns, [...rows, ...references], terminal);
}
