import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A Standard Schema that is loaded when it is first needed. */
export interface LazySchema<S extends StandardSchemaV1 = StandardSchemaV1> extends StandardSchemaV1<
  StandardSchemaV1.InferInput<S>,
  StandardSchemaV1.InferOutput<S>
> {
  readonly load: () => Promise<S>;
}

/**
 * A config schema in a module of its own, so that the manifest of a plugin with many components stays small:
 * `config: lazySchema(async () => (await import('./configs.js')).adam)`. It is loaded when a config is checked or described.
 */
export function lazySchema<S extends StandardSchemaV1>(load: () => Promise<S>): LazySchema<S> {
  return {
    load,
    '~standard': {
      version: 1,
      vendor: 'trellis',
      validate: async (value) => (await load())['~standard'].validate(value),
    },
  };
}

/** The schema that a manifest names: itself, or what it loads. */
export async function loadSchema<S extends StandardSchemaV1>(schema: S): Promise<StandardSchemaV1> {
  return isLazy(schema) ? schema.load() : schema;
}

function isLazy(schema: StandardSchemaV1): schema is LazySchema {
  return schema['~standard'].vendor === 'trellis' && 'load' in schema;
}
