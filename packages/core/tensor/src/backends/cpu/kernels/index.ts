import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { KernelFactory } from '../kernel.js';
import { conv2dKernel } from './conv.js';
import { matmulKernel } from './matmul.js';
import { randomBits, splitKey } from './random.js';
import { fullKernel } from './full.js';
import { padKernel } from './pad.js';
import { broadcastToKernel, concatKernel, flipKernel, sliceKernel } from './strided.js';

/** Kernels by primitive. */
export type KernelTable = { readonly [N in PrimitiveName]?: KernelFactory<N> | undefined };

/** The kernels that are faster than the reference. */
export const kernels: KernelTable = {
  conv2d: conv2dKernel,
  matmul: matmulKernel,
  randomBits,
  splitKey,
  full: fullKernel,
  pad: padKernel,
  broadcastTo: broadcastToKernel,
  concat: concatKernel,
  flip: flipKernel,
  slice: sliceKernel,
};
