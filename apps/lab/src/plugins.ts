import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistry, type Notice, type Plugin, type Registry } from '@core/registry';
import { discover, loadDiscovered, type Discovered, type DiscoverOptions } from '@core/registry/node';

export interface PluginOptions extends DiscoverOptions {
  /** Folders whose nearest package.json upwards is a project that plugins may be installed in. */
  readonly from: readonly string[];
  /** How manifests are imported. Default: `import()`. */
  readonly import?: (url: string) => Promise<unknown>;
  /** Milliseconds that a manifest may take to load. Default 10,000. */
  readonly timeLimit?: number;
  readonly log?: (notice: Notice) => void;
  /** Plugins passed by hand, besides those that are found; a bundle has no packages to look into. */
  readonly extra?: readonly Plugin[];
}

/**
 * The plugins that the app depends on, and those installed in the user's own projects. A package that both have is taken
 * from the user's project: it was chosen there.
 */
export async function openRegistry(options: PluginOptions): Promise<Registry> {
  const app = appDirectory();
  const projects = new Set(options.from.map(projectOf).filter((one) => one !== undefined && one !== app));
  const conditions = { conditions: options.conditions ?? defaultConditions() };
  const found = new Map<string, Discovered>();
  for (const directory of [app, ...(projects as Set<string>)]) {
    for (const one of await discover(directory, conditions)) found.set(one.package, sharingTensors(one, app));
  }
  const manifests = await loadDiscovered(
    [...found.values()].sort((a, b) => (a.package < b.package ? -1 : 1)),
    {
      ...(options.import === undefined ? {} : { import: options.import }),
      ...(options.timeLimit === undefined ? {} : { timeLimit: options.timeLimit }),
    },
  );
  return createRegistry(
    [...(options.extra ?? []), ...manifests],
    options.log === undefined ? {} : { log: options.log },
  );
}

/** How plugins' `exports` are read: as Node does; where the app runs from its sources, plugins' sources go first. */
function defaultConditions(): readonly string[] {
  const unbuilt = import.meta.url.endsWith('.ts');
  return [...(unbuilt ? ['@trellis/source'] : []), 'node', 'import', 'module-sync'];
}

/** Folder of this app's own package. */
export function appDirectory(): string {
  const own = projectOf(dirname(fileURLToPath(import.meta.url)));
  if (own === undefined) throw new Error('the app has no package.json above its own files');
  return own;
}

/** The app's version. */
export function appVersion(): string {
  const { version } = JSON.parse(readFileSync(join(appDirectory(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The nearest folder upwards with a package.json. */
function projectOf(from: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return realpathSync(directory);
    if (directory === dirname(directory)) return undefined;
  }
}

/**
 * A plugin that finds another copy of `@core/tensor` than the app's would make tensors that the app does not know; it is
 * set aside with the cure.
 */
function sharingTensors(plugin: Discovered, app: string): Discovered {
  const theirs = folderOf('@core/tensor', plugin.directory);
  const ours = folderOf('@core/tensor', app);
  if (plugin.failure !== undefined || theirs === undefined || theirs === ours) return plugin;
  const { file: _, ...known } = plugin;
  return {
    ...known,
    failure: {
      code: 'PLUGIN',
      path: '',
      message:
        `uses its own copy of @core/tensor (${theirs}), and the app uses ${String(ours)}; ` +
        'install @apps/lab in the same project as the plugin, so that both share one',
    },
  };
}

/** Where Node finds a package from a folder. */
function folderOf(name: string, from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (directory === dirname(directory)) return undefined;
  }
}
