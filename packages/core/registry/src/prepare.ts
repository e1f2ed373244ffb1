import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  follow,
  needsProblem,
  schemaOf,
  unknownId,
  type Catalog,
  type Registered,
  type SetAside,
} from './catalog.js';
import { RegistryError, type Log, type Problem } from './errors.js';
import { formatPath, isPlainObject, valueAt, withValueAt, type Path } from './path.js';
import { isSpec, type BackendFacts, type Spec } from './plugin.js';
import { childSchema, jsonSchemaOf, kindAt, type JsonSchema } from './schema.js';
import { listNames, nearest, withArticle } from './suggest.js';
import { show, validateConfig } from './validate.js';

/** A component chosen and its config checked, with everything nested in it; nothing is loaded yet. */
export interface Prepared {
  readonly entry: Registered;
  /** Checked, with defaults; nested components are resolved specs. */
  readonly config: unknown;
  readonly path: Path;
}

/** What preparing needs of a registry. */
export interface Shelf {
  readonly catalog: Catalog;
  readonly aside: SetAside;
  readonly kinds: readonly string[];
  readonly backend: () => BackendFacts;
  readonly log: Log;
  /** Ids whose replacement was announced. */
  readonly noticed: Set<string>;
  /** Nested specs that were checked with their parent, so that `context.use` need not check again. */
  readonly prepared: WeakMap<object, Prepared>;
}

export type Outcome = { readonly prepared: Prepared } | { readonly problems: readonly Problem[] };

/** Checks a spec and all that is nested in it; every problem is reported, each with its path. */
export async function prepare(
  shelf: Shelf,
  spec: unknown,
  kind: string | undefined,
  path: Path,
  above: readonly unknown[] = [],
): Promise<Outcome> {
  if (isPlainObject(spec) && above.includes(spec)) {
    return {
      problems: [{ code: 'CYCLE', path: formatPath(path), message: 'a component that contains itself' }],
    };
  }
  const chosen = choose(shelf, typeof spec === 'string' ? { use: spec } : spec, kind, path);
  if ('problems' in chosen) return chosen;
  const { entry } = chosen;
  const { use: _, ...config } = chosen.spec;
  const lacking = needsProblem(entry, shelf.backend(), formatPath([...path, 'use']));

  const schema = await schemaOf(entry, path);
  const checked = await validateConfig(schema, config, path, entry.id);
  const refused = new Set('problems' in checked ? checked.problems.map((problem) => problem.path) : []);
  const inner = await prepareNested(shelf, config, schema, path, refused, [...above, spec]);
  const problems = [
    ...(lacking ? [lacking] : []),
    ...('problems' in checked ? checked.problems : []),
    ...inner.problems,
  ];
  if (problems.length > 0 || 'problems' in checked) return { problems };
  // Resolved specs go where the written ones stood, whatever the schema kept of those.
  const resolved = inner.found.reduce<unknown>((data, { at, prepared }) => {
    const value = resolvedSpec(prepared);
    shelf.prepared.set(value, prepared);
    return withValueAt(data, at, value);
  }, checked.value);
  return { prepared: { entry, config: resolved, path } };
}

/** What stands for a component in a resolved recipe. */
export function resolvedSpec({ entry, config }: Prepared): Spec {
  return { use: entry.id, ...(isPlainObject(config) ? config : {}) };
}

function choose(
  shelf: Shelf,
  spec: unknown,
  kind: string | undefined,
  path: Path,
): { entry: Registered; spec: Spec } | { problems: readonly Problem[] } {
  const refuse = (problem: Problem): { problems: readonly Problem[] } => ({ problems: [problem] });
  if (!isSpec(spec)) {
    const [near] = isPlainObject(spec) ? nearest('use', Object.keys(spec), 1) : [];
    const instead = near === undefined ? '' : `; did you mean use instead of ${near}?`;
    const message = `names no component: write { use: <id>, ... }${isPlainObject(spec) ? instead : `, got ${show(spec)}`}`;
    return refuse({ code: 'COMPONENT', path: formatPath(path), message });
  }
  const at = formatPath([...path, 'use']);
  const named = shelf.catalog.get(spec.use);
  if (named === undefined) return refuse(unknownId(shelf, spec.use, at, kind));
  let entry: Registered;
  try {
    entry = follow(shelf.catalog, named, shelf.noticed, shelf.log);
  } catch (thrown) {
    if (!(thrown instanceof RegistryError)) throw thrown;
    return { problems: thrown.problems.map((problem) => ({ ...problem, path: at })) };
  }
  if (kind !== undefined && entry.component.kind !== kind) {
    const ids = [...shelf.catalog.values()]
      .filter((other) => other.component.kind === kind)
      .map((other) => other.id);
    const hint =
      ids.length === 0 ? `; no installed plugin has ${withArticle(kind)}` : `; there are ${listNames(ids)}`;
    return refuse({
      code: 'COMPONENT',
      path: at,
      message: `${spec.use} is ${withArticle(entry.component.kind)}, and ${withArticle(kind)} belongs here${hint}`,
    });
  }
  return { entry, spec };
}

interface Found {
  readonly at: Path;
  readonly prepared: Prepared;
}

/** Prepares every `{ use }` inside a config, at any depth; not those under options that were refused themselves. */
async function prepareNested(
  shelf: Shelf,
  config: unknown,
  configSchema: StandardSchemaV1,
  path: Path,
  refused: ReadonlySet<string>,
  above: readonly unknown[],
): Promise<{ found: readonly Found[]; problems: readonly Problem[] }> {
  const root = jsonSchemaOf(configSchema);
  const found: Found[] = [];
  const problems: Problem[] = [];
  for (const at of specPaths(config)) {
    if (at.some((_, index) => refused.has(formatPath([...path, ...at.slice(0, index + 1)])))) continue;
    const schema = at.reduce<JsonSchema | undefined>(
      (part, key) => part && root && childSchema(part, key, root),
      root,
    );
    const kind = root && kindAt(schema, root);
    const outcome = await prepare(shelf, valueAt(config, at), kind, [...path, ...at], above);
    if ('problems' in outcome) problems.push(...outcome.problems);
    else found.push({ at, prepared: outcome.prepared });
  }
  return { found, problems };
}

/** Paths of the outermost specs inside a value. An object that contains itself is not followed twice. */
function specPaths(value: unknown, path: Path = [], above: readonly unknown[] = []): readonly Path[] {
  if (above.includes(value)) return [];
  if (path.length > 0 && isSpec(value)) return [path];
  const below = [...above, value];
  if (Array.isArray(value)) return value.flatMap((item, index) => specPaths(item, [...path, index], below));
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => specPaths(item, [...path, key], below));
}
