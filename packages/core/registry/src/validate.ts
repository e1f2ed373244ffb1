import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Problem } from './errors.js';
import { formatPath, isPlainObject, valueAt, type Path } from './path.js';
import { isSpec } from './plugin.js';
import { alternatives, childSchema, jsonSchemaOf, knownKeys, typeText, type JsonSchema } from './schema.js';
import { didYouMean, nearest, orList } from './suggest.js';

export type Validated<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/**
 * Checks a config against its schema and fills in defaults. Keys the schema does not name are refused with the nearest
 * one, also where the schema's library would drop them silently.
 *
 * @param path where the config stands, for the problems
 * @param owner whose config it is: `optim/adam`
 */
export async function validateConfig<S extends StandardSchemaV1>(
  schema: S,
  config: unknown,
  path: Path,
  owner: string,
): Promise<Validated<StandardSchemaV1.InferOutput<S>>> {
  const json = jsonSchemaOf(schema);
  const unknown = json === undefined ? [] : unknownKeys(config, json, json, path, owner);
  const result = await schema['~standard'].validate(config);
  if (result.issues === undefined) {
    // The cast is the Standard Schema promise: without issues, `value` is the inferred output.
    return unknown.length === 0
      ? { value: result.value as StandardSchemaV1.InferOutput<S> }
      : { problems: unknown };
  }
  const reported = new Set(unknown.map((problem) => problem.path));
  const issues = result.issues
    .filter((issue) => !namesOnlyUnknownKeys(issue, config, path, reported))
    .map((issue) => issueProblem(issue, config, json, path));
  return { problems: [...unknown, ...issues] };
}

/** Strict schemas report unknown keys too, at the object that holds them; ours name the key and the nearest one. */
function namesOnlyUnknownKeys(
  issue: StandardSchemaV1.Issue,
  config: unknown,
  path: Path,
  reported: ReadonlySet<string>,
): boolean {
  const at = issuePath(issue);
  const holder = valueAt(config, at);
  if (!isPlainObject(holder)) return false;
  return Object.keys(holder).some(
    (key) => reported.has(formatPath([...path, ...at, key])) && issue.message.includes(`"${key}"`),
  );
}

function unknownKeys(
  value: unknown,
  schema: JsonSchema,
  root: JsonSchema,
  path: Path,
  owner: string,
): readonly Problem[] {
  const below = (key: string | number, item: unknown): readonly Problem[] => {
    const child = childSchema(schema, key, root);
    return child === undefined ? [] : unknownKeys(item, child, root, [...path, key], owner);
  };
  if (Array.isArray(value)) return value.flatMap((item, index) => below(index, item));
  // A nested component has options of its own, which are checked where it is resolved.
  if (!isPlainObject(value) || isSpec(value)) return [];
  const keys = knownKeys(schema, root);
  // Where no alternative is an object, the schema's own message says so better.
  if (keys !== undefined && !alternatives(schema, root).some((part) => part.properties !== undefined))
    return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (keys === undefined || keys.includes(key)) return below(key, item);
    const [near] = nearest(key, keys);
    const options = keys.length === 0 ? '; it has no options' : didYouMean(key, keys, 'its options are');
    const message = `no such option of ${owner}${options}`;
    return [
      {
        code: 'CONFIG',
        path: formatPath([...path, key]),
        message,
        ...(near === undefined ? {} : { nearest: near }),
      } as const,
    ];
  });
}

function issuePath(issue: StandardSchemaV1.Issue): Path {
  return (issue.path ?? []).map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'symbol' ? String(key) : key;
  });
}

function issueProblem(
  issue: StandardSchemaV1.Issue,
  config: unknown,
  root: JsonSchema | undefined,
  path: Path,
): Problem {
  const at = issuePath(issue);
  const value = valueAt(config, at);
  const schema =
    root && at.reduce<JsonSchema | undefined>((part, key) => part && childSchema(part, key, root), root);
  const expected =
    schema && root && !/expected|one of/i.test(issue.message) ? `; it takes ${typeText(schema, root)}` : '';
  const near = schema && root && typeof value === 'string' ? nearest(value, choicesOf(schema, root)) : [];
  const hint = near.length === 0 ? '' : `; did you mean ${orList(near)}?`;
  const got = value === undefined ? missingText(at, config) : `, got ${show(value)}${hint}`;
  return {
    code: 'CONFIG',
    path: formatPath([...path, ...at]),
    message: `${plain(issue.message)}${expected}${got}`,
  };
}

/** The words that an option takes, where it takes only some. */
function choicesOf(schema: JsonSchema, root: JsonSchema): readonly string[] {
  const choices = alternatives(schema, root).flatMap((part) => [...(part.enum ?? []), part.const]);
  return choices.filter((choice) => typeof choice === 'string');
}

/** Says that a required option is absent rather than `undefined`. */
function missingText(at: Path, config: unknown): string {
  const holder = valueAt(config, at.slice(0, -1));
  const key = at.at(-1);
  const absent = key !== undefined && isPlainObject(holder) && !Object.hasOwn(holder, key);
  return absent ? ', but it is missing' : '';
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
}

/** A value as people wrote it, cut short. */
export function show(value: unknown): string {
  const text = ['number', 'boolean', 'undefined', 'bigint'].includes(typeof value)
    ? String(value)
    : typeof value === 'object' || typeof value === 'string'
      ? json(value)
      : `a ${typeof value}`;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'an object that contains itself';
  }
}
