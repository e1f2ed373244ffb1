import type { PrimitiveName, PrimitiveParameters } from './primitives/parameters.js';
import type { Primitive } from './primitives/primitive.js';
import type { Equation } from './program/program.js';
import type { Aval } from './shape.js';
import { sameShape } from './shape.js';

/** Problems kept for one primitive; when there are more, all are forgotten. */
const most = 256;
const tables = new Map<PrimitiveName, Map<number, Equation>>();

/**
 * The equation of an eager operation, without its values. The same problem (shapes, dtypes, parameters) has the same
 * object again: its shape rule is not asked twice, and backends may keep by it what they have prepared.
 */
export function problemOf<N extends PrimitiveName>(
  primitive: Primitive<N>,
  inputs: readonly Aval[],
  params: PrimitiveParameters[N],
): Equation {
  let table = tables.get(primitive.name);
  if (table === undefined) tables.set(primitive.name, (table = new Map<number, Equation>()));
  const key = hashOf(inputs, params);
  const known = table.get(key);
  if (known !== undefined && sameAvals(known.inputs, inputs) && sameValue(known.params, params)) return known;
  const outputs = primitive.shape(inputs, params).map(avalOf);
  const made = { primitive: primitive.name, params, inputs: inputs.map(avalOf), outputs } as Equation;
  // A program among the parameters is not kept alive.
  if (!isPlain(params)) return made;
  if (table.size >= most) table.clear();
  table.set(key, made);
  return made;
}

/** Shape and dtype alone: the tensor itself would be kept alive. */
const avalOf = ({ shape, dtype }: Aval): Aval => ({ shape, dtype });

/** A number that equal problems share. */
function hashOf(inputs: readonly Aval[], params: object): number {
  let hash = inputs.length;
  for (const { shape, dtype } of inputs) {
    // The letters in which the dtypes' names differ.
    hash = Math.imul(hash, 31) + dtype.charCodeAt(0) + (dtype.charCodeAt(5) | 0);
    for (let axis = 0; axis < shape.length; axis++) hash = Math.imul(hash, 31) + shape[axis]!;
    hash = Math.imul(hash, 31) + shape.length;
  }
  for (const name in params) hash = hashValue(hash, (params as Record<string, unknown>)[name]);
  return hash | 0;
}

function hashValue(hash: number, value: unknown): number {
  if (typeof value === 'number') return (Math.imul(hash, 31) + value * 65537) | 0;
  if (typeof value === 'boolean') return (Math.imul(hash, 31) + (value ? 1 : 2)) | 0;
  if (typeof value === 'string') return (Math.imul(hash, 31) + value.charCodeAt(0)) | 0;
  if (Array.isArray(value)) for (const item of value as unknown[]) hash = hashValue(hash, item);
  return hash;
}

function sameAvals(a: readonly Aval[], b: readonly Aval[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.dtype !== y.dtype || (x.shape !== y.shape && !sameShape(x.shape, y.shape))) return false;
  }
  return true;
}

/** Whether two parameters are equal; what is neither a plain value nor a list or record of such is no other. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(x);
  return names.length === Object.keys(y).length && names.every((name) => sameValue(x[name], y[name]));
}

function isPlain(params: object): boolean {
  for (const name in params) {
    const value: unknown = (params as Record<string, unknown>)[name];
    if (typeof value === 'function') return false;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return false;
  }
  return true;
}
