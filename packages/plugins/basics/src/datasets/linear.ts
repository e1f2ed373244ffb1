import { ArgumentError, linalg, random, scope, tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { finiteFrom, wholeNumbers } from '../checks.js';
import { generated, splitKeys } from './splits.js';

/* Problems for linear models, whose difficulty for an optimizer is one number: the condition number. */

interface LinearOptions {
  /** Numbers of an example. Default 20. */
  readonly features?: number;
  /** Largest over smallest eigenvalue of the inputs' covariance; 1 is the easiest. Default 100. */
  readonly conditionNumber?: number;
  /** Training examples. Default 1000. */
  readonly train?: number;
  /** Validation examples. Default 500. */
  readonly validation?: number;
  /** Test examples. Default 500. */
  readonly test?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Options of `leastSquares`. */
export interface LeastSquaresOptions extends LinearOptions {
  /** Standard deviation of what no model can explain; what can be explained has 1. Default 0.1. */
  readonly noise?: number;
}

/** Options of `separable`. */
export interface SeparableOptions extends LinearOptions {
  /** Least distance of a point from the plane between the classes, before features are scaled. Default 0.1. */
  readonly margin?: number;
}

function withDefaults(name: string, options: LinearOptions): Required<LinearOptions> {
  const { features = 20, conditionNumber = 100, seed = 0 } = options;
  const { train = 1000, validation = 500, test = 500 } = options;
  wholeNumbers(name, { features, train, validation, test });
  finiteFrom(name, 1, { conditionNumber });
  return { features, conditionNumber, train, validation, test, seed };
}

/** Standard deviations from 1 down to conditionNumber^(-1/2), each the same factor below the last; float64. */
function scales(features: number, conditionNumber: number): Tensor {
  const last = Math.max(1, features - 1);
  return tensor(Float64Array.from({ length: features }, (_, i) => conditionNumber ** (-i / (2 * last))));
}

const normal = (key: Tensor, shape: readonly number[]): Tensor =>
  random.normal(key, shape, { dtype: 'float64' });

/** A direction, each as likely: float64 [features] of length 1. */
function direction(key: Tensor, features: number): Tensor {
  const v = normal(key, [features]);
  return v.div(linalg.norm(v));
}

/**
 * Linear regression with an ill-conditioned covariance whose axes are rotated, so that no scaling of single weights helps.
 *
 * With z of n uncorrelated features, a random rotation R and a random unit vector v: inputs R·diag(s)·z, targets
 * v·z + noise. The training inputs have mean 0 and a covariance of exactly the eigenvalues s² (from 1 down to
 * 1/conditionNumber, evenly on a logarithmic scale). Every eigendirection explains, on average, as much of the targets: a
 * method that neglects the small eigenvalues keeps their share of the loss. The least mean squared error is noise².
 *
 * Shapes: inputs [n, features], targets [n, 1].
 * @throws ArgumentError for sizes below 1, a condition number below 1, negative noise, or no more training examples than features
 */
export function leastSquares({ noise = 0.1, ...options }: LeastSquaresOptions = {}): Dataset {
  const name = 'Least squares';
  const { features, conditionNumber, seed, ...sizes } = withDefaults(name, options);
  finiteFrom(name, 0, { noise });
  if (sizes.train <= features)
    throw new ArgumentError(
      `${name}: ${sizes.train} training examples do not determine ${features} features; there must be more of them`,
    );
  const keys = splitKeys(seed);
  return generated({
    name,
    inputShape: [features],
    classNames: [],
    sizes,
    make: (split, count) =>
      scope(() => {
        const [rotationKey, directionKey] = random.split(keys.shared);
        const [pointKey, noiseKey] = random.split(keys[split]);
        const rotation = random.orthogonal(rotationKey, features, { dtype: 'float64' });
        const drawn = normal(pointKey, [count, features]);
        const z = split === 'train' ? whitened(drawn) : drawn;
        const unexplained = normal(noiseKey, [count]).mul(noise);
        return {
          inputs: z.mul(scales(features, conditionNumber)).matmul(rotation.transpose()).cast('float32'),
          targets: z
            .matmul(direction(directionKey, features))
            .add(unexplained)
            .reshape([count, 1])
            .cast('float32'),
        };
      }),
  });
}

/** Rows moved and mixed so that their mean is 0 and their covariance the identity, both exactly. */
function whitened(rows: Tensor): Tensor {
  const [q] = linalg.qr(rows.sub(rows.mean(0)));
  return q.mul(Math.sqrt(rows.shape[0]!));
}

/**
 * Two classes of points with a plane between them, and features of very different scales: logistic regression's test.
 *
 * Points z have uncorrelated features of variance 1; a random unit vector w divides them, class 1 where w·z > 0, and no
 * |w·z| is below the margin. Inputs are s·z with scales s from 1 down to conditionNumber^(-1/2), so their covariance is
 * diag(s²), and a separating plane has the weights w/s. Logistic regression is a `basics/mlp` with `widths: []`.
 *
 * Shapes: inputs [n, features], targets int32 [n].
 * @throws ArgumentError for sizes below 1, a condition number below 1, or a margin outside 0..1 (1 excluded)
 */
export function separable({ margin = 0.1, ...options }: SeparableOptions = {}): Dataset {
  const name = 'Separable';
  const { features, conditionNumber, seed, ...sizes } = withDefaults(name, options);
  if (!(margin >= 0 && margin < 1))
    throw new ArgumentError(`${name}: margin must be at least 0 and below 1, got ${margin}`);
  // |w·z| becomes margin + a|w·z| with the a that keeps its mean square 1: a² + 2·a·margin·E|w·z| + margin² = 1.
  const half = margin * Math.sqrt(2 / Math.PI);
  const a = Math.sqrt(half * half - margin * margin + 1) - half;
  const keys = splitKeys(seed);
  return generated({
    name,
    inputShape: [features],
    classNames: ['below', 'above'],
    sizes,
    make: (split, count) =>
      scope(() => {
        const w = direction(keys.shared, features);
        const z = normal(keys[split], [count, features]);
        const along = z.matmul(w);
        const above = along.greater(0);
        const size = along.abs();
        const moved = size.mul(a).add(margin).mul(above.where(1, -1));
        const shift = moved.sub(along).expandDims(1).mul(w);
        return {
          inputs: z.add(shift).mul(scales(features, conditionNumber)).cast('float32'),
          targets: above.cast('int32'),
        };
      }),
  });
}
