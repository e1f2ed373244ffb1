import { where, zerosLike, type Tensor } from '@core/tensor';
import { iterate } from './loop.js';

/**
 * Solves A q = b for any regular A on vectors [n] by stabilised biconjugate gradients: two products an iteration, no transpose.
 * Ends at |r| <= tolerance |b|, or where it breaks down.
 *
 * Source: van der Vorst 1992.
 */
export function biconjugateGradient(
  apply: (p: Tensor) => Tensor,
  b: Tensor,
  options: {
    readonly iterations: number;
    readonly tolerance: number;
    readonly start?: Tensor | undefined;
  },
): Tensor {
  const { iterations, tolerance, start } = options;
  const bb = b.square().sum();
  const enough = bb.mul(tolerance * tolerance);
  // The shadow residual is the first one itself.
  const first = start === undefined ? b : b.sub(apply(start));
  const rr = first.square().sum();
  const end = iterate(
    (c) => {
      const v = apply(c.p);
      const alpha = ratio(c.rho, first.mul(v).sum());
      const s = c.r.sub(v.mul(alpha));
      const t = apply(s);
      const omega = ratio(t.mul(s).sum(), t.square().sum());
      const r = s.sub(t.mul(omega));
      const rho = first.mul(r).sum();
      const beta = ratio(rho, c.rho).mul(ratio(alpha, omega));
      const left = r.square().sum();
      return {
        q: c.q.add(c.p.mul(alpha)).add(s.mul(omega)),
        r,
        p: r.add(c.p.sub(v.mul(omega)).mul(beta)),
        rho,
        active: left.greater(enough).logicalAnd(rho.notEqual(0)).logicalAnd(omega.notEqual(0)),
      };
    },
    {
      q: start ?? zerosLike(b),
      r: first,
      p: first,
      rho: rr,
      active: rr.greater(enough).logicalAnd(rr.greater(0)),
    },
    iterations,
  );
  return end.q;
}

/** a / b, and 0 where b is 0: then the iteration has ended or broken down. */
function ratio(a: Tensor, b: Tensor): Tensor {
  const none = b.equal(0);
  return where(none, 0, a.div(where(none, 1, b)));
}
