import { RegistryError, throwProblems, type Problem } from '../errors.js';
import type { KindName } from '../kinds/index.js';
import { formatPath, isPlainObject, type Path } from '../path.js';
import type { Provenance } from '../provenance.js';
import { recordable } from '../provenance.js';
import { contract } from '../plugin.js';
import type { Ready, Registry } from '../registry.js';
import { attachSource } from '../source.js';
import { withArticle } from '../suggest.js';
import { show, validateConfig } from '../validate.js';
import { normalize, type Written } from './parts.js';
import type { Recipe } from './recipe.js';
import type { RecipeSchema, SettingsOutput, Slot } from './schema.js';
import { itemName } from './set.js';

/** A component of a recipe, checked and ready to be made. */
export interface Chosen<K extends KindName = KindName> extends Ready<K> {
  /** In lists: its `name`, or the last part of its id. Else the slot's name. */
  readonly name: string;
  /** `optimizers[1]`. */
  readonly path: string;
}

type Filled<S extends Slot> = S extends { readonly list: true }
  ? readonly Chosen<S['kind']>[]
  : S extends { readonly required: true }
    ? Chosen<S['kind']>
    : Chosen<S['kind']> | undefined;

export interface ResolvedRecipe<R extends RecipeSchema = RecipeSchema> {
  readonly settings: SettingsOutput<R>;
  readonly slots: { readonly [N in keyof R['slots']]: Filled<R['slots'][N]> };
  /** The whole recipe as plain data, defaults filled in: running it again gives the same run. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Where each component comes from, by path. */
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/**
 * Checks a whole recipe against the app's schema and the plugins at hand, before anything runs or loads.
 *
 * @throws RegistryError with every problem of the recipe: its path, file, line and column, what was wrong, and the nearest
 * valid name
 */
export async function resolveRecipe<R extends RecipeSchema>(
  registry: Registry,
  recipe: Recipe,
  schema: R,
): Promise<ResolvedRecipe<R>> {
  const { data, problems } = normalize(recipe.data, schema);
  const slots: Record<string, Chosen | readonly Chosen[] | undefined> = {};
  for (const [key, slot] of Object.entries(schema.slots)) {
    const filled = await fillSlot(registry, slot, key, data.components.get(key));
    problems.push(...filled.problems);
    slots[key] = filled.value;
  }
  const settings = await checkSettings(schema, data.settings);
  problems.push(...settings.problems);
  throwProblems(attachSource(problems, recipe));

  const chosen = Object.values(slots).flatMap((value) => value ?? []) as readonly Chosen[];
  return {
    settings: settings.value,
    slots,
    data: resolvedData(settings.value, schema, slots),
    provenance: Object.fromEntries(chosen.map((one) => [one.path, provenanceFor(one)])),
  } as ResolvedRecipe<R>; // built slot by slot from the schema that the type is computed from
}

interface Fill {
  readonly value: Chosen | readonly Chosen[] | undefined;
  readonly problems: readonly Problem[];
}

async function fillSlot(
  registry: Registry,
  slot: Slot,
  key: string,
  written: Written | undefined,
): Promise<Fill> {
  const refuse = (message: string, path: Path): Fill => ({
    value: undefined,
    problems: [{ code: 'RECIPE', path: formatPath(path), message }],
  });
  const { value, path } = written ?? { value: undefined, path: [key] };
  if (value === undefined || value === null) {
    const wanted = `a recipe needs ${withArticle(slot.kind)} here: ${key}: ${slot.list ? '[{ use: <id> }]' : '{ use: <id> }'}`;
    return slot.required
      ? refuse(wanted, written === undefined ? [key] : path)
      : { value: slot.list ? [] : undefined, problems: [] };
  }
  if (!slot.list) return choose(registry, slot, value, path, key);
  const alone = path[0] !== key;
  if (!alone && !Array.isArray(value))
    return refuse(`is a list of ${slot.kind} components: write - use: <id>; got ${show(value)}`, path);
  const items: readonly unknown[] = alone ? [value] : (value as readonly unknown[]);
  if (items.length === 0 && slot.required)
    return refuse(`is empty; a recipe needs at least one ${slot.kind}`, path);
  return fillList(registry, slot, items, alone ? () => path : (index) => [...path, index]);
}

async function fillList(
  registry: Registry,
  slot: Slot,
  items: readonly unknown[],
  place: (index: number) => Path,
): Promise<Fill> {
  const chosen: Chosen[] = [];
  const problems: Problem[] = [];
  const names = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const path = place(index);
    const { name: written, ...rest } = isPlainObject(item) ? item : { name: undefined };
    const name = itemName(item) ?? String(index);
    const first = names.get(name);
    if (written !== undefined && (typeof written !== 'string' || written.trim() === '')) {
      problems.push({
        code: 'RECIPE',
        path: formatPath([...path, 'name']),
        message: `is ${show(written)}; a name is text`,
      });
    } else if (first !== undefined) {
      const message = `the name ${name} is taken by ${formatPath(place(first))}; give each its own name`;
      problems.push({
        code: 'RECIPE',
        path: formatPath(written === undefined ? path : [...path, 'name']),
        message,
      });
    }
    names.set(name, first ?? index);
    const one = await choose(registry, slot, isPlainObject(item) ? rest : item, path, name);
    problems.push(...one.problems);
    if (one.value !== undefined) chosen.push(one.value);
  }
  return { value: chosen, problems };
}

async function choose(
  registry: Registry,
  slot: Slot,
  spec: unknown,
  path: Path,
  name: string,
): Promise<{ readonly value: Chosen | undefined; readonly problems: readonly Problem[] }> {
  try {
    const ready = await registry.prepare(spec, { kind: slot.kind, path });
    return { value: { ...ready, name, path: formatPath(path) }, problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof RegistryError)) throw thrown;
    return { value: undefined, problems: thrown.problems };
  }
}

async function checkSettings(
  schema: RecipeSchema,
  written: Readonly<Record<string, unknown>>,
): Promise<{ value: unknown; problems: readonly Problem[] }> {
  if (schema.settings === undefined) return { value: {}, problems: [] };
  const checked = await validateConfig(schema.settings, written, [], 'this recipe');
  if ('value' in checked) return { value: checked.value, problems: [] };
  return { value: undefined, problems: checked.problems.map((problem) => ({ ...problem, code: 'RECIPE' })) };
}

function resolvedData(
  settings: unknown,
  schema: RecipeSchema,
  slots: Readonly<Record<string, Chosen | readonly Chosen[] | undefined>>,
): Readonly<Record<string, unknown>> {
  const components = Object.keys(schema.slots).flatMap((key) => {
    const value = slots[key];
    if (value === undefined) return [];
    // An only component written under the singular key goes back under the list's, where it means the same.
    return [
      [
        key,
        Array.isArray(value)
          ? value.map((one: Chosen) => ({ name: one.name, ...one.spec }))
          : (value as Chosen).spec,
      ] as const,
    ];
  });
  return recordable({
    ...(isPlainObject(settings) ? settings : {}),
    ...Object.fromEntries(components),
  }) as Readonly<Record<string, unknown>>;
}

function provenanceFor(chosen: Chosen): Provenance {
  const { use, ...config } = chosen.spec;
  return { use, plugin: chosen.plugin, contract, config: recordable(config) };
}
