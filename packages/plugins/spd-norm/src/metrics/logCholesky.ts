import { tril, where, type Tensor } from '@core/tensor';
import { factorOf, whiten } from '../matrices/factors.js';
import { asRow, diagonalOf, onDiagonal, sizeOf, symmetrize } from '../matrices/support.js';
import type { SpdMetric } from './metric.js';
import { checkMean, metricFrom, weightedMean } from './metricFrom.js';

/** A lower triangular matrix with its diagonal apart: strict [..., n, n], diagonal [..., n]. */
interface Parts {
  readonly strict: Tensor;
  readonly diagonal: Tensor;
}

const partsOf = (l: Tensor): Parts => ({ strict: tril(l, -1), diagonal: diagonalOf(l) });
const joined = ({ strict, diagonal }: Parts): Tensor =>
  where(onDiagonal(sizeOf(strict)), asRow(diagonal), strict);
const squared = (l: Tensor): Tensor => symmetrize(l.matmul(l, { transposeB: true }));

/**
 * The log-Cholesky metric: flat in the strict lower part and the logarithms of the diagonal of Cholesky factors. No
 * decomposition but Cholesky's, means in closed form; it depends on the order of the coordinates.
 *
 * A tangent vector V at P = L Lᵀ is V = L Xᵀ + X Lᵀ with lower triangular X = L (s(Z) + D(Z)/2), Z = L⁻¹ V L⁻ᵀ.
 *
 * Source: Z. Lin, Riemannian Geometry of Symmetric Positive Definite Matrices via Cholesky Decomposition, 2019.
 */
export function logCholesky(): SpdMetric {
  const name = 'logCholesky';
  const parts = (op: string, argument: string, x: Tensor): Parts & { readonly l: Tensor } => {
    const l = factorOf(`${name}.${op}`, argument, x);
    return { l, ...partsOf(l) };
  };
  /** X of V. */
  const lower = (l: Tensor, v: Tensor): Parts => {
    const z = whiten(l, v);
    return partsOf(l.matmul(where(onDiagonal(sizeOf(z)), z.mul(0.5), tril(z))));
  };
  /** V of X. */
  const tangent = (l: Tensor, x: Parts): Tensor => {
    const half = joined(x).matmul(l, { transposeB: true });
    return symmetrize(half).mul(2);
  };
  return metricFrom({
    name,
    squaredDistance: (p, q) => {
      const [a, b] = [parts('distance', 'p', p), parts('distance', 'q', q)];
      const along = a.diagonal.log().sub(b.diagonal.log()).square().sum(-1);
      return a.strict.sub(b.strict).square().sum([-2, -1]).add(along);
    },
    inner: (p, u, v) => {
      const { l, diagonal } = parts('inner', 'p', p);
      const [x, y] = [lower(l, u), lower(l, v)];
      const along = x.diagonal.mul(y.diagonal).div(diagonal.square()).sum(-1);
      return x.strict.mul(y.strict).sum([-2, -1]).add(along);
    },
    exp: (p, v) => {
      const { l, strict, diagonal } = parts('exp', 'p', p);
      const x = lower(l, v);
      const grown = diagonal.mul(x.diagonal.div(diagonal).exp());
      return squared(joined({ strict: strict.add(x.strict), diagonal: grown }));
    },
    log: (p, q) => {
      const [a, b] = [parts('log', 'p', p), parts('log', 'q', q)];
      const along = a.diagonal.mul(b.diagonal.div(a.diagonal).log());
      return tangent(a.l, { strict: b.strict.sub(a.strict), diagonal: along });
    },
    geodesic: (p, q, t) => {
      const [a, b] = [parts('geodesic', 'p', p), parts('geodesic', 'q', q)];
      const strict = a.strict.add(b.strict.sub(a.strict).mul(t));
      const diagonal = a.diagonal.mul(b.diagonal.div(a.diagonal).log().mul(t).exp());
      return squared(joined({ strict, diagonal }));
    },
    transport: (p, q, v) => {
      const [a, b] = [parts('transport', 'p', p), parts('transport', 'q', q)];
      const x = lower(a.l, v);
      return tangent(b.l, { strict: x.strict, diagonal: x.diagonal.mul(b.diagonal.div(a.diagonal)) });
    },
    // <g, V> = 2 <g L, X>: the strict part is Euclidean, the diagonal's metric is 1 / D².
    riemannianGradient: (p, g) => {
      const { l, diagonal } = parts('riemannianGradient', 'p', p);
      const slope = partsOf(symmetrize(g).matmul(l).mul(2));
      return tangent(l, { strict: slope.strict, diagonal: slope.diagonal.mul(diagonal.square()) });
    },
    mean: (x, options = {}) => {
      checkMean(`${name}.mean`, x, options);
      const l = factorOf(`${name}.mean`, 'x', x);
      const average = partsOf(weightedMean(l, options.weights));
      const logs = weightedMean(diagonalOf(l).log().expandDims(-1), options.weights);
      return squared(joined({ strict: average.strict, diagonal: logs.squeeze(-1).exp() }));
    },
  });
}
