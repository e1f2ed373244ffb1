import { ArgumentError } from './errors.js';

/** Any value in a few words, for messages: `null`, `'abc'`, `[1,NaN]`, `float32[2,3]`, `Map`. Never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `bigint ${value}n`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (Array.isArray(value)) {
    const parts = value.slice(0, 8).map(show);
    return `[${parts.join(',')}${value.length > parts.length ? ',…' : ''}]`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if ('shape' in value && 'dtype' in value)
    return `${typeof value.dtype === 'string' ? value.dtype : show(value.dtype)}${show(value.shape)}`;
  const made: unknown = Object.getPrototypeOf(value) === null ? undefined : value.constructor;
  return typeof made === 'function' && made !== Object
    ? made.name
    : `object {${Object.keys(value).slice(0, 8).join(',')}}`;
}

/** Throws ArgumentError unless `f` is a function. */
export function checkFunction(op: string, f: unknown): void {
  if (typeof f !== 'function') throw new ArgumentError(`${op}: needs a function, got ${show(f)}`);
}
