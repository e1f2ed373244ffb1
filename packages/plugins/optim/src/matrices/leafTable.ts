import { show } from '@core/registry/checks';
import { DTypeError, ShapeError, Tensor, TreeError, tree, zeros, type Tree } from '@core/tensor';
import { checkParams } from '../leaves.js';

/** What a rule keeps of a leaf under one name: a tensor, or tensors by name. */
type Kept = Tensor | Readonly<Record<string, Tensor>>;
type Shape = readonly number[];
/** One shape for a tensor, several by name for a record of tensors. */
type Shapes = Shape | Readonly<Record<string, Shape>>;

type Columns<Row> = { readonly [K in keyof Row]: Tree };

/**
 * States that are not simply like the parameters: at each leaf a row of tensors, or of records of tensors, in the leaf's
 * dtype. In the state each entry of the rows is a tree of the parameters' structure.
 */
export interface LeafTable<Row> {
  /** Zeros. @throws as `checkParams`, and whatever the shapes' function throws */
  init(params: Tree): Columns<Row>;
  /** The rows, in the leaves' order. @throws TreeError, ShapeError, DTypeError for what `init` would not have made */
  read(params: Tree, state: Columns<Row>): Row[];
  write(params: Tree, rows: readonly Row[]): Columns<Row>;
}

/** @param shapesOf what a leaf's row holds */
export function leafTable<Row extends { readonly [K in keyof Row]: Kept }>(
  owner: string,
  shapesOf: (param: Tensor, path: string) => { readonly [K in keyof Row]: Shapes },
): LeafTable<Row> {
  const shapesOfAll = (params: Tree): Readonly<Record<string, Shapes>>[] => {
    const paths = tree.paths(params);
    return tree.leaves(params).map((param, i) => shapesOf(param, paths[i] ?? ''));
  };
  const write = (params: Tree, rows: readonly Readonly<Record<string, unknown>>[]): Columns<Row> => {
    const { definition } = tree.flatten(params);
    // A tree without leaves has no row that knows the names.
    const names = Object.keys(rows[0] ?? shapesOf(zeros([1]), ''));
    const columns = names.map((name) => [name, tree.unflatten(definition, rows.map((row) => row[name]))]); // prettier-ignore
    return Object.fromEntries(columns) as Columns<Row>; // one for each entry of a row
  };
  return {
    init: (params) => {
      checkParams(owner, params);
      const leaves = tree.leaves(params);
      const rows = shapesOfAll(params).map((shapes, i) => {
        const zero = (shape: Shape): Tensor => zeros(shape, { dtype: leaves[i]?.dtype ?? 'float32' });
        return mapValues(shapes, (x) => (isShape(x) ? zero(x) : mapValues(x, zero)));
      });
      return write(params, rows);
    },
    read: (params, state) => {
      const all = shapesOfAll(params);
      const columns = mapValues(state as Readonly<Record<string, Tree>>, (column, name) =>
        below(owner, name, params, column),
      );
      const dtypes = tree.leaves(params).map(({ dtype }) => dtype);
      const paths = tree.paths(params);
      return all.map((shapes, i) => {
        const row = mapValues(shapes, (wanted, name) => {
          const kept = columns[name]?.[i];
          checkKept(owner, `${name} at ${paths[i] === '' ? 'the root' : paths[i]}`, kept, wanted, dtypes[i]);
          return kept;
        });
        return row as unknown as Row; // every entry has just been held to its shapes
      });
    },
    write: (params, rows) => write(params, rows), // rows are records
  };
}

function isShape(shapes: Shapes): shapes is Shape {
  return Array.isArray(shapes);
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]));
}

/** What a state's tree has at the places of the parameters' leaves. */
function below(owner: string, name: string, params: Tree, state: unknown): unknown[] {
  if (params instanceof Tensor) return [state];
  const keys = Array.isArray(params) ? [...params.keys()].map(String) : Object.keys(params).sort(); // tree.flatten's order
  const inside = params as Readonly<Record<string, Tree>>; // arrays have their elements under index keys
  const beside = state as Readonly<Record<string, unknown>>; // as the next line sees to
  if (typeof state !== 'object' || state === null || Object.keys(state).length !== keys.length)
    throw new TreeError(`${owner}: the state's ${name} has another structure than the parameters`);
  return keys.flatMap((key) => below(owner, name, inside[key] ?? {}, beside[key]));
}

function checkKept(owner: string, place: string, kept: unknown, shapes: Shapes, dtype?: string): void {
  const names = isShape(shapes) ? undefined : Object.keys(shapes).sort();
  const found = typeof kept === 'object' && kept !== null && !(kept instanceof Tensor) ? Object.keys(kept).sort() : undefined; // prettier-ignore
  if (names?.join() !== found?.join())
    throw new TreeError(
      `${owner}: the state's ${place} should be ${names === undefined ? 'a tensor' : `{ ${names.join(', ')} }`}; it was made with other options or for other parameters`,
    );
  const pairs: (readonly [unknown, Shape])[] = isShape(shapes)
    ? [[kept, shapes]]
    : Object.entries(shapes).map(([key, shape]) => [(kept as Readonly<Record<string, unknown>>)[key], shape]);
  for (const [x, shape] of pairs) {
    if (!(x instanceof Tensor) || x.shape.join() !== shape.join())
      throw new ShapeError(
        `${owner}: the state's ${place} has ${show(x)}, wanted the shape [${shape.join(',')}]`,
      );
    if (x.dtype !== dtype)
      throw new DTypeError(`${owner}: the state's ${place} has ${show(x)}, wanted ${dtype}`);
  }
}
