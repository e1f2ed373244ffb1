import { dirname } from 'node:path';
import { LabError } from '../errors.js';
import { openRegistry } from '../plugins.js';
import { isRace, planRace } from '../race/plan.js';
import { measureTargets, type MeasuredTarget } from '../race/targets.js';
import { loadRecipe } from '../recipe/load.js';
import { settingsText } from '../report/results.js';
import { onBackend } from '../run/backend.js';
import { formatNumber, plural } from '../terminal/format.js';
import type { Terminal } from '../terminal/terminal.js';
import { noticesTo, type CommandContext } from './context.js';

/** Flags of `lab targets`. */
export interface TargetsFlags {
  readonly set?: readonly string[];
  readonly with?: string;
  readonly points: number;
  readonly reruns: number;
  readonly json?: boolean;
}

/** `lab targets <recipe>`: measures what targets a race's workloads should have. */
export async function targets(file: string, flags: TargetsFlags, context: CommandContext): Promise<void> {
  const { terminal, cwd, plugins, signal, stopsItself } = context;
  const loaded = await loadRecipe(file, flags.set ?? [], cwd);
  if (!isRace(loaded.recipe))
    throw new LabError(
      'USAGE',
      `${file}: targets belong to the workloads of a race, and this recipe has none`,
    );
  const registry = await openRegistry({
    ...plugins,
    from: [cwd, dirname(loaded.file)],
    log: noticesTo(terminal),
  });
  const plan = await planRace(registry, loaded.recipe);
  const all = plan.submissions.filter(({ search }) => search !== undefined).map(({ name }) => name);
  const submissions = flags.with === undefined ? all : flags.with.split(',').map((name) => name.trim());
  stopsItself();
  const runs = plan.workloads.length * (submissions.length * flags.points + flags.reruns);
  if (flags.json !== true)
    terminal.out(
      `Measuring ${plural(plan.workloads.length, 'target')} with ${submissions.join(', ')}: ${plural(flags.points, 'point')} of each search, ` +
        `${plural(flags.reruns, 'run')} of the best with other seeds; ${plural(runs, 'run')} in all, of three quarters of each workload's steps.\n\n`,
    );
  const found = await onBackend(plan.settings.backend, () =>
    measureTargets({
      ...{ registry, plan, submissions, signal, points: flags.points, reruns: flags.reruns },
      ...(flags.json === true
        ? {}
        : { found: (target) => terminal.out(`${targetLine(target, terminal)}\n`) }),
    }),
  );
  if (flags.json === true) terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  else if (found.length > 0)
    terminal.out(`\nTo race for them:\n${found.map((one) => `  ${settingOf(one)}\n`).join('')}`);
}

/** `digits-mlp  error rate <= 0.0720  nadamw, learning rate 0.0069  (5 runs: 0.070 to 0.075)` */
function targetLine(target: MeasuredTarget, { style }: Pick<Terminal, 'style'>): string {
  const { workload, metric, goal, submission, hyperparameters, reruns } = target;
  const [best, worst] = [formatNumber(reruns[0]), formatNumber(reruns.at(-1))];
  return `${style('bold', workload)}  ${metric} ${goal === 'min' ? '<=' : '>='} ${formatNumber(target.target)}  ${submission}, ${settingsText(hyperparameters)}  (${plural(reruns.length, 'run')}: ${best} to ${worst})`;
}

function settingOf({ workload, variantOf, target }: MeasuredTarget): string {
  return `--set workloads.${variantOf === undefined ? workload : `${variantOf}.variant`}.target=${target}`;
}
