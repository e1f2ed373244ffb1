import { atLeastOne, check, type Rule } from '@core/registry/checks';
import { random, type DType, type Tensor } from '@core/tensor';
import { asRow, symmetrize } from './matrices/support.js';

export interface RandomSpdOptions {
  /** Leading axes. Default none. */
  readonly shape?: readonly number[];
  /** Eigenvalues are log-uniform in [1 / condition, 1]. At least 1. Default 10. */
  readonly condition?: number;
  /** Default float32. */
  readonly dtype?: DType;
}

const condition: Rule = {
  words: 'a finite number of at least 1',
  holds: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 1,
};

/** Random SPD matrices [...shape, n, n]: Haar-distributed eigenvectors, log-uniform eigenvalues. @throws ArgumentError */
export function randomSpd(key: Tensor, n: number, options: RandomSpdOptions = {}): Tensor {
  const { shape = [], condition: most = 10, dtype = 'float32' } = options;
  check('randomSpd', 'n', n, atLeastOne);
  check('randomSpd', 'condition', most, condition);
  const [vectorKey, valueKey] = random.split(key);
  const vectors = random.orthogonal(vectorKey, n, { shape, dtype });
  const values = random.uniform(valueKey, [...shape, n], { dtype, minval: -Math.log(most), maxval: 0 }).exp();
  return symmetrize(vectors.mul(asRow(values)).matmul(vectors, { transposeB: true }));
}
