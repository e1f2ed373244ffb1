import { exports as resolveExports } from 'resolve.exports';
import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { messageOf, registryError, type Problem } from '../errors.js';
import { isPlainObject } from '../path.js';
import { contract } from '../plugin.js';
import { show } from '../validate.js';
import { dependencyNames, findPackage, readPackage, type PackageFile } from './packages.js';

/** An installed package that says it is a plugin. Nothing of it was imported. */
export interface Discovered {
  readonly package: string;
  readonly packageVersion: string;
  /** Folder of the package, links followed. */
  readonly directory: string;
  /** The file of its manifest; absent when there is a failure. */
  readonly file?: string;
  /** Why it cannot be used. */
  readonly failure?: Problem;
}

export interface DiscoverOptions {
  /** Conditions by which a package's `exports` are read. Default `['node', 'import', 'module-sync']`; `default` always counts. */
  readonly conditions?: readonly string[];
}

const dependencyFields = ['dependencies', 'optionalDependencies', 'devDependencies'];

/**
 * Finds the plugins that an app depends on: the packages under `dependencies`, `optionalDependencies` and
 * `devDependencies` of its package.json (a plugin tried out with `npm install -D` counts too) whose own package.json has
 * a `trellis` field. No folder is scanned and nothing is imported. Dependencies that are not installed are passed over.
 *
 * @param apps folder of the app, or several (the app's own and the user's project); a package found twice counts once
 * @returns sorted by package name
 * @throws RegistryError `PLUGIN` when an app's package.json cannot be read
 */
export async function discover(
  apps: string | readonly string[],
  options: DiscoverOptions = {},
): Promise<readonly Discovered[]> {
  const found = new Map<string, Discovered>();
  for (const app of typeof apps === 'string' ? [apps] : apps) {
    for (const [name, directory] of await installed(app)) {
      if (found.has(directory)) continue;
      const plugin = await inspect(name, directory, options.conditions ?? ['node', 'import', 'module-sync']);
      if (plugin !== undefined) found.set(directory, plugin);
    }
  }
  return [...found.values()].sort((a, b) => (a.package < b.package ? -1 : a.package > b.package ? 1 : 0));
}

async function installed(app: string): Promise<readonly (readonly [string, string])[]> {
  const { json } = await readPackage(resolve(app)).catch((thrown: unknown) => {
    throw registryError('PLUGIN', `discover: the app has no readable package.json: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  });
  const names = new Set(dependencyFields.flatMap((field) => dependencyNames(json, field)));
  return [...names].flatMap((name) => {
    const directory = findPackage(name, app);
    return directory === undefined ? [] : [[name, directory] as const];
  });
}

/** Reads one package; `undefined` when it does not say it is a plugin. */
export async function inspect(
  name: string,
  directory: string,
  conditions: readonly string[],
): Promise<Discovered | undefined> {
  let found: PackageFile;
  try {
    found = await readPackage(directory);
  } catch (thrown) {
    // Whether this is a plugin cannot be known; a broken package is worth a line either way.
    return {
      package: name,
      packageVersion: 'unknown',
      directory,
      failure: failure('package.json', messageOf(thrown)),
    };
  }
  const { json } = found;
  if (!Object.hasOwn(json, 'trellis')) return undefined;
  const base = {
    package: name,
    packageVersion: typeof json['version'] === 'string' ? json['version'] : 'unknown',
    directory,
  };
  const entry = manifestFile(found, conditions);
  return typeof entry === 'string' ? { ...base, file: entry } : { ...base, failure: entry };
}

function manifestFile({ directory, json }: PackageFile, conditions: readonly string[]): string | Problem {
  const trellis = json['trellis'];
  if (!isPlainObject(trellis))
    return failure('trellis', `is ${show(trellis)}; it is { "contract": 1, "plugin": "./plugin" }`);
  if (trellis['contract'] !== contract) {
    return failure(
      'trellis.contract',
      `is ${show(trellis['contract'])}; this registry speaks contract ${String(contract)}`,
    );
  }
  const entry = trellis['plugin'];
  if (typeof entry !== 'string' || !entry.startsWith('./')) {
    return failure(
      'trellis.plugin',
      `is ${show(entry)}; it is a key of the package's exports, such as "./plugin"`,
    );
  }
  const target = exportedFile(json, entry, conditions);
  if (typeof target !== 'string') return target;
  const file = resolve(directory, target);
  const inside = relative(directory, file);
  if (inside === '..' || inside.startsWith(`..${sep}`))
    return failure('trellis.plugin', `${target} lies outside of the package`);
  if (!existsSync(file))
    return failure('trellis.plugin', `${join(directory, inside)} does not exist; was the package built?`);
  return file;
}

/** A package without `exports` is taken by its files. */
function exportedFile(
  json: PackageFile['json'],
  entry: string,
  conditions: readonly string[],
): string | Problem {
  if (json['exports'] === undefined) return entry;
  try {
    // `unsafe` leaves the choice of conditions to us.
    const [target] = resolveExports(json, entry, { unsafe: true, conditions: [...conditions] }) ?? [];
    return target ?? failure('exports', `has no ${entry}, which trellis.plugin names`);
  } catch (thrown) {
    return failure('exports', messageOf(thrown));
  }
}

export function failure(path: string, message: string): Problem {
  return { code: 'PLUGIN', path, message };
}
