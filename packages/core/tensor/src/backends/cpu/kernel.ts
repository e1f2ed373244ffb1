import type { PrimitiveName, PrimitiveParameters } from '../../primitives/parameters.js';
import type { Aval } from '../../shape.js';
import type { Engine } from './engine.js';

/** Runs at heap addresses: those of the inputs, then those of the outputs. */
export type HeapKernel = (addresses: readonly number[]) => void;

/** An equation without its values. */
export interface Problem<N extends PrimitiveName> {
  readonly inputs: readonly Aval[];
  readonly outputs: readonly Aval[];
  readonly params: PrimitiveParameters[N];
}

/**
 * Makes a primitive's kernel for one problem. What depends on shapes and parameters alone is worked out here, once.
 * Undefined where the reference kernel is to be used.
 */
export type KernelFactory<N extends PrimitiveName> = (
  problem: Problem<N>,
  engine: Engine,
) => HeapKernel | undefined;
