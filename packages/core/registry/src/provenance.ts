import { isPlainObject } from './path.js';

/** Where an object came from; kept in run records and checkpoints. Plain JSON. */
export interface Provenance {
  /** Component id, `optim/adamp`. */
  readonly use: string;
  /** Plugin and version, `optim@0.1.0`. */
  readonly plugin: string;
  readonly contract: number;
  /** The config it was made with, defaults filled in. */
  readonly config: unknown;
}

// Created objects belong to plugins and may be frozen or functions, so what we know of them is kept beside them.
const provenances = new WeakMap<object, Provenance>();

/** Notes where an object came from. An outer component that returns an inner one's object counts as its maker. */
export function attachProvenance(created: object, provenance: Provenance): void {
  provenances.set(created, provenance);
}

/** Where an object came from; `undefined` for what no registry made. */
export function provenanceOf(created: object): Provenance | undefined {
  return provenances.get(created);
}

/** A frozen JSON copy of a config; what JSON cannot hold (functions, tensors) is named instead of kept. */
export function recordable(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value)) return Object.freeze(value.map(recordable));
  if (isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.freeze(Object.fromEntries(entries.map(([key, item]) => [key, recordable(item)])));
  }
  return `[${typeof value === 'object' ? value.constructor.name : typeof value}]`;
}
