import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { KernelFactory } from '../kernel.js';
import { rowReduction } from '../fused/rows.js';
import { argMaxKernel, argMinKernel } from './argExtreme.js';
import { conv2dKernel } from './conv.js';
import { cumsumKernel } from './cumsum.js';
import { gatherKernel } from './gather.js';
import { matmulKernel } from './matmul.js';
import { maxPoolIndicesKernel } from './pool.js';
import { randomBits, splitKey } from './random.js';
import { fullKernel } from './full.js';
import { padKernel } from './pad.js';
import { reduceKernels } from './reduce.js';
import { broadcastToKernel, concatKernel, flipKernel, sliceKernel } from './strided.js';
import { scatterAddKernel } from './scatterAdd.js';
import { transposeKernel } from './transpose.js';
import { iotaKernel } from './iota.js';
import { dynamicSliceKernel, dynamicUpdateSliceKernel } from './dynamicSlice.js';
import { argsortKernel } from './argsort.js';

/** Kernels by primitive. */
export type KernelTable = { readonly [N in PrimitiveName]?: KernelFactory<N> | undefined };

/** The kernels that are faster than the reference. */
export const kernels: KernelTable = {
  argMax: argMaxKernel,
  argMin: argMinKernel,
  conv2d: conv2dKernel,
  cumsum: cumsumKernel,
  gather: gatherKernel,
  matmul: matmulKernel,
  maxPoolIndices: maxPoolIndicesKernel,
  randomBits,
  splitKey,
  full: fullKernel,
  pad: padKernel,
  broadcastTo: broadcastToKernel,
  concat: concatKernel,
  flip: flipKernel,
  slice: sliceKernel,
  sum: reduceKernels(rowReduction('sum')).sum,
  prod: reduceKernels(rowReduction('prod')).prod,
  reduceMax: reduceKernels(rowReduction('reduceMax')).reduceMax,
  reduceMin: reduceKernels(rowReduction('reduceMin')).reduceMin,
  scatterAdd: scatterAddKernel,
  transpose: transposeKernel,
  iota: iotaKernel,
  dynamicSlice: dynamicSliceKernel,
  dynamicUpdateSlice: dynamicUpdateSliceKernel,
  argsort: argsortKernel,
};
