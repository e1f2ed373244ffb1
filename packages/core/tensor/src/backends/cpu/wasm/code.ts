/**
 * WebAssembly instructions as functions: `f32x4.add(a, b)` is the code that computes a and b and adds them. Code is
 * bytes in nested lists, so that pieces are put together without copying; `functionModule` flattens them once.
 */
export type Code = number | readonly Code[];

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

type Instruction = (...operands: Code[]) => Code;

const instruction =
  (...opcode: number[]): Instruction =>
  (...operands) => [operands, opcode];

function instructions<K extends string>(
  table: Readonly<Record<K, number>>,
): Readonly<Record<K, Instruction>> {
  return map(table, (opcode) => instruction(opcode));
}

/** Vector instructions stand behind a prefix. */
function vectors<K extends string>(table: Readonly<Record<K, number>>): Readonly<Record<K, Instruction>> {
  return map(table, (opcode) => instruction(0xfd, ...unsigned(opcode)));
}

function map<K extends string, V>(table: Readonly<Record<K, number>>, make: (opcode: number) => V) {
  const entries = Object.entries<number>(table).map(([name, opcode]) => [name, make(opcode)]);
  return Object.fromEntries(entries) as Readonly<Record<K, V>>;
}

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return bytes;
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    if ((rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** The bytes of numbers as they lie in memory. */
function bytesOf(values: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array): number[] {
  return [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}

/** An access to memory at `address + offset`; `align` is the power of two that the engine may hope for. */
const load =
  (opcode: readonly number[], align: number) =>
  (address: Code, offset = 0): Code => [address, opcode, align, unsigned(offset)];
const store =
  (opcode: readonly number[], align: number) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, align, unsigned(offset)];
const loadLane =
  (opcode: number, align: number) =>
  (address: Code, vector: Code, lane: number, offset = 0): Code => [address, vector, 0xfd, opcode, align, unsigned(offset), lane]; // prettier-ignore
const lane =
  (opcode: number) =>
  (index: number, ...operands: Code[]): Code => [operands, 0xfd, unsigned(opcode), index];

export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value | 0))],
  load: load([0x28], 2),
  load8U: load([0x2d], 0),
  store: store([0x36], 2),
  store8: store([0x3a], 0),
  ...instructions({
    eqz: 0x45, eq: 0x46, ne: 0x47, ltS: 0x48, ltU: 0x49, gtS: 0x4a, gtU: 0x4b, leS: 0x4c, leU: 0x4d, geS: 0x4e, geU: 0x4f,
    clz: 0x67, ctz: 0x68, popcnt: 0x69, add: 0x6a, sub: 0x6b, mul: 0x6c, divS: 0x6d, divU: 0x6e, remS: 0x6f, remU: 0x70,
    and: 0x71, or: 0x72, xor: 0x73, shl: 0x74, shrS: 0x75, shrU: 0x76, rotl: 0x77, rotr: 0x78,
    wrapI64: 0xa7, reinterpretF32: 0xbc,
  }), // prettier-ignore
  truncSatF64S: instruction(0xfc, 2),
  truncSatF32S: instruction(0xfc, 0),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  load: load([0x29], 3),
  store: store([0x37], 3),
  ...instructions({
    eqz: 0x50, eq: 0x51, ne: 0x52, ltS: 0x53, ltU: 0x54, gtS: 0x55, gtU: 0x56, leS: 0x57, leU: 0x58, geS: 0x59, geU: 0x5a,
    add: 0x7c, sub: 0x7d, mul: 0x7e, and: 0x83, or: 0x84, xor: 0x85, shl: 0x86, shrS: 0x87, shrU: 0x88,
    extendI32S: 0xac, extendI32U: 0xad, reinterpretF64: 0xbd,
  }), // prettier-ignore
};

export const f32 = {
  const: (value: number): Code => [0x43, bytesOf(Float32Array.of(value))],
  load: load([0x2a], 2),
  store: store([0x38], 2),
  ...instructions({
    eq: 0x5b, ne: 0x5c, lt: 0x5d, gt: 0x5e, le: 0x5f, ge: 0x60, abs: 0x8b, neg: 0x8c, ceil: 0x8d, floor: 0x8e, trunc: 0x8f,
    nearest: 0x90, sqrt: 0x91, add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97,
    convertI32S: 0xb2, convertI32U: 0xb3, demoteF64: 0xb6, reinterpretI32: 0xbe,
  }), // prettier-ignore
};

export const f64 = {
  const: (value: number): Code => [0x44, bytesOf(Float64Array.of(value))],
  load: load([0x2b], 3),
  store: store([0x39], 3),
  ...instructions({
    eq: 0x61, ne: 0x62, lt: 0x63, gt: 0x64, le: 0x65, ge: 0x66, abs: 0x99, neg: 0x9a, ceil: 0x9b, floor: 0x9c, trunc: 0x9d,
    nearest: 0x9e, sqrt: 0x9f, add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5,
    convertI32S: 0xb7, convertI32U: 0xb8, convertI64S: 0xb9, convertI64U: 0xba, promoteF32: 0xbb, reinterpretI64: 0xbf,
  }), // prettier-ignore
};

export const v128 = {
  load: load([0xfd, 0x00], 0),
  store: store([0xfd, 0x0b], 0),
  load8Splat: load([0xfd, 0x07], 0),
  load32Splat: load([0xfd, 0x09], 0),
  load64Splat: load([0xfd, 0x0a], 0),
  load8x8S: load([0xfd, 0x01], 0),
  load8x8U: load([0xfd, 0x02], 0),
  load32x2S: load([0xfd, 0x05], 0),
  load32x2U: load([0xfd, 0x06], 0),
  /** One element into lane 0, zeros above. */
  load32Zero: load([0xfd, 0x5c], 0),
  load64Zero: load([0xfd, 0x5d], 0),
  load8Lane: loadLane(0x54, 0),
  load32Lane: loadLane(0x56, 0),
  load64Lane: loadLane(0x57, 0),
  store8Lane: loadLane(0x58, 0),
  store32Lane: loadLane(0x5a, 0),
  store64Lane: loadLane(0x5b, 0),
  ...vectors({ not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52, anyTrue: 0x53 }),
};

const bytesConst = (bytes: number[]): Code => [0xfd, 0x0c, bytes];

export const i8x16 = {
  const: (...values: number[]): Code => bytesConst(bytesOf(Uint8Array.from(values))),
  /** Bytes `order` of the 32 bytes of a, b. */
  shuffle: (a: Code, b: Code, order: readonly number[]): Code => [a, b, 0xfd, 0x0d, order],
  extractU: lane(0x16),
  ...vectors({
    swizzle: 0x0e, splat: 0x0f, eq: 0x23, ne: 0x24, ltS: 0x25, ltU: 0x26, gtS: 0x27, gtU: 0x28, allTrue: 0x63, bitmask: 0x64,
    narrowI16x8S: 0x65, narrowI16x8U: 0x66, neg: 0x61, add: 0x6e, sub: 0x71, minU: 0x77, maxU: 0x79,
  }), // prettier-ignore
};

export const i16x8 = {
  ...vectors({
    splat: 0x10, eq: 0x2d, ne: 0x2e, allTrue: 0x83, bitmask: 0x84, narrowI32x4S: 0x85, narrowI32x4U: 0x86,
    extendLowI8x16S: 0x87, extendHighI8x16S: 0x88, extendLowI8x16U: 0x89, extendHighI8x16U: 0x8a,
    shl: 0x8b, shrS: 0x8c, shrU: 0x8d, add: 0x8e, sub: 0x91, mul: 0x95,
  }), // prettier-ignore
};

export const i32x4 = {
  const: (a: number, b = a, c = a, d = a): Code => bytesConst(bytesOf(Int32Array.of(a, b, c, d))),
  extract: lane(0x1b),
  replace: lane(0x1c),
  ...vectors({
    splat: 0x11, eq: 0x37, ne: 0x38, ltS: 0x39, ltU: 0x3a, gtS: 0x3b, gtU: 0x3c, leS: 0x3d, leU: 0x3e, geS: 0x3f, geU: 0x40,
    abs: 0xa0, neg: 0xa1, allTrue: 0xa3, bitmask: 0xa4, extendLowI16x8S: 0xa7, extendHighI16x8S: 0xa8, extendLowI16x8U: 0xa9,
    extendHighI16x8U: 0xaa, shl: 0xab, shrS: 0xac, shrU: 0xad, add: 0xae, sub: 0xb1, mul: 0xb5, minS: 0xb6, minU: 0xb7,
    maxS: 0xb8, maxU: 0xb9, truncSatF32x4S: 0xf8, truncSatF64x2SZero: 0xfc,
    truncSatF64x2UZero: 0xfd,
  }), // prettier-ignore
};

export const i64x2 = {
  const: (a: bigint, b = a): Code => bytesConst(bytesOf(BigInt64Array.of(a, b))),
  extract: lane(0x1d),
  ...vectors({
    splat: 0x12, abs: 0xc0, neg: 0xc1, allTrue: 0xc3, bitmask: 0xc4, extendLowI32x4S: 0xc7, extendHighI32x4S: 0xc8,
    extendLowI32x4U: 0xc9, extendHighI32x4U: 0xca, shl: 0xcb, shrS: 0xcc, shrU: 0xcd, add: 0xce, sub: 0xd1, mul: 0xd5,
    eq: 0xd6, ne: 0xd7, ltS: 0xd8, gtS: 0xd9, leS: 0xda, geS: 0xdb, extmulLowI32x4U: 0xde, extmulHighI32x4U: 0xdf,
  }), // prettier-ignore
};

export const f32x4 = {
  const: (a: number, b = a, c = a, d = a): Code => bytesConst(bytesOf(Float32Array.of(a, b, c, d))),
  extract: lane(0x1f),
  replace: lane(0x20),
  ...vectors({
    splat: 0x13, eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46, demoteF64x2Zero: 0x5e, ceil: 0x67, floor: 0x68,
    trunc: 0x69, nearest: 0x6a, abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8,
    max: 0xe9, pmin: 0xea, pmax: 0xeb, convertI32x4S: 0xfa, convertI32x4U: 0xfb,
    /** a b + c in one rounding or two, as the machine does it: relaxed SIMD only. */
    relaxedMadd: 0x105, relaxedNmadd: 0x106,
  }), // prettier-ignore
};

export const f64x2 = {
  const: (a: number, b = a): Code => bytesConst(bytesOf(Float64Array.of(a, b))),
  extract: lane(0x21),
  replace: lane(0x22),
  ...vectors({
    splat: 0x14, eq: 0x47, ne: 0x48, lt: 0x49, gt: 0x4a, le: 0x4b, ge: 0x4c, promoteLowF32x4: 0x5f, ceil: 0x74, floor: 0x75,
    trunc: 0x7a, nearest: 0x94, abs: 0xec, neg: 0xed, sqrt: 0xef, add: 0xf0, sub: 0xf1, mul: 0xf2, div: 0xf3, min: 0xf4,
    max: 0xf5, pmin: 0xf6, pmax: 0xf7, convertLowI32x4S: 0xfe, relaxedMadd: 0x107, relaxedNmadd: 0x108,
  }), // prettier-ignore
};

export const memory = {
  /** Overlap is allowed. */
  copy: (to: Code, from: Code, bytes: Code): Code => [to, from, bytes, 0xfc, 0x0a, 0, 0],
  fill: (at: Code, byte: Code, bytes: Code): Code => [at, byte, bytes, 0xfc, 0x0b, 0],
};

// --- control: labels count outwards from 0, the innermost block, loop or if ---

const empty = 0x40;
export const block = (...body: Code[]): Code => [0x02, empty, body, 0x0b];
export const loop = (...body: Code[]): Code => [0x03, empty, body, 0x0b];
export const br = (depth: number): Code => [0x0c, unsigned(depth)];
export const brIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)];
export const when = (condition: Code, then: Code, otherwise?: Code): Code => [
  condition, 0x04, empty, then, otherwise === undefined ? [] : [0x05, otherwise], 0x0b,
]; // prettier-ignore
/** a if the condition is not 0, else b; both are computed. */
export const select = (condition: Code, a: Code, b: Code): Code => [a, b, condition, 0x1b];
/** Calls a function by its place in the module, those that it imports included. */
export const call = (index: number, ...operands: Code[]): Code => [operands, 0x10, unsigned(index)];
