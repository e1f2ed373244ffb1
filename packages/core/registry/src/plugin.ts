import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Log } from './errors.js';
import type { KindName, Kinds } from './kinds/index.js';
import { isPlainObject } from './path.js';

/** The contract this registry speaks; a plugin of another number is refused before it loads. */
export const contract = 1;

/** A component by name with its settings, as recipes write it: `{ use: 'optim/adam', learningRate: 0.001 }`. */
export interface Spec {
  readonly use: string;
  readonly [option: string]: unknown;
}

/** Whether a value names a component. In configs the key `use` is kept for this. */
export function isSpec(value: unknown): value is Spec {
  return isPlainObject(value) && typeof value['use'] === 'string';
}

/** The part of `backendInfo()` that `needs` are matched with. */
export interface BackendFacts {
  readonly name: string;
  readonly dtypes: readonly string[];
  readonly capabilities: readonly string[];
}

/** What a component is given besides its config. */
export interface Context {
  /** Its own id, `optim/lookahead`. */
  readonly id: string;
  readonly backend: BackendFacts;
  readonly log: Log;
  /**
   * Creates a component that the config names, such as `{ inner: { use: 'optim/adam' } }`.
   *
   * @throws RegistryError `COMPONENT`, `CONFIG`, `NEEDS`, `CYCLE`, `CREATE`
   */
  use<K extends KindName>(spec: Spec, kind: K): Promise<Kinds[K]>;
}

/** What `load()` brings: the module of the component, with its maker. */
export interface Factory<K extends KindName = KindName, S extends StandardSchemaV1 = StandardSchemaV1> {
  /** A new object for each call; the config is checked and has its defaults. */
  create(config: StandardSchemaV1.InferOutput<S>, context: Context): Kinds[K] | Promise<Kinds[K]>;
}

export interface Paper {
  readonly title: string;
  readonly year: number;
  readonly url: string;
}

/** One thing a plugin offers: all that can be said of it without loading its code. */
export interface Component<K extends KindName = KindName, S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly kind: K;
  readonly title: string;
  /** One line. */
  readonly summary: string;
  readonly paper?: Paper;
  /** What the backend must have, `['float64', 'eigh']`: dtypes and names of primitives. */
  readonly needs?: readonly string[];
  /** The id that took this one's place; naming this one gives a notice and that one. */
  readonly replacedBy?: string;
  /** A schema of an object (zod, or any Standard Schema) with a default and a description for each option. */
  readonly config: S;
  load(): Promise<Factory<K, S>>;
}

/** The manifest of a plugin: data only. Importing it runs nothing, its components load when they are asked for. */
export interface Plugin {
  readonly contract: 1;
  /** First half of the ids, lower case: `optim`. */
  readonly name: string;
  readonly version: string;
  /** Semver ranges of packages and plugins it stands on: `{ '@core/tensor': '^0.1.0' }`. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Kinds that this plugin adds to `Kinds`, with a line on each. */
  readonly kinds?: Readonly<Record<string, string>>;
  /** By the second half of the id: `adamp` for `optim/adamp`. */
  readonly components: Readonly<Record<string, Component>>;
}

/** A manifest whose `load` may bring anything: inference sees the loaded module as it is, and `Defined` judges it. */
export interface PluginDraft extends Omit<Plugin, 'components'> {
  readonly components: Readonly<Record<string, Omit<Component, 'load'> & { load(): unknown }>>;
}

/** A manifest with each component's `create` tied to its own kind and config; `Plugin` alone would take any. */
export type Defined<P extends PluginDraft> = Omit<P, 'components'> & {
  readonly components: {
    readonly [N in keyof P['components']]: Component<
      P['components'][N]['kind'],
      P['components'][N]['config']
    >;
  };
};

/**
 * Declares a plugin. Returns its argument; what it does is for types: ids stay literal, each component's `create` is
 * checked against its schema and kind. The manifest is checked at run time by `createRegistry`.
 *
 * ```ts
 * const plugin = definePlugin({ contract: 1, name: 'hello', version: '1.0.0', components: { … } });
 * declare module '@core/registry' { interface Components extends Entries<typeof plugin> {} }
 * export default plugin;
 * ```
 */
export function definePlugin<const P extends PluginDraft>(plugin: P & Defined<P>): Defined<P> {
  return plugin;
}
