import { pathToFileURL } from 'node:url';
import type { FoundPlugin } from '../admit.js';
import { messageOf } from '../errors.js';
import { isPlainObject } from '../path.js';
import { failure, type Discovered } from './discover.js';
import { findPackage, readPackage } from './packages.js';

export interface LoadOptions {
  /** How a manifest's file is imported. Default: `import()`. Tools that transform sources pass their own. */
  readonly import?: (url: string) => Promise<unknown>;
  /** Milliseconds after which a manifest that has not finished loading is given up. Default 10,000. */
  readonly timeLimit?: number;
}

/**
 * Imports the manifests of discovered plugins, and nothing else of them. One that fails stays in the list with its
 * reason, so that `createRegistry` sets it aside; so does one that waits for ever. Versions of what a manifest requires are read from where the plugin
 * itself would find them.
 */
export async function loadDiscovered(
  found: readonly Discovered[],
  options: LoadOptions = {},
): Promise<readonly FoundPlugin[]> {
  const load = options.import ?? ((url: string): Promise<unknown> => import(/* @vite-ignore */ url));
  const { timeLimit = 10_000 } = options;
  return Promise.all(found.map((one) => loadOne(one, (url) => within(timeLimit, load(url)))));
}

async function loadOne(found: Discovered, load: (url: string) => Promise<unknown>): Promise<FoundPlugin> {
  const base = { package: found.package, packageVersion: found.packageVersion };
  if (found.file === undefined) return { ...base, failure: found.failure ?? failure('', 'has no manifest') };
  try {
    const manifest = defaultExport(await load(pathToFileURL(found.file).href));
    if (manifest === undefined)
      return {
        ...base,
        failure: failure('', `${found.file} has no default export; export what definePlugin returns`),
      };
    return { ...base, manifest, versions: await requiredVersions(manifest, found.directory) };
  } catch (thrown) {
    return { ...base, failure: failure('', `importing its manifest failed: ${messageOf(thrown)}`) };
  }
}

/** The timer also keeps Node alive, which would end quietly when a module awaits what nothing can settle. */
async function within<T>(milliseconds: number, loading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(
          `it did not finish loading within ${milliseconds / 1000} s; does it await at its top level?`,
        ),
      );
    }, milliseconds);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The default export; CommonJS files built from ES modules hold theirs one level deeper. */
export function defaultExport(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || !('default' in module)) return undefined;
  const exported: unknown = module.default;
  const wrapped =
    typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported;
  return wrapped ? exported.default : exported;
}

/** `null` for what is not installed; the registry prefers its plugins' own names and versions. */
async function requiredVersions(
  manifest: unknown,
  directory: string,
): Promise<Readonly<Record<string, string | null>>> {
  const requires: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'requires') : undefined;
  if (!isPlainObject(requires)) return {};
  const entries = await Promise.all(
    Object.keys(requires).map(async (name): Promise<readonly [string, string | null]> => {
      const at = findPackage(name, directory);
      const version = at === undefined ? undefined : (await readPackage(at)).json['version'];
      return [name, typeof version === 'string' ? version : null];
    }),
  );
  return Object.fromEntries(entries);
}
