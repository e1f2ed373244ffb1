import { atLeastOne, check, positive } from '@core/registry/checks';
import { ArgumentError, random, tensor, type Tensor } from '@core/tensor';
import type { Dataset, Examples } from '@core/registry';
import { covariancePool } from '../layers/covPool.js';
import { splitSizes } from './splitSizes.js';

export interface SpdClassesOptions {
  /** Default 3. */
  readonly classes?: number;
  /** n of the matrices [n, n]; at least twice the classes. Default 10. */
  readonly size?: number;
  /** Vectors that each covariance is estimated from. Default 40. */
  readonly samples?: number;
  /** Largest over smallest eigenvalue of what the classes have in common. At least 1. Default 1e6. */
  readonly condition?: number;
  /** Factor of the two eigenvalues that mark a class. Above 0. Default 2. */
  readonly boost?: number;
  /** Training matrices. Default 300. */
  readonly train?: number;
  /** Test matrices. Default 300. */
  readonly test?: number;
  /** Factor of the test matrices: another gain of the amplifier than in training. Default 1. */
  readonly testGain?: number;
  readonly seed?: number;
}

/**
 * Ill-conditioned covariances: a spectrum that falls geometrically from 1 to 1/condition in one basis for all, of which each class has
 * two of the first raised (numbers k and k + classes for class k); estimated from few samples. float64.
 *
 * Class differences are factors of eigenvalues, small ones among them, and the estimates' errors are the same factors for all of them:
 * what logarithms see best. `noiseFloors` is the opposite.
 *
 * @throws ArgumentError
 */
export function spdClasses(options: SpdClassesOptions = {}): Dataset {
  const { classes = 3, size = 10, samples = 40, condition = 1e6, boost = 2 } = options;
  const { train = 300, test = 300, testGain = 1, seed = 0 } = options;
  const name = 'spdClasses';
  for (const [option, value] of Object.entries({ classes, size, samples, train, test }))
    check(name, option, value, atLeastOne);
  for (const [option, value] of Object.entries({ condition, boost, testGain }))
    check(name, option, value, positive);
  if (2 * classes > size)
    throw new ArgumentError(`${name}: size must be at least 2 for each class, ${2 * classes}, got ${size}`);
  const [basisKey, trainKey, testKey] = random.split(random.key(seed), 3) as [Tensor, Tensor, Tensor];
  const sizeOf = splitSizes(name, train, test);
  // Roots of the eigenvalues of each class, [classes, n].
  const roots = Array.from({ length: classes }, (_, label) =>
    Array.from({ length: size }, (_, i) => {
      const common = condition ** (-i / (size - 1));
      const marked = i < 2 * classes && i % classes === label;
      return Math.sqrt(common * (marked ? boost : 1));
    }),
  );
  return {
    name: 'Ill-conditioned covariances',
    inputShape: [size, size],
    classNames: Array.from({ length: classes }, (_, i) => `class ${i}`),
    splits: ['train', 'test'],
    size: sizeOf,
    load: async (split): Promise<Examples> => {
      const count = sizeOf(split);
      const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
      const basis = random.orthogonal(basisKey, size, { dtype: 'float64' });
      const scales = tensor(
        Array.from(labels, (label) => roots[label]!),
        { dtype: 'float64' },
      );
      const noise = random.normal(split === 'train' ? trainKey : testKey, [count, size, samples], {
        dtype: 'float64',
      });
      const covariances = covariancePool(basis.matmul(noise.mul(scales.expandDims(-1))), { epsilon: 0 });
      return { inputs: covariances.mul(split === 'test' ? testGain : 1), targets: tensor(labels) };
    },
  };
}
