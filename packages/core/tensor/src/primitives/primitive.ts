import type { DType, TypedArray } from '../dtype.js';
import type { Program } from '../program/program.js';
import type { Aval } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { PrimitiveName, PrimitiveParameters } from './parameters.js';

/**
 * Everything that is known of a primitive operation, in one place. The type demands every rule, so a gap is a compile
 * error: a primitive has both derivative rules, or says why its derivative is zero.
 */
export type Primitive<N extends PrimitiveName = PrimitiveName> = PrimitiveBase<N> & Differentiation<N>;

interface PrimitiveBase<N extends PrimitiveName> {
  readonly name: N;
  /** Checks the inputs and gives the outputs' shapes and dtypes. Throws ShapeError, DTypeError or ArgumentError. */
  readonly shape: (inputs: readonly Aval[], params: PrimitiveParameters[N]) => Aval[];
  /** How to apply it to a stack of problems at once. */
  readonly batch: BatchRule<N>;
  /** The reference implementation on row-major typed arrays. Every element of every output must be written. */
  readonly kernel: Kernel<N>;
  /** The output is the first input's memory under another shape. */
  readonly aliases?: true;
  /**
   * An elementwise primitive: what one element of its output is, given those of its inputs at the same place (which are
   * broadcast to the output's shape). Backends join such primitives into one loop, and let results overwrite inputs.
   */
  readonly expression?: ElementExpression<N>;
}

export type Differentiation<N extends PrimitiveName> =
  | { readonly jvp: JvpRule<N>; readonly vjp: VjpRule<N> }
  | HigherOrderRules<N>
  | { readonly notDifferentiable: string };

/** For primitives that carry programs or functions: derivative and value come out of one computation. */
export interface HigherOrderRules<N extends PrimitiveName> {
  readonly jvpWithOutputs: (context: Omit<JvpContext<N>, 'outputs'>) => {
    outputs: Tensor[];
    tangents: (Tensor | null)[];
  };
  /** The forward pass of reverse mode: outputs, and what the backward pass will need. */
  readonly forward: (context: {
    inputs: readonly Tensor[];
    needs: readonly boolean[];
    params: PrimitiveParameters[N];
  }) => {
    outputs: Tensor[];
    residuals: Tensor[];
    /** Anything else to hand to the backward pass. */
    memo?: unknown;
  };
  readonly vjp: VjpRule<N>;
}

/** Forward mode: the outputs' tangents from the inputs'. `null` stands for a zero tangent, in and out. */
export type JvpRule<N extends PrimitiveName> = (context: JvpContext<N>) => (Tensor | null)[];

export interface JvpContext<N extends PrimitiveName> {
  readonly primals: readonly Tensor[];
  readonly tangents: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  readonly params: PrimitiveParameters[N];
}

/** Reverse mode: the inputs' cotangents from the outputs'. `null` in: zero. `null` out: zero, or not needed. */
export type VjpRule<N extends PrimitiveName> = (context: VjpContext<N>) => (Tensor | null)[];

export interface VjpContext<N extends PrimitiveName> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly cotangents: readonly (Tensor | null)[];
  /** Which inputs' cotangents are wanted. */
  readonly needs: readonly boolean[];
  readonly params: PrimitiveParameters[N];
  readonly residuals: readonly Tensor[];
  readonly memo: unknown;
}

/**
 * Inputs marked in `batched` carry a leading axis of length `size`; all outputs must come back with that axis in front.
 */
export type BatchRule<N extends PrimitiveName> = (context: BatchContext<N>) => Tensor[];

export interface BatchContext<N extends PrimitiveName> {
  readonly inputs: readonly Tensor[];
  readonly batched: readonly boolean[];
  readonly size: number;
  readonly params: PrimitiveParameters[N];
}

/** Row-major elements with their shape, as kernels see them. */
export interface HostArray extends Aval {
  readonly data: TypedArray;
}

export type Kernel<N extends PrimitiveName> = (
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
  params: PrimitiveParameters[N],
  /** Runs a program that the primitive carries, for loops and branches. */
  run: RunProgram,
) => void;

export type ElementExpression<N extends PrimitiveName> = (
  dtypes: readonly DType[],
  params: PrimitiveParameters[N],
) => Expression;

/** JS for one element. */
export interface Expression {
  /** Over the names a, b, c; may call `helpers` by name. The result is then rounded to the output's dtype. */
  readonly code: string;
  /** A name stands for the same function in all expressions. */
  readonly helpers?: Readonly<Record<string, (...args: number[]) => number>>;
}

export type RunProgram = (
  program: Program,
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
) => void;

const table = new Map<string, Primitive>();

/** Makes records known to `bind`. Refuses a name that is taken. */
export function registerPrimitives(primitives: { readonly [N in PrimitiveName]: Primitive<N> }): void {
  for (const [name, primitive] of Object.entries(primitives))
    table.set(name, primitive as unknown as Primitive);
}

export function lookupPrimitive<N extends PrimitiveName>(name: N): Primitive<N> {
  // The table is filled from a mapped type with exactly these pairs; Map cannot express the pairing.
  return table.get(name) as unknown as Primitive<N>;
}

export function allPrimitives(): readonly Primitive[] {
  return [...table.values()];
}

/** Types a record by its name. */
export function definePrimitive<N extends PrimitiveName>(primitive: Primitive<N>): Primitive<N> {
  return primitive;
}
