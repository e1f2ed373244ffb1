import { backendInfo } from '@core/tensor';
import { admit, knownKinds, type FoundPlugin, type Quarantined } from './admit.js';
import { catalogOf, describeComponent, follow, setAsideOf, summarize, unknownId } from './catalog.js';
import type { ComponentDescription, ComponentSummary, Registered } from './catalog.js';
import type { ComponentId, ConfigArgument, CreatedBy } from './components.js';
import { RegistryError, throwProblems, type Log, type Problem } from './errors.js';
import type { KindName, Kinds } from './kinds/index.js';
import { make } from './make.js';
import { parsePath, type Path } from './path.js';
import type { BackendFacts, Factory, Plugin } from './plugin.js';
import { prepare, resolvedSpec, type Prepared, type Shelf } from './prepare.js';
import { attachSource, type Source } from './source.js';
import { version } from './version.js';

export interface RegistryOptions {
  /** What `needs` are matched with. Default: the backend of `@core/tensor` in use at that moment. */
  readonly backend?: BackendFacts;
  /** Gets notices: a replaced id, a plugin set aside, a version that cannot be checked. Default: silence. */
  readonly log?: Log;
  /** Refuse a broken plugin that was passed by hand with an error; `false` sets it aside as discovered ones are. Default `true`. */
  readonly strict?: boolean;
  /** Installed versions that `requires` are matched with, besides those known (the registry, plugins, what discovery found). */
  readonly versions?: Readonly<Record<string, string | null>>;
}

export interface FromSpecOptions<K extends KindName = KindName> {
  /** The kind that belongs here; another is refused. */
  readonly kind?: K;
  /** Where the spec stands, for messages: `optimizers[1]`. */
  readonly path?: string | Path;
  /** Where the text came from, so that messages give file, line and column. A parsed recipe is one. */
  readonly source?: Source;
}

/** A checked component that can be made as often as needed. */
export interface Ready<K extends KindName = KindName> {
  readonly id: string;
  readonly kind: K;
  /** `optim@0.1.0`. */
  readonly plugin: string;
  /** `{ use, ...config }` with defaults filled in and nested components resolved. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly use: string };
  /** Loads the component's code and makes a new object. */
  readonly create: () => Promise<Kinds[K]>;
}

export interface PluginInfo {
  readonly name: string;
  readonly version: string;
  readonly package?: string;
  readonly components: readonly string[];
}

/** What plugins offer, by name. A value: two registries do not know of each other. */
export interface Registry {
  readonly plugins: readonly PluginInfo[];
  readonly quarantined: readonly Quarantined[];
  readonly kinds: readonly string[];
  /** Components sorted by id. Loads nothing. */
  list(filter?: { readonly kind?: string; readonly plugin?: string }): readonly ComponentSummary[];
  has(id: string): boolean;
  /** @throws RegistryError `COMPONENT` for an unknown id */
  get(id: string): Registered;
  /** Loads the config's schema if it is lazy, and no code. @throws RegistryError `COMPONENT` for an unknown id */
  describe(id: string): Promise<ComponentDescription>;
  /** Loads a component's code; follows `replacedBy`. @throws RegistryError `COMPONENT` */
  load(id: string): Promise<Factory>;
  /** Makes a component; id and config are checked by the compiler and again at run time. @throws RegistryError */
  create<I extends ComponentId>(id: I, ...config: ConfigArgument<I>): Promise<CreatedBy<I>>;
  /** Makes a component from a recipe's text: everything is checked at run time. @throws RegistryError with every problem */
  fromSpec<K extends KindName = KindName>(spec: unknown, options?: FromSpecOptions<K>): Promise<Kinds[K]>;
  /** Checks a spec and all nested in it without loading their code. @throws RegistryError with every problem */
  prepare<K extends KindName = KindName>(spec: unknown, options?: FromSpecOptions<K>): Promise<Ready<K>>;
}

/**
 * Joins plugins. Everything that can be checked without loading code is checked here.
 *
 * A plugin passed by hand that breaks the contract throws (see `strict`); one that discovery found is set aside, listed in
 * `quarantined` with its reasons, and never stops the others.
 *
 * @throws RegistryError `PLUGIN`, `CONFLICT`, `REQUIRES`
 */
export function createRegistry(
  plugins: readonly (Plugin | FoundPlugin)[],
  options: RegistryOptions = {},
): Registry {
  const log: Log = options.log ?? (() => undefined);
  const versions = { '@core/registry': version, ...options.versions };
  const { admitted, quarantined } = admit(plugins, { versions, log });
  const byHand = quarantined.filter((one) => !one.found);
  if (options.strict !== false) {
    throwProblems(
      byHand.flatMap((one) =>
        one.problems.map((problem) => ({ ...problem, message: inPlugin(one.plugin, problem), path: '' })),
      ),
    );
  }
  for (const one of quarantined) {
    log({
      code: 'QUARANTINED',
      message: `${one.plugin} was set aside: ${one.problems.map(placed).join('; ')}`,
    });
  }

  const catalog = catalogOf(admitted);
  const kinds = knownKinds(admitted.map((one) => one.plugin));
  const backend = (): BackendFacts => options.backend ?? backendInfo();
  const aside = setAsideOf(quarantined);
  const shelf: Shelf = { catalog, aside, kinds, backend, log, noticed: new Set(), prepared: new WeakMap() };

  const get = (id: string): Registered => {
    const entry = catalog.get(id);
    if (entry === undefined) throw new RegistryError([unknownId(shelf, id, '')]);
    return entry;
  };

  const prepareSpec = async (
    spec: unknown,
    { kind, path = [], source }: FromSpecOptions,
  ): Promise<Prepared> => {
    const at = typeof path === 'string' ? (parsePath(path) ?? [path]) : path;
    const outcome = await prepare(shelf, spec, kind, at);
    if ('prepared' in outcome) return outcome.prepared;
    throwProblems(attachSource(outcome.problems, source));
    throw new Error('unreachable: an outcome without a component has problems');
  };

  return {
    plugins: admitted.map(({ plugin, package: from }) => ({
      name: plugin.name,
      version: plugin.version,
      ...(from === undefined ? {} : { package: from }),
      components: Object.keys(plugin.components).map((key) => `${plugin.name}/${key}`),
    })),
    quarantined: quarantined.map(({ plugin, problems }) => ({ plugin, problems })),
    kinds,
    list: ({ kind, plugin } = {}) =>
      [...catalog.values()]
        .filter((entry) => kind === undefined || entry.component.kind === kind)
        .filter((entry) => plugin === undefined || entry.id.startsWith(`${plugin}/`))
        .map((entry) => summarize(entry, backend())),
    has: (id) => catalog.has(id),
    get,
    describe: async (id) => describeComponent(get(id), backend()),
    load: async (id) => follow(catalog, get(id), shelf.noticed, log).component.load(),
    create: async <I extends ComponentId>(id: I, ...[config]: ConfigArgument<I>) => {
      const prepared = await prepareSpec({ ...(config as object | undefined), use: id }, {});
      return (await make(shelf, prepared)) as CreatedBy<I>; // the manifest that gave the type gave the kind
    },
    fromSpec: async <K extends KindName>(spec: unknown, from: FromSpecOptions<K> = {}) =>
      (await make(shelf, await prepareSpec(spec, from))) as Kinds[K], // prepareSpec compared the kind, if one was given
    prepare: async <K extends KindName>(spec: unknown, from: FromSpecOptions<K> = {}) =>
      ready<K>(shelf, await prepareSpec(spec, from)),
  };
}

/** Wraps what was prepared for use outside. */
export function ready<K extends KindName>(shelf: Shelf, prepared: Prepared): Ready<K> {
  const { entry } = prepared;
  return {
    id: entry.id,
    kind: entry.component.kind as K, // compared when it was prepared
    plugin: entry.plugin,
    spec: resolvedSpec(prepared),
    create: async () => (await make(shelf, prepared)) as Kinds[K], // as above
  };
}

function placed({ path, message }: Problem): string {
  return path === '' ? message : `${path} ${message}`;
}

function inPlugin(plugin: string, problem: Problem): string {
  return `plugin ${plugin}: ${placed(problem)}`;
}
