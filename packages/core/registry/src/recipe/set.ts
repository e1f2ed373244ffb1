import { isScalar, parseDocument } from 'yaml';
import { registryError } from '../errors.js';
import { formatPath, isPlainObject, parsePath, valueAt, withValueAt, type Path } from '../path.js';
import { didYouMean } from '../suggest.js';
import { show } from '../validate.js';
import type { Recipe } from './recipe.js';

/**
 * A copy of a recipe with one value changed, as `--set` does: `optimizer.use=optim/lion`, `optimizers[0].learningRate=1e-3`.
 * Items of a list may be named instead of counted (`optimizers.adam.learningRate=0.1`), by their `name` or, where they
 * have none, by the last part of their `use`. The value is read as YAML, so numbers, lists and `null` are what they look
 * like; text that is no YAML is taken as it stands.
 *
 * @throws RegistryError `RECIPE` for an assignment without `=`, an unreadable path, or one that leads through a plain value
 */
export function setByPath(recipe: Recipe, assignment: string): Recipe {
  const cut = typeof assignment === 'string' ? assignment.indexOf('=') : -1;
  if (cut < 1)
    throw registryError(
      'RECIPE',
      `--set takes path=value, such as optimizer.use=optim/lion; got ${show(assignment)}`,
    );
  const text = assignment.slice(0, cut).trim();
  const parsed = parsePath(text);
  if (parsed === undefined) {
    throw registryError(
      'RECIPE',
      `--set ${assignment}: ${show(text)} is no path; write keys with dots and items as [0], such as optimizers[0].use`,
    );
  }
  const path = locate(recipe.data, parsed, assignment);
  const value = readValue(assignment.slice(cut + 1));
  const at = formatPath(path);
  // What stood there is gone, so are the positions of its parts; the new value came from the command line.
  const kept = Object.entries(recipe.positions).filter(
    ([key]) => !(key === at || key.startsWith(`${at}.`) || key.startsWith(`${at}[`)),
  );
  const positions = Object.fromEntries([...kept, [at, { line: 0, column: 0, file: `--set ${assignment}` }]]);
  return { ...recipe, data: withValueAt(recipe.data, path, value) as Recipe['data'], positions }; // the top stays an object
}

/** Turns names of list items into indices, and refuses paths that lead nowhere. */
function locate(data: unknown, path: Path, assignment: string): Path {
  const found: (string | number)[] = [];
  for (const key of path) {
    const here: unknown = valueAt(data, found);
    const place = formatPath(found);
    if (Array.isArray(here)) {
      found.push(itemIndex(here, key, place, assignment));
    } else if (here === undefined || here === null || isPlainObject(here)) {
      found.push(here === undefined || here === null || typeof key === 'string' ? key : String(key));
    } else {
      throw registryError(
        'RECIPE',
        `--set ${assignment}: ${place} is ${show(here)}, which has no ${String(key)}`,
      );
    }
  }
  return found;
}

function itemIndex(
  list: readonly unknown[],
  key: string | number,
  place: string,
  assignment: string,
): number {
  if (typeof key === 'number') {
    if (key <= list.length) return key; // one past the end appends
    throw registryError(
      'RECIPE',
      `--set ${assignment}: ${place} has ${String(list.length)} items, so [${String(key)}] is past its end`,
    );
  }
  const names = list.map(itemName);
  const index = names.indexOf(key);
  if (index >= 0) return index;
  const known = names.filter((name) => name !== undefined);
  throw registryError(
    'RECIPE',
    `--set ${assignment}: ${place} has no item ${key}${didYouMean(key, known, 'it has')}`,
  );
}

/** The name of a list's item: its `name`, or the last part of its `use`. */
export function itemName(item: unknown): string | undefined {
  if (typeof item === 'string') return item.split('/').at(-1);
  if (!isPlainObject(item)) return undefined;
  if (typeof item['name'] === 'string') return item['name'];
  return typeof item['use'] === 'string' ? item['use'].split('/').at(-1) : undefined;
}

function readValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  if (document.errors.length > 0) return text.trim();
  const value: unknown = document.toJS();
  // An empty value is null in YAML; `--set title=` means the empty text.
  return value === null && !(isScalar(document.contents) && document.contents.source) ? '' : value;
}
