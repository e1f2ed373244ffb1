import { eye, random, stack, tensor } from '@core/tensor';

const float64 = { dtype: 'float64' };
const [p, q] = [3, 4];

/**
 * Bilevel problems with noise on every oracle whose hypergradient is known: m lower levels
 *
 *     g_i = (y - y_i(x))ᵀ H_i (y - y_i(x)) / 2,   y_i(x) = tanh(A_i x + b_i),   eigenvalues of H_i in [1, 2]
 *     f_i = Σ log(1 + (y - c_i)²) + |x|²/10
 *
 * so that F(x) = mean f_i(x, y_i(x)) is not convex. A sample adds ζ·x + ζ'·y to f, and ζ·x + ζ'·y + yᵀEy/2 + yᵀKx to g, all normal: its
 * gradients and products have errors of bounded variance that are Lipschitz in the mean square, as the theories assume. The mean of
 * `batch` samples is normal again, so a batch of any size costs one draw.
 */
export function problemWith({ blocks, noise }) {
  const normal = (seed, shape) => random.normal(random.key(seed), shape, float64);
  const roots = normal(1, [blocks, q, q]);
  const squares = roots.matmul(roots.transpose([0, 2, 1]));
  const sizes = squares.square().sum([1, 2]).sqrt().reshape([blocks, 1, 1]);
  const h = squares.div(sizes).add(eye(q, q, float64));
  const [a, b, c] = [
    normal(2, [blocks, q, p]).mul(0.6),
    normal(3, [blocks, q]).mul(0.3),
    normal(4, [blocks, q]).mul(0.4),
  ];
  const solution = (i, x) => a.take(i).matmul(x).add(b.take(i)).tanh();
  const dot = (u, v) => u.mul(v).sum();
  const shift = (level, x, y) =>
    level === undefined
      ? 0
      : dot(level.x, x)
          .add(dot(level.y, y))
          .add(curve(level, x, y));
  const curve = ({ yy, yx }, x, y) =>
    yy === undefined
      ? 0
      : dot(y, yy.matmul(y))
          .mul(0.5)
          .add(dot(y, yx.matmul(x)));
  const upper = (i, x, y, sample) =>
    y
      .sub(c.take(i))
      .square()
      .log1p()
      .sum()
      .add(x.square().sum().mul(0.1))
      .add(shift(sample?.upper, x, y));
  const lower = (i, x, y, sample) => {
    const apart = y.sub(solution(i, x));
    return dot(apart, h.take(i).matmul(apart))
      .mul(0.5)
      .add(shift(sample?.lower, x, y));
  };
  const draw = (key, batch) => {
    const of = (n, shape) =>
      random.normal(random.foldIn(key, n), shape, float64).mul(noise / Math.sqrt(batch));
    const yy = of(2, [q, q]);
    return {
      upper: { x: of(0, [p]), y: of(1, [q]) },
      lower: { x: of(4, [p]), y: of(5, [q]), yy: yy.add(yy.T).div(2), yx: of(3, [q, p]) },
    };
  };
  const start = { x: tensor([1.5, -1.5, 1.5], float64), y: tensor([0, 0, 0, 0], float64) };
  const zero = tensor(0, { dtype: 'int32' });
  return {
    dimensions: { p, q },
    /** |∇F(x)|² */
    stationarity: (x) => {
      const terms = Array.from({ length: blocks }, (_, i) => {
        const y = solution(i, x);
        const apart = y.sub(c.take(i));
        const slope = apart.mul(2).div(apart.square().add(1));
        return a.take(i).T.matmul(slope.mul(y.square().neg().add(1)));
      });
      const mean = terms.reduce((sum, term) => sum.add(term)).div(blocks);
      return mean.add(x.mul(0.2)).square().sum();
    },
    /** With one lower level, for all solvers but BSVRB. */
    single: (batch = 1) => ({
      upper: (x, y, sample) => upper(zero, x, y, sample),
      lower: (x, y, sample) => lower(zero, x, y, sample),
      start,
      samplers: {
        upper: (key) => draw(key, batch),
        lower: (key) => draw(key, batch),
      },
    }),
    many: (batch = 1) => ({
      blocks,
      upper,
      lower,
      start: { x: start.x, y: stack(Array.from({ length: blocks }, () => start.y)) },
      sampler: (_i, key) => draw(key, batch),
    }),
  };
}
