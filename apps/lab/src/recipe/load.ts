import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearest, parseRecipe, recipeOf, setByPath, type Recipe } from '@core/registry';
import { readdirSync } from 'node:fs';
import { LabError, errnoOf, messageOf } from '../errors.js';
import { appDirectory } from '../plugins.js';

/** A recipe as it was written, with the values of `--set` in place. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** Absolute path of the file. */
  readonly file: string;
  /** `digits` for `recipes/digits.yaml`: names the run. */
  readonly name: string;
}

const modules = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const texts = ['.yaml', '.yml', '.json'];

/**
 * Reads a recipe: YAML or JSON text, or a module whose default export is one.
 *
 * @param file relative to `cwd`; a bare name that is not there is looked for among the recipes that ship with the app
 * @param assignments `path=value`, as given to `--set`, applied in order
 * @throws LabError `RECIPE_FILE` for a file that cannot be loaded, RegistryError `RECIPE` for one that is no recipe
 */
export async function loadRecipe(
  file: string,
  assignments: readonly string[] = [],
  cwd = process.cwd(),
): Promise<LoadedRecipe> {
  const path = await placeOf(file, cwd);
  const shown = isAbsolute(file) || path !== resolve(cwd, file) ? file : relative(cwd, path);
  const kind = extname(path).toLowerCase();
  await checkFile(path, shown);
  let recipe: Recipe;
  if (texts.includes(kind)) recipe = parseRecipe(await readFile(path, 'utf8'), { file: shown });
  else if (modules.includes(kind)) recipe = asRecipe(await importModule(path, shown), shown);
  else
    throw new LabError(
      'RECIPE_FILE',
      `${shown}: a recipe is a file ending in ${[...texts, ...modules].join(', ')}`,
    );
  return {
    recipe: assignments.reduce((changed, assignment) => setByPath(changed, assignment), recipe),
    file: path,
    name: basename(path).slice(0, -kind.length) || 'recipe',
  };
}

/** Where recipes lie that ship with the app. */
const shipped = (): string => join(appDirectory(), 'recipes');

async function placeOf(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file);
  const ours = join(shipped(), file);
  const there = async (at: string): Promise<boolean> => stat(at).then(() => true, () => false); // prettier-ignore
  return basename(file) === file && !(await there(path)) && (await there(ours)) ? ours : path;
}

async function checkFile(path: string, shown: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT')
      throw new LabError('RECIPE_FILE', `${shown}: ${messageOf(thrown)}`, { cause: thrown });
    const [near] = nearest(basename(path), [...neighbours(path), ...neighbours(join(shipped(), shown))]);
    throw new LabError(
      'RECIPE_FILE',
      `${shown}: there is no such file${near === undefined ? '' : `; did you mean ${near}?`}`,
      { cause: thrown },
    );
  }
  if (!isFile) throw new LabError('RECIPE_FILE', `${shown}: is a folder; name a recipe in it`);
}

function neighbours(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path)).filter((name) => [...texts, ...modules].includes(extname(name)));
  } catch {
    return [];
  }
}

/** The default export of a module. TypeScript is read with jiti, since Node 20 cannot strip types by itself. */
async function importModule(path: string, shown: string): Promise<unknown> {
  try {
    if (!extname(path).endsWith('ts')) {
      const url = pathToFileURL(path).href;
      return defaultOf(await (import(/* @vite-ignore */ url) as Promise<unknown>));
    }
    const { createJiti } = await import('jiti');
    return await createJiti(path, { moduleCache: false, fsCache: false }).import(path, { default: true });
  } catch (thrown) {
    throw new LabError('RECIPE_FILE', `${shown}: cannot be imported: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

/** Plain data, or what `defineRecipe` made of it. */
function asRecipe(exported: unknown, file: string): Recipe {
  if (exported === undefined) {
    throw new LabError(
      'RECIPE_FILE',
      `${file}: has no default export; write "export default { dataset: ..., ... }"`,
    );
  }
  const made =
    typeof exported === 'object' && exported !== null && 'positions' in exported && 'data' in exported;
  return recipeOf(made ? exported.data : exported, { file });
}
