import { join } from 'node:path';
import type { Registry } from '@core/registry';
import { LabError } from '../errors.js';
import type { LoadedRecipe } from '../recipe/load.js';
import { raceDisplay, shownTime } from '../race/display.js';
import { silentRace } from '../race/observer.js';
import { planRace, type RacePlan } from '../race/plan.js';
import { runRace, trialsOf } from '../race/race.js';
import type { RaceResults } from '../race/results.js';
import { formatDuration, formatNumber, plural } from '../terminal/format.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CommandContext } from './context.js';

export interface RaceFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly quiet: boolean;
  readonly assignments: readonly string[];
}

/** `lab run` for a recipe of a race: runs the trials, scores them, and says where the report lies. */
export async function race(
  loaded: LoadedRecipe,
  registry: Registry,
  flags: RaceFlags,
  { terminal, cwd, signal, stopsItself }: CommandContext,
): Promise<void> {
  if (flags.out !== undefined && flags.resume !== undefined)
    throw new LabError('USAGE', '--resume goes on in its own folder; leave --out away');
  const plan = await planRace(registry, loaded.recipe);
  const shown = flags.quiet ? silentRace : raceDisplay(terminal);
  const { folder, status, results } = await runRace({
    ...{ registry, loaded, plan, cwd, signal, assignments: flags.assignments },
    observer: {
      ...shown,
      started(given, counts) {
        stopsItself();
        if (!flags.quiet) terminal.out(`${announceRace(plan)}\n\n`);
        shown.started(given, counts);
      },
    },
    ...(flags.out === undefined ? {} : { out: flags.out }),
    ...(flags.resume === undefined ? {} : { resume: flags.resume }),
  });
  if (!flags.quiet && results.ranking.length > 0) terminal.out(`\n${raceText(results, terminal)}\n\n`);
  const page = join(folder, 'report.html');
  if (status === 'interrupted')
    terminal.err(
      `Stopped early. What there is so far: ${page}\nGo on: lab run ${loaded.file} --resume ${folder}\n`,
    );
  else if (!flags.quiet) terminal.out(`Report: ${page}\n`);
}

/** The line that opens a race: what is about to happen. */
export function announceRace(plan: RacePlan): string {
  const { settings, workloads, submissions } = plan;
  const variants = workloads.filter(({ variantOf }) => variantOf !== undefined).length;
  const held = variants === 0 ? '' : ` and ${plural(variants, 'held-out variant')}`;
  const studies =
    settings.ruleset === 'self'
      ? plural(settings.studies, 'study', 'studies')
      : `${plural(settings.studies, 'study', 'studies')} of ${plural(settings.trials, 'trial')}`;
  return (
    `Racing ${plural(submissions.length, 'submission')} on ${plural(workloads.length - variants, 'workload')}${held}: ` +
    `${studies} each, ${plural(trialsOf(plan).length, 'trial')} in all. ` +
    `${settings.clock === 'steps' ? 'Steps' : 'Seconds'} to the target on the ${settings.evaluateOn} split are scored.`
  );
}

/** The tables at the end: scores with steps to the target, and seconds. */
export function raceText(results: RaceResults, terminal: Terminal): string {
  const { style } = terminal;
  const { ranking, scores, scored, ratios, times } = results;
  const table = (title: string, cell: (submission: string, workload: string) => string): string =>
    formatTable(
      [
        { title: 'score', align: 'right' as const },
        { title },
        ...scored.map((workload) => ({ title: workload, align: 'right' as const })),
      ],
      ranking.map((name) => [
        (scores[name] ?? 0).toFixed(3),
        name,
        ...scored.map((workload) => {
          const text = cell(name, workload);
          return (ratios[name]?.[workload] ?? Infinity) <= 1 ? style(['bold', 'green'], text) : text;
        }),
      ]),
      terminal,
    );
  const steps = table('steps to target', (name, workload) => shownTime(times.steps[name]?.[workload]));
  const seconds = table('seconds', (name, workload) => {
    const time = times.seconds[name]?.[workload] ?? Infinity;
    return Number.isFinite(time) ? formatDuration(time) : '-';
  });
  const best = ranking[0];
  const note =
    best === undefined
      ? ''
      : `\n\n${style('dim', `Scores are for times up to ${formatNumber(results.rMax)} times the best, and only where the held-out variant was reached too.`)}`;
  return `${steps}\n\n${seconds}${note}`;
}
