import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { SpecOf } from '../components.js';
import type { KindName } from '../kinds/index.js';
import type { Spec } from '../plugin.js';

/** A place in a recipe for a component, or for a list of them. */
export interface Slot<K extends KindName = KindName> {
  readonly kind: K;
  /** Default `false`. A required list must not be empty. */
  readonly required?: boolean;
  /** A list of components, each with a `name` of its own (the short id where none is given). Default `false`. */
  readonly list?: boolean;
  /** For lists: the key under which one component may stand alone, `optimizer` for `optimizers`. */
  readonly singular?: string;
}

/**
 * What an app's recipes consist of. Every other key is a setting: a plain value that `settings` checks.
 *
 * ```ts
 * const trainRecipe = defineRecipeSchema({
 *   slots: { dataset: { kind: 'dataset', required: true }, optimizers: { kind: 'optimizer', list: true, singular: 'optimizer' } },
 *   settings: z.object({ epochs: z.int().positive().default(5), seed: z.int().default(0) }),
 * });
 * ```
 */
export interface RecipeSchema<
  Slots extends Readonly<Record<string, Slot>> = Readonly<Record<string, Slot>>,
  Settings extends StandardSchemaV1 = StandardSchemaV1,
> {
  readonly slots: Slots;
  readonly settings?: Settings;
}

export function defineRecipeSchema<
  const Slots extends Readonly<Record<string, Slot>>,
  Settings extends StandardSchemaV1,
>(schema: RecipeSchema<Slots, Settings>): RecipeSchema<Slots, Settings> {
  return schema;
}

/** Settings as written, `unknown` where the app has none. */
export type SettingsInput<R extends RecipeSchema> =
  R extends RecipeSchema<infer _, infer S> ? StandardSchemaV1.InferInput<S> : unknown;

/** Settings with defaults. */
export type SettingsOutput<R extends RecipeSchema> =
  R extends RecipeSchema<infer _, infer S> ? StandardSchemaV1.InferOutput<S> : unknown;

/** Specs of the components that the program knows; any spec for a kind of which it knows none. */
type KnownSpec<K extends KindName> = [SpecOf<K>] extends [never] ? Spec : SpecOf<K>;

type Named<T> = T extends unknown ? T & { readonly name?: string } : never;

type SlotInput<S extends Slot> = S extends { readonly list: true }
  ? readonly Named<KnownSpec<S['kind']>>[]
  : KnownSpec<S['kind']>;

type RequiredSlots<Slots> = {
  [N in keyof Slots]: Slots[N] extends { readonly required: true; readonly singular?: never } ? N : never;
}[keyof Slots];

type Singulars<Slots> = {
  readonly [
    N in keyof Slots as Slots[N] extends { readonly singular: infer One extends string } ? One : never
  ]?: Slots[N] extends Slot ? KnownSpec<Slots[N]['kind']> : never;
};

/** A recipe as TypeScript writes it: component ids and options are checked by the compiler. */
export type RecipeInput<R extends RecipeSchema> = SettingsInput<R> &
  Singulars<R['slots']> & { readonly [N in RequiredSlots<R['slots']>]: SlotInput<R['slots'][N]> } & {
    readonly [N in Exclude<keyof R['slots'], RequiredSlots<R['slots']>>]?: SlotInput<R['slots'][N]>;
  };
