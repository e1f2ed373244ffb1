import type { DType } from '../../dtype.js';
import type { Binding, Capabilities, Fault, Pass } from './kernel.js';
import { storageOf } from './storage.js';

/** An array as a shader sees it. All elements take four bytes; a bool is a u32 of 0 or 1. */
export interface ArrayUse {
  /**
   * Its name in the shader: `x_get(i)` reads, `x_set(i, value)` writes, `x_length()` is how many there are to get. One that
   * is `atomic` is reached as `x_0[i]` itself; it must fit one binding.
   */
  readonly name: string;
  /** Which of the kernel's arrays. */
  readonly array: number;
  readonly dtype: DType;
  readonly elements: number;
  readonly access: 'read' | 'write' | 'both' | 'atomic';
  /**
   * How many elements `get` and `set` take at once; 4 for fewer, wider loads (indices then count fours). Buffers are
   * padded to whole fours: the last may reach beyond the elements, and what is written there is lost.
   */
  readonly width?: 1 | 4;
}

export interface ShaderOptions {
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly arrays: readonly ArrayUse[];
  /** Threads of a workgroup. */
  readonly size: number;
  /** How many workgroups; beyond 65,535 they are laid out in two dimensions, and some at the end find nothing to do. */
  readonly groups: number;
  /** Module-scope WGSL: functions, constants, `var<workgroup>`. */
  readonly declarations?: string;
  /** The body. In scope: `lane` (thread of the workgroup), `group` (workgroup), `thread` (of all), as u32. */
  readonly main: string;
  readonly faults?: readonly Fault[];
  /** Whether it uses subgroup operations: adds `enable subgroups;` and in scope `subgroup_size` and `subgroup_lane`. */
  readonly subgroups?: boolean;
}

const mostGroups = 65535;

/** WGSL's type of an element in registers. */
export const wgslType = (dtype: DType): string =>
  dtype === 'int32' ? 'i32' : dtype === 'bool' ? 'bool' : 'f32';

/** Bytes of a buffer that holds `elements`: whole vectors of four, and never none, which no binding can show. */
export const paddedBytes = (elements: number): number => Math.max(1, Math.ceil(elements / 4)) * 16;

/**
 * A dispatch of `main`, with the declarations of its arrays. An array larger than a binding may be is shown through
 * several, and its `get` and `set` choose among them.
 */
export function pass(options: ShaderOptions): Pass {
  const { label, capabilities, arrays, size, groups, declarations = '', main, faults = [] } = options;
  const bindings: Binding[] = [];
  const declared = arrays.map((use) => declareArray(use, bindings, capabilities));
  const across = Math.min(groups, mostGroups);
  const wgsl = [
    options.subgroups === true ? 'enable subgroups;' : '',
    capabilities.f16 && (capabilities.halves?.size ?? 0) > 0 ? 'enable f16;' : '',
    ...declared,
    faults.length > 0 ? faultCode(bindings.length) : '',
    declarations,
    `@compute @workgroup_size(${size})`,
    'fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>,',
    options.subgroups === true
      ? '  @builtin(subgroup_size) subgroup_size: u32, @builtin(subgroup_invocation_id) subgroup_lane: u32,'
      : '',
    '  @builtin(local_invocation_index) lane: u32) {',
    '  let group = workgroup_id.x + workgroup_id.y * num_workgroups.x;',
    `  let thread = group * ${size}u + lane;`,
    main,
    '}',
  ];
  return {
    label,
    wgsl: wgsl.filter((line) => line !== '').join('\n'),
    bindings,
    workgroups: [across, Math.ceil(groups / Math.max(1, across))],
    faults,
  };
}

/** Declares an array's bindings and the functions that reach through them. */
function declareArray(use: ArrayUse, bindings: Binding[], capabilities: Capabilities): string {
  const { name, array, dtype, elements, access, width = 1 } = use;
  const storage = storageOf(array, dtype, width, capabilities);
  const most = capabilities.bindingBytes;
  // A binding shows whole words.
  const total = Math.ceil((Math.ceil(Math.max(1, elements) / width) * width * storage.bytes) / 4) * 4;
  const element = access === 'atomic' ? `atomic<${storage.type}>` : storage.type;
  const item = width === 4 ? `vec4<${element}>` : element;
  const mode = access === 'read' ? 'read' : 'read_write';
  const lines: string[] = [];
  const parts: string[] = [];
  for (let offset = 0; offset < total; offset += most) {
    const part = `${name}_${parts.length}`;
    lines.push(`@group(0) @binding(${bindings.length}) var<storage, ${mode}> ${part}: array<${item}>;`);
    bindings.push({ array, offset, bytes: Math.min(most, total - offset), writable: access !== 'read' });
    parts.push(part);
  }
  // One part: the shader does not depend on how many elements there are.
  lines.push(
    parts.length === 1
      ? `fn ${name}_length() -> u32 { return arrayLength(&${parts[0]!}); }`
      : `fn ${name}_length() -> u32 { return ${total / storage.bytes / width}u; }`,
  );
  if (access === 'atomic') return lines.join('\n');
  const perPart = most / storage.bytes / width;
  const value = width === 4 ? `vec4<${wgslType(dtype)}>` : wgslType(dtype);
  /** The line that reaches element i, in the part that holds it. */
  const choose = (line: (place: string) => string): string[] =>
    parts.map((part, k) =>
      k === parts.length - 1
        ? `  ${line(`${part}[i - ${k * perPart}u]`)}`
        : `  if (i < ${(k + 1) * perPart}u) { ${line(`${part}[i - ${k * perPart}u]`)} }`,
    );
  if (access !== 'write')
    lines.push(
      `fn ${name}_get(i: u32) -> ${value} {`,
      ...choose((place) => `return ${storage.load(place)};`),
      '}',
    );
  if (access !== 'read')
    lines.push(
      `fn ${name}_set(i: u32, value: ${value}) {`,
      ...choose((place) => `${place} = ${storage.store('value')}; return;`),
      '}',
    );
  return lines.join('\n');
}

/**
 * `raise(place, value)` notes the first error for the next read, `raise_at` also the position of the value (below
 * 2^32 - 1). Which shader it was is a constant that the device sets, a number for each text: shaders of equal text must
 * have equal faults.
 */
function faultCode(binding: number): string {
  return `override fault_shader: u32 = 0u;
@group(0) @binding(${binding}) var<storage, read_write> fault_record: array<atomic<u32>, 4>;
fn raise(place: u32, value: i32) { raise_at(place, value, 0u); }
fn raise_at(place: u32, value: i32, position: u32) {
  if (atomicCompareExchangeWeak(&fault_record[0], 0u, position + 1u).exchanged) {
    atomicStore(&fault_record[1], fault_shader);
    atomicStore(&fault_record[2], place);
    atomicStore(&fault_record[3], bitcast<u32>(value));
  }
}`;
}
