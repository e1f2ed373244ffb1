import { formatProblem, nearest, type ComponentSummary, type Registry } from '@core/registry';
import { LabError } from '../errors.js';
import { openRegistry } from '../plugins.js';
import { plural } from '../terminal/format.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CommandContext } from './context.js';

export interface ListOptions {
  readonly kind?: string;
  readonly plugin?: string;
  readonly json?: boolean;
}

/** `lab list`: what is installed, by plugin; then what was set aside, and why. */
export async function list(options: ListOptions, { terminal, cwd, plugins }: CommandContext): Promise<void> {
  const registry = await openRegistry({ ...plugins, from: [cwd] });
  checkFilters(options, registry);
  const components = registry.list({
    ...(options.kind === undefined ? {} : { kind: options.kind }),
    ...(options.plugin === undefined ? {} : { plugin: options.plugin }),
  });
  if (options.json === true) {
    terminal.out(`${JSON.stringify({ components, quarantined: registry.quarantined }, null, 2)}\n`);
    return;
  }
  for (const plugin of registry.plugins) {
    const own = components.filter((one) => one.plugin === `${plugin.name}@${plugin.version}`);
    if (own.length > 0) terminal.out(`${section(plugin, own, terminal)}\n\n`);
  }
  const { style } = terminal;
  const count = new Set(components.map(({ plugin }) => plugin)).size;
  terminal.out(
    components.length === 0
      ? `No components${options.kind === undefined ? '' : ` of kind ${options.kind}`}. ` +
          'Install a plugin, such as @plugins/optim, with npm; it is found by itself.\n'
      : style(
          'dim',
          `${plural(components.length, 'component')} in ${plural(count, 'plugin')}. ` +
            'More on one: lab describe <component>\n',
        ),
  );
  terminal.out(setAside(registry, terminal));
}

function checkFilters({ kind, plugin }: ListOptions, registry: Registry): void {
  const check = (what: string, name: string | undefined, known: readonly string[]): void => {
    if (name === undefined || known.includes(name)) return;
    const [near] = nearest(name, known);
    throw new LabError(
      'USAGE',
      `there is no ${what} ${name}; ${near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`}`,
    );
  };
  check('kind', kind, registry.kinds);
  check(
    'plugin',
    plugin,
    registry.plugins.map(({ name }) => name),
  );
}

function section(
  plugin: Registry['plugins'][number],
  components: readonly ComponentSummary[],
  terminal: Terminal,
): string {
  const { style } = terminal;
  const from = plugin.package === undefined ? '' : style('dim', `  ${plugin.package}`);
  // Kinds in order of their first component, so that what belongs together stands together.
  const kinds = [...new Set(components.map(({ kind }) => kind))].sort();
  const rows = kinds.flatMap((kind) =>
    components
      .filter((one) => one.kind === kind)
      .map((one) => [style('cyan', one.id), one.kind, one.summary, needsText(one, terminal)]),
  );
  const anyNeeds = rows.some((row) => row[3] !== '');
  const columns = [
    { title: 'component' },
    { title: 'kind' },
    { title: 'what it is', flexible: true },
    ...(anyNeeds ? [{ title: 'needs' }] : []),
  ];
  const table = formatTable(columns, rows, terminal, 2);
  return `${style('bold', `${plugin.name} ${plugin.version}`)}${from}\n${table}`;
}

function needsText({ missing, replacedBy }: ComponentSummary, { style }: Terminal): string {
  if (replacedBy !== undefined) return style('dim', `now ${replacedBy}`);
  return missing.length === 0 ? '' : style('yellow', `lacks ${missing.join(', ')}`);
}

/** Broken plugins with their reasons, for `list` and `doctor`. */
export function setAside({ quarantined }: Registry, { style }: Terminal): string {
  if (quarantined.length === 0) return '';
  const lines = quarantined.flatMap(({ plugin, problems }) => [
    `  ${style('red', plugin)}`,
    ...problems.map((problem) => `    ${formatProblem(problem)}`),
  ]);
  return `\n${style('bold', 'Set aside, because they break the plugin contract')}\n${lines.join('\n')}\n`;
}
