import type { TrellisError } from '../../errors.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';

/** What kernels are written for: the device's abilities and limits, as plain numbers. */
export interface Capabilities {
  /** Threads that run in step can exchange values without workgroup memory. */
  readonly subgroups: boolean;
  /** Half-precision numbers in storage and arithmetic. */
  readonly f16: boolean;
  /** The most bytes of a buffer that one binding can show; a multiple of 256. Larger arrays get several bindings. */
  readonly bindingBytes: number;
  /** The most storage bindings of one kernel. */
  readonly storageBindings: number;
  /** Bytes of memory that a workgroup shares. */
  readonly workgroupBytes: number;
  /** The most threads of a workgroup. */
  readonly threads: number;
  /** Those of the kernel's arrays whose floats are kept in half precision. */
  readonly halves?: ReadonlySet<number>;
}

/**
 * A kernel made ready for one problem: plain data, so that it can be looked at, compared and tested without a device. Its
 * arrays are numbered: the inputs, then the outputs, then `scratch`.
 */
export interface Kernel {
  /** One after another; each sees what those before it wrote. */
  readonly passes: readonly Pass[];
  /** Elements of each temporary array (of four bytes each). */
  readonly scratch?: readonly number[];
}

/** One dispatch of a shader. */
export interface Pass {
  /** For messages: the primitive, or what is fused. */
  readonly label: string;
  readonly wgsl: string;
  /** By binding number. */
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number];
  /** Errors that its threads may raise; `raise(i, value)` (or `raise_at`) in the shader names them by their place here. */
  readonly faults: readonly Fault[];
}

export interface Binding {
  /** Which of the kernel's arrays. */
  readonly array: number;
  readonly offset: number;
  readonly bytes: number;
  readonly writable: boolean;
}

/** The error for a value that a shader found wrong, and where it was found. It is thrown by the next read. */
export type Fault = (value: number, position: number) => TrellisError;

export type Problem<N extends PrimitiveName> = Extract<Equation<Aval>, { primitive: N }>;

/** How the device computes a primitive, or in words why the host does. */
export type Rule<N extends PrimitiveName> = (
  problem: Problem<N>,
  capabilities: Capabilities,
) => Kernel | string;

export type Rules = { readonly [N in PrimitiveName]?: Rule<N> };
