import { atLeastOne, check } from '@core/registry/checks';
import { linalg, type Tensor } from '@core/tensor';
import { requireMargin } from '../checks.js';
import { factorOf, polarFactor } from '../matrices/factors.js';
import { rawLyapunov } from '../matrices/lyapunov.js';
import { constant, identityLike, innerProduct, symmetrize, transposed } from '../matrices/support.js';
import { buresTransport } from './buresTransport.js';
import type { MeanOptions, SpdMetric } from './metric.js';
import { checkMean, fixedPoint, metricFrom, weightedMean } from './metricFrom.js';

export interface BuresWassersteinOptions {
  /** Steps of the transport's integration. Default 24: about 1e-10 at condition 1e6. */
  readonly transportSteps?: number;
}

/**
 * The smallest eigenvalue [...] of I + L_p[v], where p L + L p = v. The Bures-Wasserstein exponential of v is a geodesic
 * while it is above 0; beyond, the line has touched the boundary and is folded back.
 */
export function exponentialMargin(p: Tensor, v: Tensor): Tensor {
  const turned = rawLyapunov(symmetrize(p), symmetrize(v));
  return linalg.eigvalsh(turned.add(identityLike(p))).min(-1);
}

/**
 * The Bures-Wasserstein metric, <U, V>_P = tr(L_P[U] V)/2: that of optimal transport between centred normal distributions. It
 * depends on the roots of eigenvalues, and so bears ill-conditioned matrices.
 *
 * With P = F Fᵀ, Q = K Kᵀ and O the orthogonal factor of FᵀK, the geodesic is Z Zᵀ with Z = (1 - t) F + t K Oᵀ, and the squared
 * distance |F - K Oᵀ|²: no root of a product is taken, so that points of condition 1e10 keep their digits. The space is not
 * complete: `exp` needs I + L_P[V] to be positive definite, which is checked where elements are known.
 *
 * The parallel transport of points that do not commute has no closed form; its equation is integrated (`buresTransport`).
 *
 * Source: Bhatia, Jain and Lim 2019; Malagò, Montrucchio and Pistone 2018; the mean's iteration is Álvarez-Esteban et al. 2016.
 *
 * @throws LinalgError from `exp` for a v that leaves the domain
 */
export function buresWasserstein({ transportSteps = 24 }: BuresWassersteinOptions = {}): SpdMetric {
  const name = 'buresWasserstein';
  check(name, 'transportSteps', transportSteps, atLeastOne);
  /** F and K Oᵀ: factors of p and q as near to each other as factors can be. */
  const nearest = (op: string, p: Tensor, q: Tensor): { f: Tensor; near: Tensor } => {
    const [f, k] = [factorOf(`${name}.${op}`, 'p', p), factorOf(`${name}.${op}`, 'q', q)];
    const o = polarFactor(f.matmul(k, { transposeA: true }));
    return { f, near: k.matmul(o, { transposeB: true }) };
  };
  return metricFrom({
    name,
    squaredDistance: (p, q) => {
      const { f, near } = nearest('distance', p, q);
      const gap = f.sub(near);
      return innerProduct(gap, gap);
    },
    inner: (p, u, v) => {
      factorOf(`${name}.inner`, 'p', constant(p));
      return innerProduct(rawLyapunov(symmetrize(p), symmetrize(u)), v).mul(0.5);
    },
    exp: (p, v) => {
      factorOf(`${name}.exp`, 'p', constant(p));
      const tangent = symmetrize(v);
      const turned = rawLyapunov(symmetrize(p), tangent);
      requireMargin(`${name}.exp`, turned);
      return symmetrize(p.add(tangent).add(turned.matmul(p).matmul(turned)));
    },
    // (PQ)^½ + (QP)^½ - 2P = F (K Oᵀ - F)ᵀ + its transpose.
    log: (p, q) => {
      const { f, near } = nearest('log', p, q);
      return symmetrize(f.matmul(near.sub(f), { transposeB: true })).mul(2);
    },
    geodesic: (p, q, t) => {
      const { f, near } = nearest('geodesic', p, q);
      const z = f.add(near.sub(f).mul(t));
      return symmetrize(z.matmul(z, { transposeB: true }));
    },
    transport: (p, q, v) => {
      const { f, near } = nearest('transport', p, q);
      const map = symmetrize(transposed(linalg.triangularSolve(f, transposed(near), { transpose: true })));
      return buresTransport(symmetrize(p), map, symmetrize(v), transportSteps);
    },
    riemannianGradient: (p, g) => symmetrize(symmetrize(g).matmul(symmetrize(p))).mul(4),
    mean: (x, options = {}) => {
      checkMean(`${name}.mean`, x, options);
      return buresMean(x, factorOf(`${name}.mean`, 'x', x), options);
    },
  });
}

/** Steps G₊ = T G T with T the mean optimal map, as RᵀR with R = mean Oᵢ Kᵢᵀ, Oᵢ the orthogonal factor of FᵀKᵢ. */
function buresMean(x: Tensor, factors: Tensor, options: MeanOptions): Tensor {
  const { weights } = options;
  return fixedPoint(
    symmetrize(weightedMean(x, weights)),
    (g) => {
      const f = linalg.cholesky(g).expandDims(-3);
      const o = polarFactor(f.matmul(factors, { transposeA: true }));
      const r = weightedMean(o.matmul(factors, { transposeB: true }), weights);
      return symmetrize(r.matmul(r, { transposeA: true }));
    },
    options,
  );
}
