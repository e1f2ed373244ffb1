import type { Problem } from '../errors.js';
import { formatPath, type Path } from '../path.js';
import { jsonSchemaOf } from '../schema.js';
import { didYouMean, nearest } from '../suggest.js';
import type { RecipeSchema } from './schema.js';

/** What stands in a slot, and where. */
export interface Written {
  readonly value: unknown;
  readonly path: Path;
}

export interface Parts {
  /** By slot: what was written, and where. */
  readonly components: ReadonlyMap<string, Written>;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Sorts a recipe's keys into slots and settings; a slot's singular key becomes a list of one. */
export function normalize(
  recipe: Readonly<Record<string, unknown>>,
  schema: RecipeSchema,
): { data: Parts; problems: Problem[] } {
  const singulars = new Map(
    Object.entries(schema.slots).flatMap(([key, slot]) =>
      slot.singular === undefined ? [] : [[slot.singular, key] as const],
    ),
  );
  const components = new Map<string, Written>();
  const settings: [string, unknown][] = [];
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(recipe)) {
    const plural = singulars.get(key);
    const isSlot = Object.hasOwn(schema.slots, key);
    if (plural !== undefined && recipe[plural] !== undefined && recipe[plural] !== null) {
      const message = `the recipe has ${plural} too; write one of them, or name an item: ${plural}[0]`;
      problems.push({ code: 'RECIPE', path: key, message });
    } else if (plural !== undefined) components.set(plural, { value, path: [key] });
    else if (!isSlot) settings.push([key, value]);
    else if (!components.has(key)) components.set(key, { value, path: [key] });
  }
  const keys = settings.map(([key]) => key);
  const unknown = unknownTopKeys(keys, schema, [...singulars.keys()]);
  problems.push(...unknown);
  const refused = new Set(unknown.map(({ path }) => path));
  const kept = settings.filter(([key]) => !refused.has(formatPath([key])));
  return { data: { components, settings: Object.fromEntries(kept) }, problems };
}

function unknownTopKeys(
  keys: readonly string[],
  schema: RecipeSchema,
  singulars: readonly string[],
): readonly Problem[] {
  const json = schema.settings && jsonSchemaOf(schema.settings);
  // Without a JSON schema only the settings' own validation can tell.
  if (schema.settings !== undefined && json?.properties === undefined) return [];
  const settings = Object.keys(json?.properties ?? {});
  const known = [...Object.keys(schema.slots), ...singulars, ...settings];
  return keys
    .filter((key) => !settings.includes(key))
    .map((key) => {
      const [near] = nearest(key, known);
      const message = `no such part of a recipe${didYouMean(key, known, 'its parts are', 24)}`;
      return {
        code: 'RECIPE',
        path: formatPath([key]),
        message,
        ...(near === undefined ? {} : { nearest: near }),
      };
    });
}
