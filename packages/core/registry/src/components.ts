import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { KindName, Kinds } from './kinds/index.js';
import type { Plugin } from './plugin.js';

/** Kind and config of one id, as the manifest has them. */
export interface Entry {
  readonly kind: KindName;
  readonly input: unknown;
}

/** The entries of a plugin's manifest: `{ 'optim/adamp': { kind: 'optimizer'; input: … } }`. */
export type Entries<P extends Plugin> = {
  [N in keyof P['components'] & string as `${P['name']}/${N}`]: {
    kind: P['components'][N]['kind'];
    input: StandardSchemaV1.InferInput<P['components'][N]['config']>;
  };
};

/**
 * Every component that the program's plugins declare. Each plugin merges its own in:
 *
 * ```ts
 * declare module '@core/registry' { interface Components extends Entries<typeof plugin> {} }
 * ```
 */
export interface Components {}

export type ComponentId = Extract<keyof Components, string>;

/** The kind of an id. */
export type KindOf<I extends ComponentId> = Components[I] extends { kind: infer K extends KindName }
  ? K
  : never;

/** What may be passed as config: optional options may be left out. */
export type ConfigOf<I extends ComponentId> = Components[I] extends { input: infer C } ? C : never;

/** What `create` gives for an id. */
export type CreatedBy<I extends ComponentId> = Kinds[KindOf<I>];

/** The config argument: may be left out where every option has a default. */
export type ConfigArgument<I extends ComponentId> =
  Record<never, never> extends ConfigOf<I> ? [config?: ConfigOf<I>] : [config: ConfigOf<I>];

/** Specs of all known components of a kind: `{ use: 'optim/adam', learningRate?: number } | …`. */
export type SpecOf<K extends KindName = KindName> = {
  [I in ComponentId]: KindOf<I> extends K ? { readonly use: I } & ConfigOf<I> : never;
}[ComponentId];
