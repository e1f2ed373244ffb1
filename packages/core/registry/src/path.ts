/** A place inside plain data: `['optimizers', 1, 'learningRate']`. */
export type Path = readonly (string | number)[];

const plainKey = /^[A-Za-z_$][\w$-]*$/;

/** `optimizers[1].learningRate`; keys that are no plain words are quoted: `["a.b"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${String(part)}]`;
    if (!plainKey.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

const step = /\.?([^.[\]"=\s]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** Reads what `formatPath` writes; `undefined` when the text is no path. A plain number after a dot is an index too. */
export function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < text.length) {
    const at = step.lastIndex;
    const match = step.exec(text);
    if (match === null) return undefined;
    const [whole, word, index, quoted] = match;
    const dotted = whole.startsWith('.');
    if (word !== undefined && dotted === (at === 0)) return undefined;
    if (word !== undefined) path.push(/^\d+$/.test(word) ? Number(word) : word);
    else if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(String(JSON.parse(quoted)));
  }
  return path.length === 0 ? undefined : path;
}

/** Objects as `{}` or JSON make them, not class instances (tensors, dates) and not arrays. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The value at a path; `undefined` when the path leads nowhere. Own properties only. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<string | number, unknown>>)[key];
  }, data);
}

/**
 * A copy of `data` with `value` at `path`; what lies beside the path is shared, missing objects are made. Keys are set
 * as own properties, so that `__proto__` is a key like any other.
 */
export function withValueAt(data: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(data) && typeof key === 'number') {
    return Object.assign([...(data as unknown[])], { [key]: withValueAt(data[key], rest, value) });
  }
  const copy: Record<string, unknown> = { ...(isPlainObject(data) ? data : {}) };
  const child = Object.hasOwn(copy, key) ? copy[key] : undefined;
  Object.defineProperty(copy, key, {
    value: withValueAt(child, rest, value),
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}
