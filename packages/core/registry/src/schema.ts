import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { isPlainObject } from './path.js';

/** The part of JSON Schema that is read here; schemas may hold more. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly items?: boolean | JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** On a place for a nested component: the kind that belongs there. See `nested`. */
  readonly 'x-trellis-kind'?: string;
}

/** One option of a component's config, for people. */
export interface OptionInfo {
  readonly name: string;
  /** Such as `number >= 0`, `'cosine' | 'linear'`, `schedule component`. */
  readonly type: string;
  readonly description?: string;
  /** JSON; absent where the option has no default. */
  readonly default?: unknown;
  readonly required: boolean;
}

/**
 * Metadata for the place of a nested component in a config schema, so that recipes are checked for its kind:
 * `inner: z.looseObject({ use: z.string() }).meta(nested('optimizer'))`.
 */
export function nested<K extends string>(kind: K): { readonly 'x-trellis-kind': K } {
  return { 'x-trellis-kind': kind };
}

export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = (value as Partial<StandardSchemaV1>)['~standard'];
  if (typeof standard !== 'object' || standard === null) return false;
  const { version, validate } = standard as Partial<StandardSchemaV1.Props>;
  return version === 1 && typeof validate === 'function';
}

const jsonSchemas = new WeakMap<StandardSchemaV1, JsonSchema | { readonly unavailable: string }>();

/**
 * The JSON schema of what may be written in a recipe, by the Standard JSON Schema part of the schema's library
 * (zod 4.2 or later has it); `undefined` where the library has none or the schema cannot be said in JSON.
 */
export function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const found = jsonSchemas.get(schema) ?? convert(schema);
  jsonSchemas.set(schema, found);
  return 'unavailable' in found ? undefined : found;
}

/** Why there is no JSON schema. */
export function whyNoJsonSchema(schema: StandardSchemaV1): string | undefined {
  const found = jsonSchemas.get(schema) ?? convert(schema);
  return 'unavailable' in found ? found.unavailable : undefined;
}

function convert(schema: StandardSchemaV1): JsonSchema | { readonly unavailable: string } {
  const { jsonSchema, vendor } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props> &
    StandardSchemaV1.Props;
  if (typeof jsonSchema?.input !== 'function') {
    return {
      unavailable: `the schema library ${vendor} has no Standard JSON Schema part (zod 4.2 and later has)`,
    };
  }
  try {
    return jsonSchema.input({ target: 'draft-2020-12' });
  } catch (thrown) {
    return { unavailable: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** All alternatives at a place: references followed, `anyOf`, `oneOf` and `allOf` opened. */
export function alternatives(schema: JsonSchema, root: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (depth > 16) return [];
  const open = (part: JsonSchema): readonly JsonSchema[] => alternatives(part, root, depth + 1);
  const target = schema.$ref === undefined ? undefined : followReference(schema.$ref, root);
  const parts = [
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.allOf ?? []),
    ...(target ? [target] : []),
  ];
  return parts.length === 0 ? [schema] : [...parts.flatMap(open), ...(schema.properties ? [schema] : [])];
}

function followReference(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (!reference.startsWith('#')) return undefined;
  const keys = reference.slice(1).split('/').filter(Boolean);
  const target = keys.reduce<unknown>(
    (at, key) => (isPlainObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  );
  return isPlainObject(target) ? target : undefined;
}

/** Whether keys beyond `properties` may stand in an object of this schema. */
function isOpen(schema: JsonSchema): boolean {
  const beyond = schema.additionalProperties;
  if ((beyond !== undefined && beyond !== false) || schema.patternProperties !== undefined) return true;
  return (
    schema.properties === undefined &&
    schema.type === undefined &&
    schema.enum === undefined &&
    schema.const === undefined
  );
}

/** The keys that an object at a place may have; `undefined` when any may stand there. */
export function knownKeys(schema: JsonSchema, root: JsonSchema): readonly string[] | undefined {
  const parts = alternatives(schema, root);
  if (parts.some(isOpen)) return undefined;
  return [...new Set(parts.flatMap((part) => Object.keys(part.properties ?? {})))];
}

/** The schema of what stands under `key`, all alternatives as `anyOf`; `undefined` when nothing is known of it. */
export function childSchema(
  schema: JsonSchema,
  key: string | number,
  root: JsonSchema,
): JsonSchema | undefined {
  const children = alternatives(schema, root).flatMap(
    (part): readonly (JsonSchema | boolean | undefined)[] =>
      typeof key === 'number'
        ? [part.prefixItems?.[key] ?? part.items]
        : [
            part.properties && Object.hasOwn(part.properties, key)
              ? part.properties[key]
              : part.additionalProperties,
          ],
  );
  const schemas = children.filter((child): child is JsonSchema => typeof child === 'object');
  return schemas.length <= 1 ? schemas[0] : { anyOf: schemas };
}

/** The kind that belongs at a place for nested components, if the schema says. */
export function kindAt(schema: JsonSchema | undefined, root: JsonSchema): string | undefined {
  if (schema === undefined) return undefined;
  return (
    schema['x-trellis-kind'] ??
    alternatives(schema, root)
      .map((part) => part['x-trellis-kind'])
      .find((kind) => kind !== undefined)
  );
}

/** The options of a config's JSON schema, in the order they are declared. */
export function optionsOf(root: JsonSchema): readonly OptionInfo[] {
  const required = new Set(root.required ?? []);
  return Object.entries(root.properties ?? {}).map(([name, schema]) => ({
    name,
    type: typeText(schema, root),
    ...(schema.description === undefined ? {} : { description: schema.description }),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    required: required.has(name) && schema.default === undefined,
  }));
}

/** A schema in a few words: `number >= 0`, `'same' | 'valid'`, `array of integer`. */
export function typeText(schema: JsonSchema, root: JsonSchema, depth = 0): string {
  const kind = schema['x-trellis-kind'];
  if (kind !== undefined) return `${kind} component`;
  if (schema.enum !== undefined) return schema.enum.map(literalText).join(' | ');
  if (schema.const !== undefined) return literalText(schema.const);
  if (depth > 4) return 'value';
  const parts = alternatives(schema, root);
  if (parts.length !== 1 || parts[0] !== schema) {
    return [...new Set(parts.map((part) => typeText(part, root, depth + 1)))].join(' | ');
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'use')) return 'component';
  if (schema.type === 'array') {
    return `array of ${typeof schema.items === 'object' ? typeText(schema.items, root, depth + 1) : 'values'}`;
  }
  if (schema.type === undefined) return 'value';
  const type = typeof schema.type === 'string' ? schema.type : schema.type.join(' | ');
  return [type, ...bounds(schema)].join(' ');
}

function literalText(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function bounds(schema: JsonSchema): string[] {
  const limits = [
    ['>=', schema.minimum],
    ['>', schema.exclusiveMinimum],
    ['<=', schema.maximum],
    ['<', schema.exclusiveMaximum],
  ] as const;
  // zod writes the safe integers as bounds of every integer, which say nothing.
  const shown = limits.filter(
    ([, limit]) => limit !== undefined && Math.abs(limit) !== Number.MAX_SAFE_INTEGER,
  );
  const text = shown.map(([sign, limit]) => `${sign} ${String(limit)}`).join(' and ');
  return text === '' ? [] : [text];
}
