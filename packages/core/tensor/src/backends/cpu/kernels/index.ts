import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { KernelFactory } from '../kernel.js';

/** The kernels that are faster than the reference, by primitive. */
export const kernels: { readonly [N in PrimitiveName]?: KernelFactory<N> } = {};
