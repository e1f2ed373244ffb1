import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { TrellisError } from '@core/tensor';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from './commands/context.js';
import { describe } from './commands/describe.js';
import { doctor } from './commands/doctor.js';
import { list } from './commands/list.js';
import type { RunFlags } from './commands/run.js';
import type { TargetsFlags } from './commands/targets.js';
import { messageOf } from './errors.js';
import { appVersion } from './plugins.js';
import { processTerminal, type Terminal } from './terminal/terminal.js';

/** What `main` may be given instead of the process's own. */
export interface MainOptions {
  readonly terminal?: Terminal;
  readonly cwd?: string;
  /** How plugins are found and imported; see `@core/registry/node`. */
  readonly plugins?: CommandContext['plugins'];
  /** Stops a run as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** Is called when a run takes care of `signal` by itself: training has begun. */
  readonly stopsItself?: () => void;
}

/** Exit codes: all well, the user's mistake, ours, and stopped by Ctrl-C as shells count it. */
const exitCodes = { ok: 0, user: 1, internal: 2, interrupted: 130 } as const;

/**
 * The program `lab`, as a function of its arguments (without `node` and the script).
 *
 * @returns the exit code: 0 when all is well, 1 for what the user can mend, 2 for a defect of the app, 130 when stopped
 */
export async function main(argv: readonly string[], options: MainOptions = {}): Promise<number> {
  const terminal = options.terminal ?? processTerminal();
  const context: CommandContext = {
    terminal,
    cwd: resolve(options.cwd ?? process.cwd()),
    plugins: options.plugins ?? {},
    signal: options.signal ?? new AbortController().signal,
    stopsItself: options.stopsItself ?? ((): void => undefined),
  };
  try {
    await program(context).parseAsync([...argv], { from: 'user' });
    return context.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  } catch (thrown) {
    // Help and version were written already, as were messages on wrong arguments.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.user;
    return report(thrown, terminal, argv.includes('--debug'));
  }
}

function program(context: CommandContext): Command {
  const { terminal } = context;
  const { style } = terminal;
  const root = new Command('lab')
    .description('Runs machine-learning recipes of named components, and reports what came of them.')
    .version(appVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .option('--debug', 'show the code and the stack of an error')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => Math.min(terminal.columns, 100),
      getErrHelpWidth: () => Math.min(terminal.columns, 100),
      outputError: (text, write) => write(style('red', text)),
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => style('bold', title),
      styleCommandText: (text) => style('cyan', text),
      styleSubcommandText: (text) => style('cyan', text),
      styleOptionText: (text) => style('cyan', text),
      styleArgumentText: (text) => style('cyan', text),
    })
    .addHelpText(
      'after',
      examples(terminal, [
        ['lab list --kind optimizer', 'what can be used as an optimizer'],
        ['lab describe optim/adamw', 'its options, and how a recipe names it'],
        ['lab run digits.yaml', 'train, and leave a report'],
        ['lab doctor', 'what this machine has'],
      ]),
    );
  addList(root, context);
  addDescribe(root, context);
  addRun(root, context);
  addTargets(root, context);
  addDoctor(root, context);
  return root;
}

function addList(root: Command, context: CommandContext): void {
  root
    .command('list')
    .summary('show the components of all installed plugins')
    .description(
      'Shows the components of all installed plugins, and the plugins that were set aside with the reason.\n' +
        "Plugins are the app's own and those that the project in the current folder depends on.",
    )
    .option('-k, --kind <kind>', 'only components of a kind, such as optimizer, model or dataset')
    .option('-p, --plugin <name>', 'only components of one plugin')
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      examples(context.terminal, [
        ['lab list', ''],
        ['lab list --kind schedule', ''],
        ['lab list --json | jq .components', ''],
      ]),
    )
    .action((options: Parameters<typeof list>[0]) => list(options, context));
}

function addDescribe(root: Command, context: CommandContext): void {
  root
    .command('describe')
    .summary('say everything about one component')
    .description(
      'Says what a component is, where it comes from, what it needs, its options, and how a recipe names it.',
    )
    .argument('<component>', 'its id, such as optim/adamw')
    .option('--json', 'write JSON, with the JSON schema of its options')
    .addHelpText(
      'after',
      examples(context.terminal, [
        ['lab describe optim/adamp', ''],
        ['lab describe basics/cnn --json', ''],
      ]),
    )
    .action((id: string, options: { json?: boolean }) => describe(id, options, context));
}

function addRun(root: Command, context: CommandContext): void {
  root
    .command('run')
    .summary('train what a recipe names, and report')
    .description(
      'Trains one model for each optimizer of a recipe, from the same start and with the same batches, and leaves a run folder:\n' +
        'report.html, recipe.resolved.yaml, metrics.jsonl, metrics.csv, run.json and a checkpoint of each model.\n' +
        'Ctrl-C ends the run after the present step, and still writes them.\n\n' +
        'A recipe of workloads and submissions is a race: how soon does each submission reach each target? It leaves report.html,\n' +
        'scores.json, trials.jsonl, curves.csv, recipe.resolved.yaml and run.json.\n\n' +
        'A recipe of an experiment and solvers compares what they find. It leaves report.html, solvers.json, history.csv, states,\n' +
        'recipe.resolved.yaml and run.json.',
    )
    .argument(
      '<recipe>',
      'a .yaml or .json file, or a .ts, .mjs or .js module whose default export is the recipe; or the name of one that ships, such as digits.yaml',
    )
    .addOption(
      new Option('-s, --set <path=value>', 'change a value of the recipe; may be given several times')
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], 'none'),
    )
    .option(
      '-o, --out <folder>',
      'the run folder; it must not exist or be empty (default: runs/<date>-<recipe>-<id>)',
    )
    .option(
      '-b, --backend <name>',
      'what computes: cpu, webgpu, tfjs, or auto for the best that is there; as --set backend=<name>',
    )
    .option(
      '-r, --resume <folder>',
      'go on with a race or an experiment: what its folder holds is not run again',
    )
    .option('-q, --quiet', 'show errors only')
    .addHelpText(
      'after',
      examples(context.terminal, [
        ['lab run digits.yaml', ''],
        ['lab run digits.yaml --set epochs=1 --set optimizers.0.learningRate=1e-3', 'by number'],
        ['lab run digits.yaml --set optimizers.adamw.weightDecay=0.1', 'or by name'],
        ['lab run digits.yaml --backend webgpu', 'on the graphics card'],
        ['lab run one.yaml --set optimizer.use=optim/lion --out runs/lion', ''],
        ['lab run optimizer-race.yaml --set trials=20', 'compare optimizers'],
        ['lab run hyper-cleaning.yaml', 'compare solvers'],
        ['lab run optimizer-race.yaml --resume runs/<folder>', 'after Ctrl-C'],
      ]),
    )
    .action(async (recipe: string, options: RunFlags) => {
      // Plots and batches are loaded for those who run something only.
      const { run } = await import('./commands/run.js');
      await run(recipe, options, context);
    });
}

function addTargets(root: Command, context: CommandContext): void {
  const count = (value: string): number => {
    const parsed = Number(value);
    if (Number.isSafeInteger(parsed) && parsed >= 1) return parsed;
    throw new InvalidArgumentError('It is a whole number of at least 1.');
  };
  root
    .command('targets')
    .summary("measure what targets a race's workloads should have")
    .description(
      'Measures targets as the rules of AlgoPerf do: searches with each submission, in three quarters of the steps that a workload\n' +
        'allows, runs the best point again with other seeds, and takes the median of the best values. It writes no files.',
    )
    .argument('<recipe>', 'the recipe of a race; the targets in it are not looked at')
    .addOption(
      new Option('-s, --set <path=value>', 'change a value of the recipe; may be given several times')
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], 'none'),
    )
    .option(
      '--with <names>',
      'the submissions that set targets, with commas (default: all that have a search)',
    )
    .option('--points <count>', "points of each submission's search; the rules have 200", count, 20)
    .option('--reruns <count>', 'runs of the best point with other seeds; the rules have 20', count, 5)
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      examples(context.terminal, [
        ['lab targets race.yaml --with adamw,nesterov', ''],
        ['lab targets race.yaml --points 200 --reruns 20', 'as the rules have it'],
      ]),
    )
    .action(async (recipe: string, options: TargetsFlags) => {
      const { targets } = await import('./commands/targets.js');
      await targets(recipe, options, context);
    });
}

function addDoctor(root: Command, context: CommandContext): void {
  root
    .command('doctor')
    .summary('say what this machine has, and what is wrong')
    .description(
      'Says what this machine has: Node, processor, memory, every backend with its measured speed or what to install for it, the cache folder and the plugins.',
    )
    .option('--json', 'write JSON')
    .action((options: { json?: boolean }) => doctor(options, context));
}

function examples({ style }: Terminal, lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  const shown = lines.map(
    ([line, remark]) => `  ${remark === '' ? line : `${line.padEnd(width)}  ${style('dim', `# ${remark}`)}`}`,
  );
  return `\n${style('bold', 'Examples:')}\n${shown.join('\n')}`;
}

/** Codes of the file system that a user can do something about. */
const userErrnos = [
  'ENOENT',
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'EMFILE',
];

function report(thrown: unknown, { err, style }: Terminal, debug: boolean): number {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const mine = !(thrown instanceof TrellisError || userErrnos.includes(code));
  const message = messageOf(thrown);
  // Codes are for programs and bug reports; the message says all that they say.
  const kind = debug && code !== '' ? style('dim', ` [${code}]`) : '';
  err(`${style(['red', 'bold'], mine ? 'defect:' : 'error:')} ${message}${kind}\n`);
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  if (debug && stack !== undefined) err(`${style('dim', stack)}\n${causes(thrown)}`);
  else if (mine)
    err(
      style('dim', 'This is a mistake in lab or in a plugin, not yours. --debug shows where it happened.\n'),
    );
  return mine ? exitCodes.internal : exitCodes.user;
}

function causes(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (cause === undefined) return '';
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  return `caused by ${text}\n${causes(cause)}`;
}
