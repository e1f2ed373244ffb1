import { ArgumentError, Tensor, TreeError } from '@core/tensor';

/**
 * What a checkpoint can hold: tensors and plain JSON-like values, nested. Numbers come back to the last bit.
 * Functions that save take any object and check it, because TypeScript counts no interface as a StateTree.
 */
export type StateTree =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly StateTree[]
  | { readonly [key: string]: StateTree };

/** JSON, as it stands in the manifest. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Takes a state apart: its tensors under dotted names, and the rest as JSON in which `{ "$tensor": name }` stands for a
 * tensor and `{ "$number": "NaN" }` for a number that JSON lacks. Keys that start with `$` get one more.
 * Throws TreeError for a value that no checkpoint holds (functions, class instances, cycles), with its path.
 */
export function takeApart(state: unknown): { skeleton: JsonValue; tensors: Map<string, Tensor> } {
  const tensors = new Map<string, Tensor>();
  const open = new Set<object>();
  const take = (value: unknown, path: readonly string[]): JsonValue => {
    if (value instanceof Tensor) {
      const name = tensorName(path);
      tensors.set(name, value);
      return { $tensor: name };
    }
    if (value === undefined) return { $undefined: true };
    if (typeof value === 'number') return plainNumber(value);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    checkContainer(value, path);
    if (open.has(value)) throw new TreeError(`saveCheckpoint: ${place(path)} contains itself`);
    open.add(value);
    const result = Array.isArray(value)
      ? value.map((item: unknown, i) => take(item, [...path, String(i)]))
      : Object.fromEntries(
          Object.entries(value).map(([key, item]) => [escapeKey(key), take(item, [...path, key])]),
        );
    open.delete(value);
    return result;
  };
  return { skeleton: take(state, []), tensors };
}

function checkContainer(value: unknown, path: readonly string[]): asserts value is object {
  if (Array.isArray(value)) return;
  const isObject = typeof value === 'object' && value !== null;
  const prototype: unknown = isObject ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) return;
  const kind = isObject ? value.constructor.name : typeof value;
  throw new TreeError(
    `saveCheckpoint: ${place(path)} is a ${kind}; a checkpoint holds tensors, numbers, strings, booleans, null, lists and plain objects`,
  );
}

function place(path: readonly string[]): string {
  return path.length === 0 ? 'the value itself' : `'${path.join('.')}'`;
}

/** Keys joined by dots; a dot inside a key is escaped, so that no two paths share a name. */
function tensorName(path: readonly string[]): string {
  if (path.length === 0) return 'value';
  return path.map((key) => key.replaceAll('%', '%25').replaceAll('.', '%2E') || '%').join('.');
}

function plainNumber(value: number): JsonValue {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return { $number: Object.is(value, -0) ? '-0' : String(value) };
}

function escapeKey(key: string): string {
  return key.startsWith('$') ? `$${key}` : key;
}

/** The inverse of `takeApart`; `tensor` gives the tensor of a name. Throws TreeError for an unknown marker. */
export function putTogether(skeleton: JsonValue, tensor: (name: string) => Tensor): StateTree {
  if (skeleton === null || typeof skeleton !== 'object') return skeleton;
  if (isList(skeleton)) return skeleton.map((item) => putTogether(item, tensor));
  const entries = Object.entries(skeleton);
  const [key, value] = entries[0] ?? [];
  if (entries.length === 1 && key !== undefined && key.startsWith('$') && !key.startsWith('$$')) {
    if (key === '$tensor' && typeof value === 'string') return tensor(value);
    if (key === '$number' && typeof value === 'string') return Number(value);
    if (key === '$undefined') return undefined;
    throw new TreeError(`the marker '${key}' is unknown`);
  }
  return Object.fromEntries(
    entries.map(([name, item]) => [name.startsWith('$$') ? name.slice(1) : name, putTogether(item, tensor)]),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Throws ArgumentError, with the path, for a value that would not come back the same from JSON. */
export function checkJson(op: string, value: unknown, path = 'meta', open: readonly object[] = []): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return;
    throw new ArgumentError(
      `${op}: ${path} is ${Object.is(value, -0) ? '-0' : value}, which JSON has no number for`,
    );
  }
  if (
    typeof value !== 'object' ||
    (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype)
  ) {
    const kind = typeof value === 'object' ? value.constructor.name : typeof value;
    throw new ArgumentError(`${op}: ${path} is of type ${kind}; meta must be plain JSON`);
  }
  if (open.includes(value))
    throw new ArgumentError(`${op}: ${path} contains itself; meta must be plain JSON`);
  for (const [key, item] of Object.entries(value)) checkJson(op, item, `${path}.${key}`, [...open, value]);
}
