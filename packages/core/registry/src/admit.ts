import semverSatisfies from 'semver/functions/satisfies.js';
import { messageOf, type Log, type Problem } from './errors.js';
import { builtInKinds } from './kinds/index.js';
import { checkManifest, pluginLabel } from './manifest.js';
import { isPlainObject } from './path.js';
import type { Plugin } from './plugin.js';
import { didYouMean } from './suggest.js';

/**
 * A plugin that was found rather than passed by hand: `loadDiscovered` of `@core/registry/node` makes these. Whatever is
 * wrong with one sets it aside; the others go on.
 */
export interface FoundPlugin {
  /** Name and version of its package. */
  readonly package: string;
  readonly packageVersion: string;
  /** The default export of its `./plugin`; anything, until it is checked. */
  readonly manifest?: unknown;
  /** Why there is no manifest. */
  readonly failure?: Problem;
  /** Installed versions of what it requires; `null` for what is not installed. */
  readonly versions?: Readonly<Record<string, string | null>>;
}

/** A plugin that was set aside, and why. */
export interface Quarantined {
  /** Package name where it was found by discovery, else `name@version`. */
  readonly plugin: string;
  readonly problems: readonly Problem[];
}

interface Aside extends Quarantined {
  /** What its ids would begin with, as far as it can be known. */
  readonly name: string | undefined;
  readonly found: boolean;
}

/** A plugin that passed all checks. */
export interface Admitted {
  readonly plugin: Plugin;
  /** Absent for plugins passed by hand. */
  readonly package?: string;
}

interface Candidate {
  readonly label: string;
  readonly found: FoundPlugin | undefined;
  readonly manifest: unknown;
  readonly problems: Problem[];
}

export interface AdmitOptions {
  /** Installed versions by package name; `null` for a package known not to be installed. */
  readonly versions: Readonly<Record<string, string | null>>;
  readonly log: Log;
}

/** Sorts plugins into those that may be used and those set aside, in the order given. Loads nothing. */
export function admit(
  sources: readonly (Plugin | FoundPlugin)[],
  options: AdmitOptions,
): { admitted: readonly Admitted[]; quarantined: readonly Aside[] } {
  const candidates = [...new Set<Plugin | FoundPlugin>(sources)].map(toCandidate);
  const unique = candidates.filter(
    // The app may pass a plugin that discovery finds too: one object is one plugin.
    (one, index) =>
      one.manifest === undefined ||
      candidates.findIndex((other) => other.manifest === one.manifest) === index,
  );
  refuseConflicts(unique);
  refuseUnmetRanges(unique, options);
  refuseUnknownKinds(unique);
  const healthy = unique.filter((one) => one.problems.length === 0);
  return {
    admitted: healthy.map((one) => ({
      plugin: one.manifest as Plugin, // no problems were found, so it is one
      ...(one.found === undefined ? {} : { package: one.found.package }),
    })),
    quarantined: unique
      .filter((one) => one.problems.length > 0)
      .map((one) => ({
        plugin: one.label,
        name: nameOf(one),
        problems: one.problems,
        found: one.found !== undefined,
      })),
  };
}

function isFound(source: unknown): source is FoundPlugin {
  return typeof source === 'object' && source !== null && 'package' in source && 'packageVersion' in source;
}

function toCandidate(source: Plugin | FoundPlugin): Candidate {
  if (!isFound(source)) {
    return {
      label: labelOf(source),
      found: undefined,
      manifest: source,
      problems: [...checkManifest(source)],
    };
  }
  const label = source.package;
  if (source.failure !== undefined)
    return { label, found: source, manifest: undefined, problems: [source.failure] };
  const problems = [...checkManifest(source.manifest)];
  if (problems.length === 0) {
    const { version } = source.manifest as Plugin; // checked on the line above
    if (version !== source.packageVersion) {
      const message = `is ${version}, and its package is ${source.packageVersion}; run records need the true one`;
      problems.push({ code: 'CONFLICT', path: 'version', message });
    }
  }
  return { label, found: source, manifest: source.manifest, problems };
}

/** The manifest's own name; where there is none, the package's is the best guess: `optim` for `@plugins/optim`. */
function nameOf({ manifest, found }: Candidate): string | undefined {
  if (isPlainObject(manifest) && typeof manifest['name'] === 'string') return manifest['name'];
  return found?.package.replace(/^@[^/]*\//, '').replace(/^trellis-plugin-/, '');
}

function labelOf(plugin: unknown): string {
  try {
    const { name, version } = plugin as Plugin;
    return typeof name === 'string'
      ? pluginLabel({ name, version: String(version) })
      : 'a plugin without a name';
  } catch (thrown) {
    return `an unreadable plugin (${messageOf(thrown)})`;
  }
}

/**
 * Two plugins of one name would share ids. A plugin passed by hand stays and the found one goes; between equals neither
 * can be preferred, so both go.
 */
function refuseConflicts(candidates: readonly Candidate[]): void {
  const named = new Map<string, Candidate[]>();
  for (const one of candidates) {
    if (one.problems.length > 0) continue;
    const { name } = one.manifest as Plugin; // no problems
    named.set(name, [...(named.get(name) ?? []), one]);
  }
  for (const [name, group] of named) {
    if (group.length < 2) continue;
    const byHand = group.filter((one) => one.found === undefined);
    const losers = byHand.length === 1 ? group.filter((one) => one.found !== undefined) : group;
    for (const loser of losers)
      loser.problems.push({ code: 'CONFLICT', path: '', message: conflictText(name, loser, group) });
  }
}

function conflictText(name: string, loser: Candidate, group: readonly Candidate[]): string {
  const describe = (one: Candidate): string =>
    one.found === undefined
      ? `${one.label} (passed by hand)`
      : `${one.found.package}@${one.found.packageVersion}`;
  const own = Object.keys((loser.manifest as Plugin).components);
  const rivals = group.filter((other) => other !== loser);
  const shared = own.filter((id) =>
    rivals.some((other) => Object.hasOwn((other.manifest as Plugin).components, id)),
  );
  const ids = shared.length === 0 ? '' : `, and the ids ${shared.map((id) => `${name}/${id}`).join(', ')}`;
  return `${describe(loser)} and ${rivals.map(describe).join(' and ')} both claim the name ${name}${ids}; remove one of them`;
}

/** Versions that a plugin is measured by: what the app knows, what discovery found, and the other plugins. */
function refuseUnmetRanges(candidates: readonly Candidate[], options: AdmitOptions): void {
  const healthy = candidates.filter((one) => one.problems.length === 0);
  const plugins = Object.fromEntries(
    healthy.map((one) => [(one.manifest as Plugin).name, (one.manifest as Plugin).version]),
  );
  for (const one of healthy) {
    const { requires = {} } = one.manifest as Plugin;
    const versions: Readonly<Record<string, string | null>> = {
      ...options.versions,
      ...one.found?.versions,
      ...plugins, // a plugin's name is not looked for among packages
    };
    for (const [wanted, range] of Object.entries(requires)) {
      const version = versions[wanted];
      if (version === undefined) {
        options.log({
          code: 'UNCHECKED',
          message: `${one.label} requires ${wanted} ${range}; which version is installed is not known here`,
        });
      } else if (version === null) {
        one.problems.push({
          code: 'REQUIRES',
          path: 'requires',
          message: `${wanted} ${range}, which is not installed`,
        });
      } else if (!semverSatisfies(version, range, { includePrerelease: true })) {
        one.problems.push({
          code: 'REQUIRES',
          path: 'requires',
          message: `${wanted} ${range}; installed is ${version}`,
        });
      }
    }
  }
}

function refuseUnknownKinds(candidates: readonly Candidate[]): void {
  const healthy = candidates.filter((one) => one.problems.length === 0);
  const kinds = knownKinds(healthy.map((one) => one.manifest as Plugin));
  for (const one of healthy) {
    for (const [key, component] of Object.entries((one.manifest as Plugin).components)) {
      if (kinds.includes(component.kind)) continue;
      const message = `is ${component.kind}, an unknown kind${didYouMean(component.kind, kinds)}`;
      one.problems.push({ code: 'PLUGIN', path: `components["${key}"].kind`, message });
    }
  }
}

/** The built-in kinds and those that plugins add. */
export function knownKinds(plugins: readonly Plugin[]): readonly string[] {
  const added = plugins.flatMap((plugin) => Object.keys(plugin.kinds ?? {}));
  return [...new Set([...Object.keys(builtInKinds), ...added])];
}
