import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Admitted, Quarantined } from './admit.js';
import { RegistryError, formatProblems, messageOf, registryError, type Log, type Problem } from './errors.js';
import { loadSchema } from './lazy-schema.js';
import { pluginLabel } from './manifest.js';
import { formatPath, type Path } from './path.js';
import type { BackendFacts, Component, Paper } from './plugin.js';
import { jsonSchemaOf, optionsOf, type JsonSchema, type OptionInfo } from './schema.js';
import { didYouMean, nearest, withArticle } from './suggest.js';

/** A component in its plugin. */
export interface Registered {
  readonly id: string;
  readonly component: Component;
  /** `optim@0.1.0`. */
  readonly plugin: string;
  /** The package it was found in; absent for plugins passed by hand. */
  readonly package?: string;
}

/** A component in a line. */
export interface ComponentSummary {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly summary: string;
  readonly plugin: string;
  readonly package?: string;
  /** What it needs and the backend in use lacks; empty when it can run. */
  readonly missing: readonly string[];
  readonly replacedBy?: string;
}

/** All that can be said of a component without loading its code. */
export interface ComponentDescription extends ComponentSummary {
  readonly paper?: Paper;
  readonly needs: readonly string[];
  /** Absent when the schema's library cannot say them. */
  readonly options?: readonly OptionInfo[];
  /** JSON schema (draft 2020-12) of the config as recipes write it. */
  readonly jsonSchema?: JsonSchema;
}

/** The components of all admitted plugins by id. */
export type Catalog = ReadonlyMap<string, Registered>;

export function catalogOf(admitted: readonly Admitted[]): Catalog {
  const entries = admitted.flatMap(({ plugin, package: from }) =>
    Object.entries(plugin.components).map(([key, component]): [string, Registered] => {
      const id = `${plugin.name}/${key}`;
      return [
        id,
        { id, component, plugin: pluginLabel(plugin), ...(from === undefined ? {} : { package: from }) },
      ];
    }),
  );
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function summarize(entry: Registered, backend: BackendFacts): ComponentSummary {
  const { id, component, plugin } = entry;
  return {
    id,
    kind: component.kind,
    title: component.title,
    summary: component.summary,
    plugin,
    ...(entry.package === undefined ? {} : { package: entry.package }),
    missing: missingNeeds(component, backend),
    ...(component.replacedBy === undefined ? {} : { replacedBy: component.replacedBy }),
  };
}

export async function describeComponent(
  entry: Registered,
  backend: BackendFacts,
): Promise<ComponentDescription> {
  const { component } = entry;
  const jsonSchema = jsonSchemaOf(await schemaOf(entry));
  return {
    ...summarize(entry, backend),
    ...(component.paper === undefined ? {} : { paper: component.paper }),
    needs: component.needs ?? [],
    ...(jsonSchema === undefined ? {} : { options: optionsOf(jsonSchema), jsonSchema }),
  };
}

/** The schema of a component's config. One that cannot be loaded is a broken package, not a wrong recipe. */
export async function schemaOf(
  { id, plugin, component }: Registered,
  path: Path = [],
): Promise<StandardSchemaV1> {
  try {
    return await loadSchema(component.config);
  } catch (thrown) {
    const message = `the options of ${id} (${plugin}) could not be loaded: ${messageOf(thrown)}`;
    throw new RegistryError([{ code: 'CREATE', path: formatPath(path), message }], { cause: thrown });
  }
}

export function missingNeeds(component: Component, backend: BackendFacts): readonly string[] {
  return (component.needs ?? []).filter(
    (need) => !backend.dtypes.includes(need) && !backend.capabilities.includes(need),
  );
}

/** Why a component cannot run on a backend; `undefined` when it can. */
export function needsProblem(
  { id, component }: Registered,
  backend: BackendFacts,
  path: string,
): Problem | undefined {
  const missing = missingNeeds(component, backend);
  if (missing.length === 0) return undefined;
  const message = `${id} needs ${missing.join(', ')}, which the backend ${backend.name} has not; switch with useBackend, or choose another ${component.kind}`;
  return { code: 'NEEDS', path, message };
}

/** Why plugins were set aside, by the name that their ids would begin with. */
export type SetAside = ReadonlyMap<string, string>;

/** Of two plugins that claim one name the first one's reason is kept: it names both. */
export function setAsideOf(
  quarantined: readonly (Quarantined & { readonly name: string | undefined })[],
): SetAside {
  const reasons = new Map<string, string>();
  for (const { name, plugin, problems } of quarantined) {
    const [first] = problems;
    if (name === undefined || first === undefined || reasons.has(name)) continue;
    // A conflict's message begins with the packages.
    const who = first.code === 'CONFLICT' && first.path === '' ? '' : `${plugin}: `;
    reasons.set(name, `${who}${formatProblems([first])}`);
  }
  return reasons;
}

/**
 * The problem of an id that is not there: its plugin was set aside and why, or else the nearest ids; those of the wanted
 * kind if one is given.
 */
export function unknownId(
  { catalog, aside }: { readonly catalog: Catalog; readonly aside: SetAside },
  id: string,
  path: string,
  kind?: string,
): Problem {
  const [plugin = ''] = id.split('/');
  const reason = aside.get(plugin);
  // A plugin of that name that was passed by hand stays in use beside one set aside: then the id is unknown indeed.
  const used = [...catalog.keys()].some((other) => other.startsWith(`${plugin}/`));
  if (reason !== undefined && !used) {
    return {
      code: 'COMPONENT',
      path,
      message: `unknown ${kind ?? 'component'} ${id}: the plugin ${plugin} was set aside, because ${reason}`,
    };
  }
  const ids = [...catalog.values()]
    .filter((entry) => kind === undefined || entry.component.kind === kind)
    .map((entry) => entry.id);
  const [near] = nearest(id, ids);
  const what = kind === undefined ? 'component' : kind;
  const hint = ids.length === 0 ? `; no installed plugin has ${withArticle(what)}` : didYouMean(id, ids);
  return {
    code: 'COMPONENT',
    path,
    message: `unknown ${what} ${id}${hint}`,
    ...(near === undefined ? {} : { nearest: near }),
  };
}

/** Follows `replacedBy` to the component in its place, with one notice for each id that was named. */
export function follow(catalog: Catalog, entry: Registered, noticed: Set<string>, log: Log): Registered {
  const trail = [entry.id];
  let current = entry;
  while (current.component.replacedBy !== undefined) {
    const next = current.component.replacedBy;
    if (trail.includes(next)) {
      throw registryError(
        'CYCLE',
        `${[...trail, next].join(' -> ')}: components that replace each other without end`,
      );
    }
    const found = catalog.get(next);
    if (found === undefined) {
      throw registryError(
        'COMPONENT',
        `${current.id} was replaced by ${next}, which no installed plugin has`,
      );
    }
    trail.push(next);
    current = found;
  }
  if (current !== entry && !noticed.has(entry.id)) {
    noticed.add(entry.id);
    log({ code: 'REPLACED', message: `${entry.id} was replaced by ${current.id}, which is used instead` });
  }
  return current;
}
