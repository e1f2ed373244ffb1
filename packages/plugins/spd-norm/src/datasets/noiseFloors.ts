import { atLeastOne, check, positive } from '@core/registry/checks';
import { ArgumentError, concat, random, tensor, type Tensor } from '@core/tensor';
import type { Dataset, Examples } from '@core/registry';
import { covariancePool } from '../layers/covPool.js';
import { splitSizes } from './splitSizes.js';

export interface NoiseFloorsOptions {
  /** Default 3. */
  readonly classes?: number;
  /** n of the matrices [n, n]. Default 12. */
  readonly size?: number;
  /** Strong directions r, at least the classes and below the size. Default 3. */
  readonly sources?: number;
  /** Vectors that each covariance is estimated from. Default 40. */
  readonly samples?: number;
  /** c, largest over smallest eigenvalue. At least 1. Default 1e6. */
  readonly condition?: number;
  /** Factor of the sources that mark a class. Above 0. Default 1.7. */
  readonly boost?: number;
  /** Training matrices. Default 300. */
  readonly train?: number;
  /** Test matrices. Default 300. */
  readonly test?: number;
  readonly seed?: number;
}

/**
 * Covariances of a few strong sources in a common basis above a noise floor that differs from one matrix to the next, as the noise
 * of sensors does from one recording to the next. float64.
 *
 *     r sources of power 1, those with a number k modulo the classes times `boost` in class k
 *     n - r directions, turned at random for each matrix, with powers log-uniform in [1/c, 1/√c], drawn for each matrix
 *
 * Classes differ in large eigenvalues, and what differs between matrices of a class is mostly the small ones. A relative change δ of
 * an eigenvalue λ is a squared distance of δ² in the affine-invariant and log-Euclidean metrics, and of λ δ² / 4 in the
 * Bures-Wasserstein one. The dispersion by which a batch is divided is therefore that of the noise in the first, about
 * (n - r) (log c)² / 48, and that of the sources in the second. `spdClasses` is the opposite.
 *
 * @throws ArgumentError
 */
export function noiseFloors(options: NoiseFloorsOptions = {}): Dataset {
  const { classes = 3, size = 12, sources = 3, samples = 40, condition = 1e6, boost = 1.7 } = options;
  const { train = 300, test = 300, seed = 0 } = options;
  const name = 'noiseFloors';
  for (const [option, value] of Object.entries({ classes, size, sources, train, test }))
    check(name, option, value, atLeastOne);
  check(name, 'samples', samples, { words: 'a whole number of at least 2', holds: (x) => Number.isSafeInteger(x) && Number(x) > 1 }); // prettier-ignore
  check(name, 'condition', condition, { words: 'a finite number of at least 1', holds: (x) => Number.isFinite(x) && Number(x) >= 1 }); // prettier-ignore
  check(name, 'boost', boost, positive);
  if (sources < classes || sources >= size)
    throw new ArgumentError(
      `${name}: sources must be at least the classes, ${classes}, and below the size, ${size}, got ${sources}`,
    );
  const [basisKey, trainKey, testKey] = random.split(random.key(seed), 3) as [Tensor, Tensor, Tensor];
  const sizeOf = splitSizes(name, train, test);
  const f64 = { dtype: 'float64' } as const;
  const strongRoots = Array.from({ length: classes }, (_, label) =>
    Array.from({ length: sources }, (_, i) => Math.sqrt(i % classes === label ? boost : 1)),
  );
  return {
    name: 'Sources above noise floors',
    inputShape: [size, size],
    classNames: Array.from({ length: classes }, (_, i) => `class ${i}`),
    splits: ['train', 'test'],
    size: sizeOf,
    load: async (split): Promise<Examples> => {
      const count = sizeOf(split);
      const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
      const keys = random.split(split === 'train' ? trainKey : testKey, 3) as [Tensor, Tensor, Tensor];
      const waves = random.normal(keys[0], [count, size, samples], f64);
      const roots = tensor(Array.from(labels, (label) => strongRoots[label]!), f64); // prettier-ignore
      const strong = waves.at(null, [0, sources]).mul(roots.expandDims(-1));

      const floor = -Math.log(condition);
      const range = { ...f64, minval: floor / 2, maxval: floor / 4 };
      const weakRoots = random.uniform(keys[1], [count, size - sources], range).exp();
      const turn = random.orthogonal(keys[2], size - sources, { ...f64, shape: [count] });
      const weak = turn.matmul(waves.at(null, [sources, size]).mul(weakRoots.expandDims(-1)));

      const basis = random.orthogonal(basisKey, size, f64);
      const inputs = covariancePool(basis.matmul(concat([strong, weak], 1)), { epsilon: 0 });
      return { inputs, targets: tensor(labels) };
    },
  };
}
