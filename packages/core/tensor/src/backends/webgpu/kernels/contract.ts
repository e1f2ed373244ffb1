import type { Rules } from '../kernel.js';
import { matmulRule } from './contract/matmul.js';

/** Products. */
export const contractRules: Rules = { matmul: matmulRule };
