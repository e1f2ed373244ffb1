import { FormatError } from '../errors.js';
import type { ElementType } from './elements.js';

export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const typeOfDescr: Readonly<Record<string, ElementType>> = {
  b1: 'bool',
  '?': 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** Reads the header's Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`. */
export function parseNpyHeader(text: string): NpyHeader {
  const value = new Literal(text).read();
  if (!(value instanceof Map) || value.size !== 3)
    throw invalid(text, 'wants the keys descr, fortran_order and shape');
  const descr = value.get('descr');
  const fortranOrder = value.get('fortran_order');
  const shape = value.get('shape');
  if (descr instanceof Array) {
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      'NPY: structured arrays (records) are not read; save each field on its own',
    );
  }
  if (typeof descr !== 'string') throw invalid(text, 'descr must be a string');
  if (typeof fortranOrder !== 'boolean') throw invalid(text, 'fortran_order must be True or False');
  if (
    !(shape instanceof Array) ||
    !shape.every((length) => Number.isSafeInteger(length) && Number(length) >= 0)
  ) {
    throw invalid(text, 'shape must be a tuple of sizes');
  }
  const match = /^([<>|=]?)(.*)$/s.exec(descr);
  const type = typeOfDescr[match?.[2] ?? ''];
  if (type === undefined) {
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      `NPY: dtype '${descr}' is not read; known are bool, integers and floats of up to 8 bytes ('<f4', '>i2', '|b1', ...)`,
    );
  }
  // '=' and nothing mean the writer's own order, which is little-endian on every machine in use.
  return { type, littleEndian: match?.[1] !== '>', fortranOrder, shape: shape.map(Number) };
}

function invalid(text: string, why: string): FormatError {
  return new FormatError(
    'FORMAT_HEADER',
    `NPY: bad header: ${why}; got ${JSON.stringify(text.trim().slice(0, 200))}`,
  );
}

type Value = string | number | boolean | Value[] | Map<string, Value>;

/** The part of Python's literals that NPY headers use: strings, integers, booleans, tuples, lists and dictionaries. */
class Literal {
  private at = 0;

  constructor(private readonly text: string) {}

  read(): Value {
    const value = this.value();
    this.space();
    if (this.at !== this.text.length) throw this.error();
    return value;
  }

  private value(): Value {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.dictionary();
    if (char === '(') return this.sequence(')');
    if (char === '[') return this.sequence(']');
    // Escapes do not occur in descr, the only string value.
    const token = /'[^'\\]*'|"[^"\\]*"|True|False|\d+L?/y;
    token.lastIndex = this.at;
    const found = token.exec(this.text)?.[0];
    if (found === undefined) throw this.error();
    this.at += found.length;
    if (found === 'True' || found === 'False') return found === 'True';
    if (found[0] === "'" || found[0] === '"') return found.slice(1, -1);
    // Python 2 wrote sizes as 3L.
    return Number(found.replace('L', ''));
  }

  private dictionary(): Map<string, Value> {
    const map = new Map<string, Value>();
    this.items('}', () => {
      const key = this.value();
      this.space();
      if (typeof key !== 'string' || map.has(key) || this.text[this.at] !== ':') throw this.error();
      this.at++;
      map.set(key, this.value());
    });
    return map;
  }

  private sequence(close: string): Value[] {
    const list: Value[] = [];
    this.items(close, () => list.push(this.value()));
    return list;
  }

  private items(close: string, item: () => void): void {
    this.at++;
    for (this.space(); this.text[this.at] !== close; this.space()) {
      item();
      this.space();
      if (this.text[this.at] === ',') this.at++;
      else if (this.text[this.at] !== close) throw this.error();
    }
    this.at++;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private error(): FormatError {
    return invalid(this.text, `cannot be read at character ${this.at}`);
  }
}
