import type { Code, ValueType } from './code.js';
import { block, br, brIf, i32, loop, unsigned } from './code.js';

/** A local variable or a parameter of a function. */
export interface Local {
  readonly get: Code;
  readonly set: (value: Code) => Code;
  /** Sets it and leaves the value. */
  readonly tee: (value: Code) => Code;
}

/** What a body is written with. */
export interface Frame {
  /** A new local; the engine sets it to 0. */
  readonly local: (type: ValueType) => Local;
  /** The value kept in a new local, for reading it several times. `code` must stand before the readers. */
  readonly keep: (type: ValueType, value: Code) => { readonly code: Code; readonly get: Code };
  /** `body` for i = from, from + step, … while i < to (signed; `to` is computed anew each time, so make it cheap). */
  readonly range: (i: Local, from: Code, to: Code, step: number, body: Code) => Code;
}

/** A function of a module: parameters by name, in order. It returns nothing unless `result` says so. */
export interface WasmFunction<P extends string = string> {
  readonly parameters: Readonly<Record<P, ValueType>>;
  readonly result?: ValueType;
  readonly body: (parameters: Readonly<Record<P, Local>>, frame: Frame) => Code;
}

/** A function that a module is given as `env.name`. */
export interface ImportedFunction {
  readonly imported: string;
  readonly parameters: readonly ValueType[];
}

/** What a module consists of; those that it imports must come first. Calls are by the place in the list. */
export type ModuleFunction = WasmFunction | ImportedFunction;

export const isImported = (item: ModuleFunction): item is ImportedFunction => 'imported' in item;

/** Types a function by its parameters' names. */
export function defineFunction<P extends string>(definition: WasmFunction<P>): WasmFunction {
  return definition;
}

const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** How a module imports its memory; must be that of the memory given to it. */
export interface MemoryType {
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly shared: boolean;
}

/** The bytes of a module that imports `env.memory` and exports its functions as `0`, `1`, … */
export function encodeModule(
  functions: readonly ModuleFunction[],
  memory: MemoryType,
): Uint8Array<ArrayBuffer> {
  const imported = functions.filter(isImported);
  const own = functions.filter((item): item is WasmFunction => !isImported(item));
  const types = functions.map((item) => [
    0x60,
    vector(Object.values(item.parameters).map((type) => typeCodes[type])),
    isImported(item) || item.result === undefined ? 0 : [1, typeCodes[item.result]],
  ]);
  const limits = [memory.shared ? 3 : 1, unsigned(memory.initialPages), unsigned(memory.maximumPages)];
  const bytes: number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const section = (id: number, content: Code): void => {
    const flat: number[] = [];
    flatten(content, flat);
    bytes.push(id);
    for (const byte of unsigned(flat.length)) bytes.push(byte);
    for (const byte of flat) bytes.push(byte);
  };
  section(1, vector(types));
  const given = imported.map((item, i) => [name('env'), name(item.imported), 0x00, unsigned(i)]);
  section(2, vector([[name('env'), name('memory'), 0x02, limits], ...given]));
  section(3, vector(own.map((_, i) => unsigned(imported.length + i))));
  section(7, vector(functions.map((_, i) => [name(String(i)), 0x00, unsigned(i)])));
  section(10, vector(own.map(functionBody)));
  return Uint8Array.from(bytes);
}

function functionBody({ parameters, body }: WasmFunction): Code {
  const names = Object.keys(parameters);
  const locals: ValueType[] = [];
  const variable = (index: number): Local => ({
    get: [0x20, unsigned(index)],
    set: (value) => [value, 0x21, unsigned(index)],
    tee: (value) => [value, 0x22, unsigned(index)],
  });
  const local = (type: ValueType): Local => variable(names.length + locals.push(type) - 1);
  const frame: Frame = {
    local,
    keep: (type, value) => {
      const kept = local(type);
      return { code: kept.set(value), get: kept.get };
    },
    range: (i, from, to, step, inside) => [
      i.set(from),
      block(loop(brIf(1, i32.geS(i.get, to)), inside, i.set(i32.add(i.get, i32.const(step))), br(0))),
    ],
  };
  const flat: number[] = [];
  flatten(body(Object.fromEntries(names.map((key, i) => [key, variable(i)])), frame), flat);
  const declared: number[] = [];
  flatten(vector(locals.map((type) => [1, typeCodes[type]])), declared);
  return [unsigned(declared.length + flat.length + 1), declared, flat, 0x0b];
}

function flatten(code: Code, into: number[]): void {
  if (typeof code === 'number') into.push(code);
  else for (const part of code) flatten(part, into);
}

const vector = (items: readonly Code[]): Code => [unsigned(items.length), items];

function name(text: string): Code {
  const bytes = [...new TextEncoder().encode(text)];
  return [unsigned(bytes.length), bytes];
}
