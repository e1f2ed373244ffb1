import { checkCount } from '../ops/arguments.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { mT } from '../primitives/linalg/support.js';
import { checkShape } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkFloat, checkKey } from './arguments.js';
import type { FloatOptions } from './arguments.js';
import { normal } from './continuous.js';

export interface OrthogonalOptions extends FloatOptions {
  /** Default: n. With fewer, the columns are orthonormal; with more, the rows. */
  columns?: number;
  /** Leading axes. Default none. */
  shape?: Shape;
}

/** Orthogonal matrices [...shape, n, columns], uniformly distributed (Haar): q of the QR factors of normal matrices. */
export function orthogonal(key: Tensor, n: number, options: OrthogonalOptions = {}): Tensor {
  checkOptions('random.orthogonal', options, ['columns', 'shape', 'dtype']);
  const { columns = n, shape = [], dtype } = options;
  const op = 'random.orthogonal';
  checkKey(op, key);
  checkCount(op, 'n', n);
  checkCount(op, 'columns', columns);
  checkShape(op, shape);
  const [long, short] = [Math.max(n, columns), Math.min(n, columns)];
  // r's diagonal is not negative by convention, which is what makes q uniform.
  const [q] = p.qr(normal(key, [...shape, long, short], { dtype: checkFloat(op, dtype) }));
  return n < columns ? mT(q) : q;
}
