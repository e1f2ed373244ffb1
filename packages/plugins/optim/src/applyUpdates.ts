import type { Tree } from '@core/tensor';
import { leafwise } from './leaves.js';

/**
 * params + updates: the step that an optimizer's updates describe (contract 4.2).
 *
 * Shapes: both trees have one structure, with equal shapes and dtypes.
 *
 * @throws TreeError, ShapeError, DTypeError naming the path where the trees differ
 */
export function applyUpdates<P extends Tree>(params: P, updates: Tree): P {
  const { next } = leafwise('applyUpdates', params, { updates }, ['next'], ({ param, updates: update }) => ({
    next: param.add(update),
  }));
  return next as P; // the structure is the parameters'
}
