import * as t from '../../src/index.js';
import { type Args, type Operation, type Options, type Outputs, testGoldens } from './support.js';

const { linalg } = t;

/** The scalar functions of tooling/goldens/subjects/linalg.py. */
const weighted = (pairs: readonly (readonly [t.Tensor | undefined, t.Tensor])[]): t.Tensor =>
  pairs.map(([w, x]) => t.sum(w!.mul(x))).reduce((a, b) => a.add(b));

function qr({ x, wq, wr }: Args, o: Options): Outputs {
  const [q, r] = linalg.qr(x!);
  if (o.get('scalar') !== undefined) return { value: weighted([[wq, q.mul(q)], [wr, r.mul(r)]]) }; // prettier-ignore
  return { 'abs.q': q.abs(), 'abs.r': r.abs() };
}

function eigh({ x, we, wv, w }: Args, o: Options): Outputs {
  if (o.get('scalar') === 'spectral') {
    const f = { exp: t.exp, sqrt: t.sqrt, log: t.log }[o.string('function')]!;
    const matrix = linalg.symmetricFunction(x!, (e) => f(e));
    return { matrix, value: t.sum(w!.mul(matrix)) };
  }
  const [values, vectors] = linalg.eigh(x!);
  if (o.get('scalar') !== undefined) return { value: weighted([[we, values], [wv, vectors.mul(vectors)]]) }; // prettier-ignore
  return { values, 'abs.vectors': vectors.abs() };
}

function svd({ x, ws, wu, wv }: Args, o: Options): Outputs {
  const [u, s, vt] = linalg.svd(x!);
  const v = t.swapAxes(vt, -1, -2);
  if (o.get('scalar') === 'sum(s)') return { value: weighted([[ws, s]]) };
  if (o.get('scalar') !== undefined) return { value: weighted([[ws, s], [wu, u.mul(u)], [wv, v.mul(v)]]) }; // prettier-ignore
  return { s, 'abs.u': u.abs(), 'abs.v': v.abs() };
}

const slogdet: Operation = ({ x }) => {
  const [sign, logabsdet] = linalg.slogdet(x!);
  return { sign, logabsdet, value: t.sum(logabsdet) };
};

testGoldens('linalg', {
  operations: {
    cholesky: ({ x }) => linalg.cholesky(x!),
    triangularSolve: ({ a, b }, o) =>
      linalg.triangularSolve(a!, b!, {
        lower: o.boolean('lower'),
        transpose: o.boolean('transpose'),
        unitDiagonal: o.boolean('unitDiagonal'),
      }),
    solve: ({ a, b }) => linalg.solve(a!, b!),
    inv: ({ x }) => linalg.inv(x!),
    det: ({ x }) => linalg.det(x!),
    slogdet,
    qr,
    eigh,
    svd,
    lstsq: ({ a, b }) => {
      const { solution, rank } = linalg.lstsq(a!, b!);
      return { value: solution, rank };
    },
    pinv: ({ x }) => linalg.pinv(x!),
  },
});
