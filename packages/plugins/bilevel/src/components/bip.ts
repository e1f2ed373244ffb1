import type { Tree } from '@core/tensor';
import type { Config } from '../configs.js';
import { bip, type BipState } from '../pruning/bip.js';
import type { PruningSolver } from '../pruning/solver.js';

export function create(config: Config<'bip'>): PruningSolver<Tree, unknown, BipState> {
  return bip(config);
}
