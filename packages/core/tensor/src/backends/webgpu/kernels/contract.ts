import type { Rules } from '../kernel.js';
import { conv2dRule } from './contract/conv2d.js';
import { matmulRule } from './contract/matmul.js';
import { maxPoolIndicesRule } from './contract/pool.js';

/** Products, convolutions, and what pools. */
export const contractRules: Rules = {
  matmul: matmulRule,
  conv2d: conv2dRule,
  maxPoolIndices: maxPoolIndicesRule,
};
