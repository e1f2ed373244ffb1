import { ArgumentError } from '@core/tensor';
import { nearest } from './nearest.js';

/** The names of all options in O: the compiler refuses a table that lacks one or has one too many. */
export type OptionNames<O> = { readonly [K in keyof O]-?: true };

/** Throws ArgumentError unless `options` is an object with no names but the known ones. */
export function checkOptions<O extends object>(op: string, options: O, names: OptionNames<O>): void {
  const known = Object.keys(names);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      `${op}: options must be an object with any of ${known.join(', ')}; got ${describe(options)}`,
    );
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new ArgumentError(
      `${op}: there is no option '${name}'; did you mean '${nearest(name, known)}'? Known are ${known.join(', ')}`,
    );
  }
}

/** Throws ArgumentError unless `value` is a Uint8Array (or a Buffer, which is one), also one of another realm. */
export function checkBytes(op: string, value: unknown): void {
  if (isBytes(value)) return;
  const help =
    value instanceof ArrayBuffer || ArrayBuffer.isView(value)
      ? '; view it with new Uint8Array(buffer, byteOffset, byteLength)'
      : typeof value === 'string'
        ? '; a path is read by the functions of @core/data/node'
        : '';
  throw new ArgumentError(`${op}: wants the bytes as a Uint8Array, got ${describe(value)}${help}`);
}

export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Throws ArgumentError unless `value` is an object that names things: no list, no typed array, no Map. */
export function checkNamed(op: string, what: string, value: unknown): void {
  const list = Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map;
  if (typeof value === 'object' && value !== null && !list) return;
  throw new ArgumentError(`${op}: wants an object of ${what} by name, got ${describe(value)}`);
}

/** Throws ArgumentError unless `value` is a string. */
export function checkText(op: string, value: unknown): void {
  if (typeof value === 'string') return;
  const help = isBytes(value) ? '; decode it with new TextDecoder().decode(bytes)' : '';
  throw new ArgumentError(`${op}: wants a string, got ${describe(value)}${help}`);
}

/** What a value is, for messages: `null`, `the number 3`, `a Float32Array`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') {
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return `the ${typeof value} ${String(value)}`;
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'Object' ? 'an object' : `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
