import { elementCount } from '../arrays.js';
import { FormatError } from '../errors.js';
import type { ElementType } from './elements.js';
import { elementBytes } from './elements.js';

/** Where one tensor lies: `start` and `end` count from the first byte after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The official reader's limit. */
export const maxHeaderBytes = 100_000_000;

const typeOfName: Readonly<Record<string, ElementType>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/**
 * Parses and checks a header: known types, sizes that fit shapes, offsets that cover the `dataBytes` bytes of the
 * body without hole or overlap, no name twice, metadata of strings only.
 */
export function parseSafetensorsHeader(json: string, dataBytes: number): SafetensorsHeader {
  // The specification wants '{' first: no white space, no byte order mark.
  if (json[0] !== '{') throw header("the header must start with '{'");
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new FormatError('FORMAT_HEADER', 'safetensors: the header is not valid JSON', { cause });
  }
  const twice = repeatedKey(json);
  if (twice !== undefined) throw header(`the name '${twice}' appears twice`);
  // JSON that starts with '{' and parses is an object.
  const fields = Object.entries(parsed as Record<string, unknown>);
  const entries = fields
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => entry(name, value))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(entries, dataBytes);
  return { entries, metadata: metadata(fields.find(([name]) => name === '__metadata__')?.[1]) };
}

function header(what: string): FormatError {
  return new FormatError('FORMAT_HEADER', `safetensors: ${what}`);
}

function entry(name: string, value: unknown): TensorEntry {
  if (typeof value !== 'object' || value === null) throw header(`'${name}' is not described by an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw header(`'${name}' has the unknown field '${unknown}'`);
  if (typeof dtype !== 'string') throw header(`'${name}' has no dtype`);
  const type = typeOfName[dtype];
  if (type === undefined) {
    throw new FormatError(
      'FORMAT_UNSUPPORTED',
      `safetensors: '${name}' has dtype ${dtype}; read are ${Object.keys(typeOfName).join(', ')}`,
    );
  }
  if (!isSizes(shape)) throw header(`'${name}' has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw header(`'${name}' has no valid data_offsets`);
  const [start, end] = offsets as [number, number];
  const wanted = elementCount(shape) * elementBytes[type];
  if (end - start !== wanted) {
    throw header(
      `'${name}', ${dtype}[${shape.join(',')}], takes ${wanted} bytes, its offsets ${start}..${end} span ${end - start}`,
    );
  }
  return { name, type, shape, start, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkCoverage(entries: readonly TensorEntry[], dataBytes: number): void {
  let at = 0;
  for (const { name, start, end } of entries) {
    if (start !== at) {
      throw header(
        `'${name}' starts at ${start}, but the tensor before it ends at ${at}: ${start < at ? 'they overlap' : 'there is a hole'}`,
      );
    }
    at = end;
  }
  if (at > dataBytes) {
    throw new FormatError(
      'FORMAT_TRUNCATED',
      `safetensors: the tensors need ${at} bytes, the file has ${dataBytes}`,
    );
  }
  if (at < dataBytes) {
    throw new FormatError(
      'FORMAT_SIZE',
      `safetensors: the tensors take ${at} bytes, the file has ${dataBytes - at} more`,
    );
  }
}

function metadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  const isText = (item: unknown): item is string => typeof item === 'string';
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !Object.values(value).every(isText)
  ) {
    throw header('__metadata__ must be an object of strings');
  }
  return value as Record<string, string>;
}

/** A key that occurs twice at the top of a valid JSON object; JSON.parse would silently keep the last. */
function repeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const text = match[0];
    if (text === '{' || text === '[') depth++;
    else if (text === '}' || text === ']') depth--;
    else if (depth === 1 && match[1] !== undefined) {
      const key = String(JSON.parse(text.slice(0, text.length - match[1].length)));
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}
