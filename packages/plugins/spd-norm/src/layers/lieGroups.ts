import { eye, linalg, tril, where, zeros, type DType, type Tensor } from '@core/tensor';
import { affineInvariant } from '../metrics/affineInvariant.js';
import { rawExp, rawLog, rawPower } from '../matrices/functions.js';
import { factorOf, whiten } from '../matrices/factors.js';
import { asRow, congruence, diagonalOf, onDiagonal, sizeOf, symmetrize } from '../matrices/support.js';

/** A group of SPD matrices with an invariant metric, in the coordinates in which it is simplest. */
export interface LieGroup {
  readonly into: (x: Tensor) => Tensor;
  readonly out: (y: Tensor) => Tensor;
  readonly identity: (n: number, dtype: DType) => Tensor;
  /** Of [N, n, n]. */
  readonly mean: (y: Tensor, steps: number) => Tensor;
  /** The group's product of each y with the inverse of `by`, and with `by`. */
  readonly center: (y: Tensor, by: Tensor) => Tensor;
  readonly shift: (y: Tensor, by: Tensor) => Tensor;
  /** Along the geodesic from the identity. */
  readonly scale: (y: Tensor, factor: Tensor) => Tensor;
  /** Squared distance from the identity, [N]. */
  readonly squaredNorm: (y: Tensor) => Tensor;
  readonly between: (a: Tensor, b: Tensor, t: number | Tensor) => Tensor;
}

const flat = {
  mean: (y: Tensor) => y.mean(0),
  center: (y: Tensor, by: Tensor) => y.sub(by),
  shift: (y: Tensor, by: Tensor) => y.add(by),
  scale: (y: Tensor, factor: Tensor) => y.mul(factor),
  between: (a: Tensor, b: Tensor, t: number | Tensor) => a.add(b.sub(a).mul(t)),
  identity: (n: number, dtype: DType) => zeros([n, n], { dtype }),
} as const;

const squares = (y: Tensor): Tensor => y.square().sum([-2, -1]);

/** Logarithms, with addition. The power deformation changes nothing here. */
const logEuclidean: LieGroup = { ...flat, into: rawLog, out: rawExp, squaredNorm: squares };

/** Strict lower parts and logarithms of the diagonal of Cholesky factors of x^θ, with addition. */
function logCholesky(theta: number): LieGroup {
  const withDiagonal = (l: Tensor, values: Tensor): Tensor =>
    where(onDiagonal(sizeOf(l)), asRow(values), tril(l));
  return {
    ...flat,
    into: (x) => {
      const l = factorOf('lieBatchNorm', 'x', rawPower(x, theta));
      return withDiagonal(l, diagonalOf(l).log());
    },
    out: (y) => {
      const l = withDiagonal(y, diagonalOf(y).exp());
      return rawPower(symmetrize(l.matmul(l, { transposeB: true })), 1 / theta);
    },
    squaredNorm: (y) => squares(y).div(theta ** 2),
  };
}

/** x^θ, with the product L y Lᵀ by the Cholesky factor L of the other. */
function affine(theta: number): LieGroup {
  const metric = affineInvariant({ meanStep: 1 });
  return {
    into: (x) => rawPower(x, theta),
    out: (y) => rawPower(y, 1 / theta),
    identity: (n, dtype) => eye(n, n, { dtype }),
    mean: (y, steps) => {
      let mean = y.mean(0);
      for (let i = 0; i < steps; i++) {
        const f = linalg.cholesky(mean);
        mean = congruence(f, rawExp(rawLog(whiten(f, y)).mean(0)));
      }
      return mean;
    },
    center: (y, by) => whiten(factorOf('lieBatchNorm', 'mean', by), y),
    shift: (y, by) => congruence(factorOf('lieBatchNorm', 'bias', by), y),
    scale: (y, factor) => rawExp(rawLog(y).mul(factor)),
    squaredNorm: (y) => squares(rawLog(y)).div(theta ** 2),
    between: (a, b, t) => metric.geodesic(a, b, t),
  };
}

export const lieGroups = {
  affineInvariant: affine,
  logEuclidean: (): LieGroup => logEuclidean,
  logCholesky,
} as const;

export type LieMetric = keyof typeof lieGroups;
