import { arange, linalg, scan, where, zeros, zerosLike, type Tensor } from '@core/tensor';
import { iterate } from './loop.js';

/**
 * Solves A q = b for any regular A on vectors [n] by GMRES: the least residual over a Krylov space, started again after `restart`
 * products. Keeps restart + 1 vectors. Ends at |r| <= tolerance |b|, which is looked at when it restarts.
 *
 * Source: Saad & Schultz 1986; orthogonalised twice, as rounding demands.
 *
 * @param options.iterations the most products, rounded up to whole rounds
 */
export function minimalResidual(
  apply: (p: Tensor) => Tensor,
  b: Tensor,
  options: {
    readonly iterations: number;
    readonly tolerance: number;
    readonly restart: number;
    readonly start?: Tensor | undefined;
  },
): Tensor {
  const n = b.size;
  const m = Math.min(options.restart, n);
  const bb = b.square().sum();
  const enough = bb.mul(options.tolerance * options.tolerance);
  const rows = arange(m + 1);

  /** A = V H on the space of the basis: V [m + 1, n], H [m + 1, m]. */
  const round = (r: Tensor, size: Tensor): Tensor => {
    const first = where(rows.equal(0), 1, 0).cast(b.dtype).expandDims(1).mul(r.div(size));
    const [basis, columns] = scan(
      (v: Tensor, j: Tensor) => {
        const w = apply(where(rows.equal(j), 1, 0).cast(b.dtype).matmul(v));
        const once = v.matmul(w);
        const rest = w.sub(once.matmul(v));
        const again = v.matmul(rest);
        const clean = rest.sub(again.matmul(v));
        const length = clean.square().sum().sqrt();
        const next = where(rows.equal(j.add(1)), 1, 0).cast(b.dtype);
        // A space that A maps to itself has no next vector: its row stays 0.
        const ended = length.lessEqual(w.square().sum().sqrt().mul(1e-14));
        const unit = where(ended, 0, clean.div(where(ended, 1, length)));
        const column = once.add(again).add(next.mul(where(ended, 0, length)));
        return [v.add(next.expandDims(1).mul(unit)), column] as const;
      },
      first,
      arange(m),
    );
    const target = where(rows.equal(0), 1, 0).cast(b.dtype).mul(size);
    const y = linalg.pinv(columns.T).matmul(target);
    return y.matmul(basis.slice([0, 0], [m, n]));
  };

  const first = options.start === undefined ? b : b.sub(apply(options.start));
  const rr = first.square().sum();
  const end = iterate(
    (c) => {
      const q = c.q.add(round(c.r, c.rr.sqrt()));
      const r = b.sub(apply(q));
      const left = r.square().sum();
      // A round that gains nothing is at the limit of rounding.
      return { q, r, rr: left, active: left.greater(enough).logicalAnd(left.less(c.rr)) };
    },
    {
      q: options.start ?? zerosLike(b),
      r: first,
      rr,
      active: rr.greater(enough).logicalAnd(rr.greater(zeros([]))),
    },
    Math.ceil(options.iterations / m),
  );
  return end.q;
}
