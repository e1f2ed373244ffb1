import type { ComponentDescription, OptionInfo, Registry } from '@core/registry';
import { recipeYaml } from '../recipe/yaml.js';
import { openRegistry } from '../plugins.js';
import { formatTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CommandContext } from './context.js';
import { describeState, stateMemory } from './stateMemory.js';

/** `lab describe <component>`: everything that can be said of a component, and how to write it in a recipe. */
export async function describe(
  id: string,
  options: { readonly json?: boolean },
  { terminal, cwd, plugins }: CommandContext,
): Promise<void> {
  const registry = await openRegistry({ ...plugins, from: [cwd] });
  const about = await registry.describe(id);
  if (options.json === true) {
    terminal.out(`${JSON.stringify(about, null, 2)}\n`);
    return;
  }
  const memory = await memoryOf(registry, about);
  terminal.out(
    `${[head(about, memory, terminal), optionsTable(about, terminal), recipe(about, terminal)].join('\n\n')}\n`,
  );
}

function head(about: ComponentDescription, memory: readonly string[], { style }: Terminal): string {
  const { paper } = about;
  const facts: [string, string][] = [
    ['kind', about.kind],
    ['plugin', `${about.plugin}${about.package === undefined ? '' : `  (${about.package})`}`],
  ];
  if (paper !== undefined) facts.push(['paper', `${paper.title} (${paper.year})\n          ${paper.url}`]);
  if (about.needs.length > 0) {
    const lacks =
      about.missing.length === 0 ? 'the backend has it' : `the backend lacks ${about.missing.join(', ')}`;
    facts.push(['needs', `${about.needs.join(', ')}  (${lacks})`]);
  }
  if (memory.length > 0) facts.push(['state', memory.join('\n          ')]);
  if (about.replacedBy !== undefined) facts.push(['replaced', `by ${about.replacedBy}`]);
  return [
    `${style(['bold', 'cyan'], about.id)}  ${style('bold', about.title)}`,
    about.summary,
    '',
    ...facts.map(([name, value]) => `${style('dim', name.padEnd(8))}  ${value}`),
  ].join('\n');
}

function optionsTable({ options }: ComponentDescription, terminal: Terminal): string {
  const { style } = terminal;
  if (options === undefined) return 'Its options are checked, but its schema cannot list them.';
  if (options.length === 0) return 'It has no options.';
  const rows = options.map((option) => [
    style('cyan', option.name),
    option.type,
    option.required ? style('yellow', 'required') : shown(option.default),
    option.description ?? '',
  ]);
  const columns = [
    { title: 'option' },
    { title: 'type', atMost: 34 },
    { title: 'default', atMost: 24 },
    { title: 'what it does', flexible: true },
  ];
  return formatTable(columns, rows, terminal);
}

function shown(value: unknown): string {
  return value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Lines that can be pasted into a recipe. */
function recipe(about: ComponentDescription, { style }: Terminal): string {
  return `${style('dim', 'in a recipe')}\n${exampleLines(about)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}`;
}

/** Slots that take a list, by kind. */
const lists: Readonly<Record<string, string>> = {
  optimizer: 'optimizers',
  metric: 'metrics',
  report: 'reports',
};

/** The component as a recipe names it, with its required options and the first few of the others. */
export function exampleLines({ id, kind, options = [] }: ComponentDescription): string {
  const chosen = [
    ...options.filter((option) => option.required),
    ...options.filter((option) => !option.required && option.default !== null).slice(0, 3),
  ];
  const spec = {
    use: id,
    ...Object.fromEntries(chosen.map((option) => [option.name, exampleValue(option)])),
  };
  const list = lists[kind];
  if (list !== undefined) return recipeYaml({ [list]: [spec] }).trimEnd();
  if (kind === 'schedule')
    return recipeYaml({ optimizers: [{ use: 'optim/adam', learningRate: spec }] }).trimEnd();
  return recipeYaml({ [kind]: spec }).trimEnd();
}

function exampleValue(option: OptionInfo): unknown {
  return option.default === undefined ? `<${option.type}>` : option.default;
}

/** Lines about an optimizer's state; none where it cannot be made without more options, or lacks something: said elsewhere. */
async function memoryOf(registry: Registry, about: ComponentDescription): Promise<readonly string[]> {
  if (about.kind !== 'optimizer') return [];
  try {
    return describeState(await stateMemory(registry, about));
  } catch {
    return [];
  }
}
