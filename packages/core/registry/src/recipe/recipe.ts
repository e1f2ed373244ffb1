import {
  LineCounter,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { RegistryError, registryError, type Problem } from '../errors.js';
import { formatPath, isPlainObject, type Path } from '../path.js';
import type { Position, Source } from '../source.js';
import { show } from '../validate.js';
import type { RecipeInput, RecipeSchema } from './schema.js';

/** A recipe that was read but not checked: plain data, and where each part of it stands. */
export interface Recipe extends Source {
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Reads a recipe's YAML (or JSON) text. Positions are kept, so that every later problem can name its line.
 *
 * @param options.file name for messages
 * @throws RegistryError `RECIPE` for text that is no YAML, with every syntax problem, or whose top is no mapping
 */
export function parseRecipe(text: string, options: { readonly file?: string } = {}): Recipe {
  if (typeof text !== 'string') throw registryError('RECIPE', `parseRecipe takes text, got ${show(text)}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const file = options.file === undefined ? {} : { file: options.file };
  const refuse = (problems: readonly Problem[]): never => {
    const [first, ...rest] = problems;
    throw first === undefined ? registryError('RECIPE', 'unreadable') : new RegistryError([first, ...rest]);
  };
  if (document.errors.length > 0) {
    refuse(
      document.errors.map((error) => ({
        code: 'RECIPE',
        path: '',
        message: yamlMessage(error.message),
        ...file,
        ...position(error.pos[0]),
      })),
    );
  }
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const message = `*${alias.source} stands for nothing; set &${alias.source} before it`;
      refuse([{ code: 'RECIPE', path: '', message, ...file, ...position(alias.range?.[0] ?? 0) }]);
    },
  });
  let data: unknown;
  try {
    data = document.toJS();
  } catch (thrown) {
    refuse([
      {
        code: 'RECIPE',
        path: '',
        message: thrown instanceof Error ? thrown.message : String(thrown),
        ...file,
      },
    ]);
  }
  if (!isPlainObject(data)) {
    const got = data === null || data === undefined ? 'it is empty' : `got ${show(data)}`;
    return refuse([
      {
        code: 'RECIPE',
        path: '',
        message: `a recipe is a mapping, such as "dataset: { use: ... }"; ${got}`,
        ...file,
        line: 1,
        column: 1,
      },
    ]);
  }
  return { data, ...file, positions: positionsOf(document, position) };
}

/** A recipe written in TypeScript: ids and options are checked by the compiler, and at run time as any recipe's. */
export function defineRecipe<R extends RecipeSchema>(_schema: R, recipe: RecipeInput<R>): Recipe {
  return recipeOf(recipe);
}

/** A recipe from plain data, such as a saved run's. @throws RegistryError `RECIPE` when it is no object */
export function recipeOf(data: unknown, options: { readonly file?: string } = {}): Recipe {
  if (!isPlainObject(data)) throw registryError('RECIPE', `a recipe is an object, got ${show(data)}`);
  return { data, ...(options.file === undefined ? {} : { file: options.file }), positions: {} };
}

/** `Map keys must be unique at line 3, column 1:` and the picture below it are said by our own position. */
function yamlMessage(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}

/** Each pair stands where its key stands, each item where it begins. Aliases stand where they are written. */
function positionsOf(
  document: Document.Parsed,
  position: (offset: number) => Position,
): Record<string, Position> {
  const positions = new Map<string, Position>();
  const note = (path: Path, node: Node | null | undefined): void => {
    const text = formatPath(path);
    if (node?.range && !positions.has(text)) positions.set(text, position(node.range[0]));
  };
  const walk = (node: unknown, path: Path): void => {
    if (isAlias(node)) return;
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        note([...path, index], item as Node);
        walk(item, [...path, index]);
      });
    }
    if (!isMap(node)) return;
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const below = [...path, String(pair.key.value)];
      note(below, pair.key);
      walk(pair.value, below);
    }
  };
  walk(document.contents, []);
  return Object.fromEntries(positions);
}
