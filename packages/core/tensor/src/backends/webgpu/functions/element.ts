import type { DType } from '../../../dtype.js';
import type { PrimitiveName, PrimitiveParameters } from '../../../primitives/parameters.js';
import type { Equation } from '../../../program/program.js';
import type { Aval } from '../../../shape.js';
import type { Fault } from '../kernel.js';
import type { WgslFunction } from './function.js';

/** WGSL for one element of an elementwise primitive's result. */
export interface ElementCode {
  /**
   * An expression of the result's register type (f32, i32, bool) over WGSL expressions of the operands (names or literals,
   * which may be repeated). `place` is that of the first of `faults`, as a literal, for functions that raise them.
   */
  readonly code: (operands: readonly string[], place: string) => string;
  readonly functions?: readonly WgslFunction[];
  readonly faults?: readonly Fault[];
}

/** By the operands' dtypes and the parameters; undefined for what the host computes. */
export type ElementRule<N extends PrimitiveName> = (
  dtypes: readonly DType[],
  params: PrimitiveParameters[N],
) => ElementCode | undefined;

export type ElementRules = { readonly [N in PrimitiveName]?: ElementRule<N> };

/** The element's code of an equation; undefined where the table has none. */
export function elementCode(equation: Equation<Aval>, rules: ElementRules): ElementCode | undefined {
  // The rule under a primitive's name is for that primitive's parameters; the table's type cannot say so.
  const rule = rules[equation.primitive] as ElementRule<PrimitiveName> | undefined;
  return rule?.(
    equation.inputs.map(({ dtype }) => dtype),
    equation.params,
  );
}
