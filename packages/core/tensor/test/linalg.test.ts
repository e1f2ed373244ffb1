import { describe, expect, it } from 'vitest';
import '../src/index.js';
import { linalg } from '../src/linalg.js';
import { LinalgError, TrellisError } from '../src/errors.js';
import { tensor } from '../src/ops/convert.js';
import * as p from '../src/primitives/calls.js';
import { mm, mT } from '../src/primitives/linalg/support.js';
import type { Tensor } from '../src/tensor.js';
import { grad } from '../src/transforms/grad.js';
import { jit } from '../src/transforms/jit.js';
import { checkDerivatives, checkJit, checkVmap } from './support/derivatives.js';
import {
  distance,
  matrix,
  positiveDefinite,
  randomTensor,
  symmetric,
  withEigenvalues,
  withSingularValues,
} from './support/matrices.js';

const seeds = [1, 2, 3];
const identity = matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]]); // prettier-ignore
const vector = (...values: number[]): Tensor => tensor(Float64Array.from(values));
const sumOf = (x: Tensor): Tensor =>
  p.sum(
    x,
    x.shape.map((_, axis) => axis),
  );
const near = (x: number): unknown => expect.closeTo(x, 13);
const wellConditioned = (seed: number, n: number): Tensor =>
  withSingularValues(
    seed,
    n,
    n,
    Array.from({ length: n }, (_, i) => 3 - (2 * i) / n),
  );

function thrown(body: () => unknown): TrellisError {
  try {
    body();
  } catch (error) {
    if (error instanceof TrellisError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('solve, inv, triangularSolve', () => {
  it.each(seeds)('vectors, matrices, and broadcasting over leading axes (seed %i)', (seed) => {
    const a = p.add(randomTensor(seed, [2, 1, 3, 3]), p.mul(identity, 3));
    const b = randomTensor(seed + 1, [4, 3, 2]);
    const x = linalg.solve(a, b);
    expect(x.shape).toEqual([2, 4, 3, 2]);
    expect(distance(mm(p.broadcastTo(a, [2, 4, 3, 3]), x), p.broadcastTo(b, [2, 4, 3, 2]))).toBeLessThan(
      1e-14,
    );
    const v = linalg.solve(a, vector(1, 2, 3));
    expect(v.shape).toEqual([2, 1, 3]);
    const one = p.reshape(p.slice(a, [0, 0, 0, 0], [1, 1, 3, 3]), [3, 3]);
    expect(
      distance(mm(one, p.reshape(linalg.solve(one, vector(1, 2, 3)), [3, 1])), matrix([[1], [2], [3]])),
    ).toBeLessThan(1e-14);
    const many = linalg.solve(one, b);
    expect(many.shape).toEqual([4, 3, 2]);
    expect(distance(mm(p.broadcastTo(one, [4, 3, 3]), many), b)).toBeLessThan(1e-14);
    expect(distance(mm(one, linalg.inv(one)), identity)).toBeLessThan(1e-14);
    expect(
      distance(
        linalg.triangularSolve(one, b, { lower: false }),
        linalg.solve(
          p.where(p.greaterEqual(p.iota([3, 3], 1, 'int32'), p.iota([3, 3], 0, 'int32')), one, 0),
          b,
        ),
      ),
    ).toBeLessThan(1e-13);
  });

  it('takes nested arrays, and widens to float64', () => {
    expect(linalg.solve([[2, 0], [0, 4]], [2, 4]).toArray()).toEqual([1, 1]); // prettier-ignore
    expect(linalg.solve([[2, 0], [0, 4]], vector(2, 4)).dtype).toBe('float64'); // prettier-ignore
  });

  it('has errors that say what to do', () => {
    const singular = matrix([[1, 2], [2, 4]]); // prettier-ignore
    expect(thrown(() => linalg.inv(singular)).message).toMatch(
      /^inv: the matrix is singular: pivot 1 of 2 is 0/,
    );
    expect(thrown(() => linalg.matrixPower(singular, -1)).message).toMatch(
      /^matrixPower: the matrix is singular/,
    );
    expect(thrown(() => linalg.solve(singular, [1, 1]))).toBeInstanceOf(LinalgError);
    const shape = thrown(() => linalg.solve(singular, vector(1, 2, 3)));
    expect([shape.code, shape.message]).toEqual([
      'SHAPE',
      'solve: sizes differ: float64[2,2] and float64[3]; b must be [2] or [..., 2, k]',
    ]);
    expect(thrown(() => linalg.solve(randomTensor(1, [2, 3]), vector(1, 2))).message).toMatch(/use lstsq/);
    expect(thrown(() => linalg.inv(p.cast(singular, 'int32'))).code).toBe('DTYPE');
    expect(thrown(() => linalg.inv(vector(1))).code).toBe('SHAPE');
    expect(thrown(() => linalg.matrixPower(singular, 0.5)).code).toBe('ARGUMENT');
  });

  it('matrixPower multiplies', () => {
    const a = wellConditioned(1, 3);
    expect(distance(linalg.matrixPower(a, 5), mm(a, mm(a, mm(a, mm(a, a)))))).toBeLessThan(1e-12);
    expect(distance(mm(linalg.matrixPower(a, -2), mm(a, a)), identity)).toBeLessThan(1e-13);
    expect(distance(linalg.matrixPower(a, 0), identity)).toBe(0);
    expect(distance(linalg.matrixPower(a, 1), a)).toBe(0);
  });

  it('trace takes rectangles and stacks', () => {
    expect(linalg.trace(matrix([[1, 2, 3], [4, 5, 6]])).item()).toBe(6); // prettier-ignore
    expect(linalg.trace(p.full([2, 3, 3], 2, 'float64')).toArray()).toEqual([6, 6]);
  });
});

describe('det and slogdet', () => {
  it('known values', () => {
    expect(linalg.det(matrix([[1, 2], [3, 4]])).item()).toBeCloseTo(-2, 14); // prettier-ignore
    expect(linalg.det(matrix([[1, 2], [2, 4]])).item()).toBe(0); // prettier-ignore
    expect(linalg.det(p.full([2, 0, 0], 0, 'float64')).toArray()).toEqual([1, 1]);
    const [sign, logarithm] = linalg.slogdet(p.mul(identity, -1e200));
    expect(sign.item()).toBe(-1);
    expect(logarithm.item()).toBeCloseTo(3 * Math.log(1e200), 10);
  });

  it.each(seeds)(
    'derivatives of the first three orders where the rank is full, also for equal singular values (seed %i)',
    (seed) => {
      checkDerivatives('det', linalg.det, [randomTensor(seed, [2, 3, 3])], { seed });
      checkDerivatives('det', linalg.det, [identity], { seed });
      checkDerivatives('det', linalg.det, [p.mul(withSingularValues(seed, 4, 4, [1, 1, 1, 1]), 2)], { seed });
      const third = grad((a: Tensor) => sumOf(p.square(grad((b: Tensor) => sumOf(linalg.det(b)))(a))));
      checkDerivatives('gradient of det', third, [wellConditioned(seed, 3)], { seed });
    },
  );

  it.each(seeds)('derivatives at singular matrices are cofactors (seed %i)', (seed) => {
    // Rank n - 1: exact to second order; below, to first.
    checkDerivatives('rank 2 of 3', linalg.det, [withSingularValues(seed, 3, 3, [2, 1])], { seed });
    checkDerivatives('rank 3 of 4', linalg.det, [withSingularValues(seed, 4, 4, [1, 1, 1])], { seed });
    checkDerivatives('rank 1 of 3', linalg.det, [withSingularValues(seed, 3, 3, [2])], { order: 1, seed });
    checkDerivatives('zero', linalg.det, [p.full([3, 3], 0, 'float64')], { order: 1, seed });
    checkDerivatives('zero 1 by 1', linalg.det, [p.full([1, 1], 0, 'float64')], { seed });
  });

  it('overflows to infinity, in transforms too', () => {
    const huge = p.mul(identity, 1e200);
    expect(linalg.det(huge).item()).toBe(Infinity);
    expect(jit(linalg.det)(huge).item()).toBe(Infinity);
    expect(jit(linalg.det)(p.mul(identity, NaN)).item()).toBe(NaN);
  });

  it('has the same value inside transforms', () => {
    const a = randomTensor(4, [3, 3]);
    checkJit('det', linalg.det, [a]);
    checkVmap(
      'det',
      linalg.det,
      seeds.map((seed) => [randomTensor(seed, [3, 3])]),
    );
    expect(jit(linalg.det)(matrix([[1, 2], [2, 4]])).item()).toBe(0); // prettier-ignore
  });
});

describe('decompositions', () => {
  it.each(seeds)('cholesky and eigh use the symmetric part, so gradients are symmetric (seed %i)', (seed) => {
    const a = p.add(
      positiveDefinite(seed, 3),
      p.sub(randomTensor(seed, [3, 3]), mT(randomTensor(seed, [3, 3]))),
    );
    expect(distance(linalg.cholesky(a), linalg.cholesky(p.mul(p.add(a, mT(a)), 0.5)))).toBe(0);
    for (const f of [linalg.cholesky, (x: Tensor) => linalg.eigh(x)[1], linalg.eigvalsh]) {
      const g = grad((x: Tensor) => sumOf(p.mul(f(x), randomTensor(9, f(x).shape))))(a);
      expect(distance(g, mT(g))).toBe(0);
      checkDerivatives('symmetrised', f, [a], { seed });
    }
  });

  it('svd and singularValues, qr', () => {
    const a = randomTensor(3, [4, 2]);
    const [u, s, vt] = linalg.svd(a);
    expect(distance(mm(p.mul(u, p.reshape(s, [1, 2])), vt), a)).toBeLessThan(1e-14);
    expect(distance(linalg.singularValues(a), s)).toBe(0);
    const [q, r] = linalg.qr(a);
    expect(distance(mm(q, r), a)).toBeLessThan(1e-14);
  });

  it('errors name the function', () => {
    for (const [name, f] of Object.entries({
      cholesky: linalg.cholesky,
      qr: linalg.qr,
      svd: linalg.svd,
      eigh: linalg.eigh,
      det: linalg.det,
      pinv: linalg.pinv,
      trace: linalg.trace,
      matrixRank: linalg.matrixRank,
    })) {
      expect(thrown(() => f(vector(1, 2))).message).toMatch(new RegExp(`^${name}: .*got float64\\[2\\]`));
      expect(thrown(() => f(tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }))).code).toBe('DTYPE');
    }
  });
});

describe('symmetricFunction', () => {
  const functions = {
    exp: p.exp,
    log: p.log,
    sqrt: p.sqrt,
    inverse: (x: Tensor): Tensor => p.div(p.scalar(1, 'float64'), x),
  };

  it.each(Object.entries(functions))(
    '%s: value, and derivative at distinct, equal and nearly equal eigenvalues',
    (_, f) => {
      for (const seed of seeds) {
        const far = [0.5, 1.1, 2.3];
        checkDerivatives('distinct', (a) => linalg.symmetricFunction(a, f), [withEigenvalues(seed, far)], {
          seed,
        });
        for (const values of [
          [1, 1, 1],
          [1, 1, 3],
          [1, 1 + 1e-9, 2],
          [1, 1 + 1e-6, 2],
          [1, 1 + 1e-4, 2],
        ]) {
          // prettier-ignore
          checkDerivatives(values.join(), (a) => linalg.symmetricFunction(a, f), [withEigenvalues(seed, values)], { order: 1, seed });
        }
      }
    },
  );

  it('square root and logarithm undo square and exponential', () => {
    const a = positiveDefinite(2, 4, [2]);
    const root = linalg.symmetricFunction(a, p.sqrt);
    expect(distance(mm(root, root), a)).toBeLessThan(1e-13);
    expect(distance(linalg.symmetricFunction(linalg.symmetricFunction(a, p.log), p.exp), a)).toBeLessThan(
      1e-13,
    );
    expect(
      distance(linalg.symmetricFunction(p.mul(identity, 2), p.exp), p.mul(identity, Math.exp(2))),
    ).toBeLessThan(1e-14);
  });

  it('works in jit and vmap, and refuses a function that changes the shape', () => {
    const f = (a: Tensor): Tensor => linalg.symmetricFunction(a, p.exp);
    checkVmap(
      'exp',
      f,
      seeds.map((seed) => [symmetric(seed, 3)]),
    );
    checkJit('gradient', (a) => grad((x: Tensor) => sumOf(p.square(f(x))))(a), [symmetric(1, 3)]);
    expect(thrown(() => linalg.symmetricFunction(identity, (x) => p.sum(x, [0]))).code).toBe('SHAPE');
  });
});

describe('pinv, lstsq, matrixRank', () => {
  it.each(seeds)('satisfy the four equations of Moore and Penrose at any rank (seed %i)', (seed) => {
    for (const a of [
      randomTensor(seed, [2, 4, 3]),
      randomTensor(seed, [3, 5]),
      withSingularValues(seed, 5, 4, [3, 1]),
      p.full([2, 3], 0, 'float64'),
    ]) {
      const x = linalg.pinv(a);
      expect(distance(mm(a, mm(x, a)), a)).toBeLessThan(1e-13);
      expect(distance(mm(x, mm(a, x)), x)).toBeLessThan(1e-12);
      expect(distance(mm(a, x), mT(mm(a, x)))).toBeLessThan(1e-13);
      expect(distance(mm(x, a), mT(mm(x, a)))).toBeLessThan(1e-13);
    }
  });

  it.each(seeds)('derivatives of pinv at full rank, also for equal singular values (seed %i)', (seed) => {
    for (const [m, n, values] of [
      [4, 2, [2, 1]],
      [2, 4, [2, 1]],
      [3, 3, [1, 1, 1]],
      [4, 3, [2, 2, 1]],
    ] as const) {
      // prettier-ignore
      checkDerivatives(`pinv ${m}x${n}`, (a) => linalg.pinv(a), [withSingularValues(seed, m, n, values)], { seed });
    }
  });

  it('derivative of pinv among matrices of lower rank', () => {
    // a(t) = (u + t du)(v + t dv)ᵀ stays of rank 2.
    const [u, du, v, dv] = [1, 2, 3, 4].map((seed) => randomTensor(seed, [seed < 3 ? 5 : 4, 2])) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    checkDerivatives(
      'pinv',
      (t) => linalg.pinv(mm(p.add(u, p.mul(t, du)), p.add(v, p.mul(t, dv)), false, true)),
      [p.scalar(0.1, 'float64')],
    );
  });

  it.each(seeds)('lstsq: residual orthogonal to the columns, solution in the row space (seed %i)', (seed) => {
    for (const a of [
      randomTensor(seed, [5, 3]),
      randomTensor(seed, [2, 4]),
      withSingularValues(seed, 5, 4, [3, 1]),
    ]) {
      const b = randomTensor(seed + 3, [a.shape[0]!, 2]);
      const { solution, residuals, rank, singularValues } = linalg.lstsq(a, b);
      const rest = p.sub(b, mm(a, solution));
      expect(distance(mm(a, rest, true), p.full([a.shape[1]!, 2], 0, 'float64'))).toBeLessThan(1e-13);
      expect(distance(mm(linalg.pinv(a), mm(a, solution)), solution)).toBeLessThan(1e-13);
      expect(distance(residuals, p.sum(p.square(rest), [0]))).toBeLessThan(1e-14);
      expect(rank.item()).toBe(linalg.matrixRank(a).item());
      expect(distance(singularValues, linalg.singularValues(a))).toBe(0);
    }
  });

  it('lstsq takes a vector, broadcasts and has derivatives', () => {
    const a = randomTensor(1, [2, 4, 2]);
    const fit = linalg.lstsq(a, vector(1, 2, 3, 4));
    expect([fit.solution.shape, fit.residuals.shape, fit.rank.toArray()]).toEqual([[2, 2], [2], [2, 2]]); // prettier-ignore
    checkDerivatives('lstsq', (x, y) => linalg.lstsq(x, y).solution, [
      withSingularValues(1, 4, 2, [2, 1]),
      randomTensor(2, [4, 2]),
    ]);
    checkJit('lstsq', (x, y) => linalg.lstsq(x, y).solution, [
      randomTensor(1, [4, 2]),
      randomTensor(2, [4, 2]),
    ]);
  });

  it('rank and its tolerance', () => {
    const a = withSingularValues(1, 5, 4, [1, 1e-3, 1e-9]);
    expect(linalg.matrixRank(a).item()).toBe(3);
    expect(linalg.matrixRank(a, { rcond: 1e-6 }).item()).toBe(2);
    expect(linalg.lstsq(a, vector(1, 2, 3, 4, 5), { rcond: 0.1 }).rank.item()).toBe(1);
    expect(linalg.matrixRank(p.full([3, 3], 0, 'float64')).item()).toBe(0);
    expect(thrown(() => linalg.pinv(a, { rcond: -1 })).code).toBe('ARGUMENT');
    expect(thrown(() => linalg.lstsq(a, vector(1, 2))).message).toMatch(
      /lstsq: sizes differ: float64\[5,4\] and float64\[2\]/,
    );
  });
});

describe('norm', () => {
  const m = matrix([[1, -2, 3], [4, 5, -6]]); // prettier-ignore

  it('of vectors', () => {
    const v = vector(3, -4, 0);
    const norms = [undefined, 1, 2, 3, 0, Infinity, -Infinity].map((ord) =>
      linalg.norm(v, ord === undefined ? {} : { ord }).item(),
    );
    [5, 7, 5, 91 ** (1 / 3), 2, 4, 0].forEach((expected, i) => expect(norms[i]).toBeCloseTo(expected, 13));
    expect(linalg.norm(v, { ord: -1 }).item()).toBe(0);
    expect(linalg.norm(vector(2, 4), { ord: -1 }).item()).toBeCloseTo(1 / (1 / 2 + 1 / 4), 14);
    expect(linalg.norm(m, { axis: 0 }).toArray()).toEqual(
      [Math.sqrt(17), Math.sqrt(29), Math.sqrt(45)].map(near),
    );
    expect(linalg.norm(m, { axis: -1, ord: 1, keepDims: true }).toArray()).toEqual([[6], [15]]);
  });

  it('of matrices', () => {
    const s = [...linalg.singularValues(m).dataSync()];
    const expected: [number | 'fro' | 'nuc', number][] = [['fro', Math.sqrt(91)], ['nuc', s[0]! + s[1]!], [2, s[0]!], [-2, s[1]!], [1, 9], [-1, 5], [Infinity, 15], [-Infinity, 6]]; // prettier-ignore
    for (const [ord, value] of expected) expect(linalg.norm(m, { ord }).item()).toBeCloseTo(value, 13);
    const stack = p.concat([p.reshape(m, [1, 2, 3]), p.reshape(p.mul(m, 2), [1, 2, 3])], 0);
    for (const [ord, value] of expected) {
      const both = linalg.norm(stack, { ord, axis: [1, 2] }).dataSync();
      expect([both[0], both[1]]).toEqual([expect.closeTo(value, 12), expect.closeTo(2 * value, 12)]);
      const flipped = linalg.norm(p.transpose(stack, [2, 0, 1]), { ord, axis: [-1, 0], keepDims: true });
      expect([flipped.shape, flipped.dataSync()[0]]).toEqual([[1, 2, 1], expect.closeTo(value, 12)]);
    }
  });

  it('neither overflows nor underflows', () => {
    expect(linalg.norm(vector(3e200, 4e200)).item() / 1e200).toBeCloseTo(5, 13);
    expect(linalg.norm(vector(3e-200, 4e-200)).item() / 1e-200).toBeCloseTo(5, 13);
    expect(linalg.norm(tensor([3e30, 4e30])).item() / 1e30).toBeCloseTo(5, 5);
    expect(linalg.norm(vector(Infinity, 1)).item()).toBe(Infinity);
    expect(linalg.norm(vector(NaN, 1)).item()).toBe(NaN);
    expect(linalg.norm(p.full([0], 0, 'float64')).item()).toBe(0);
  });

  it.each(seeds)('derivatives (seed %i)', (seed) => {
    const x = p.add(randomTensor(seed, [2, 3], 'float64', 0.3, 2), tensor([[0, 0.7, 0], [0, -3, 0]], { dtype: 'float64' })); // prettier-ignore
    for (const ord of [2, 1, 3, 1.5, -2, Infinity] as const)
      checkDerivatives(`vector ${ord}`, (t) => linalg.norm(t, { ord, axis: 1 }), [x], { seed });
    for (const ord of ['fro', 'nuc', 2, -2, 1, Infinity] as const)
      checkDerivatives(`matrix ${ord}`, (t) => linalg.norm(t, { ord }), [x], { seed });
  });

  it('has the derivative 0 at zero, also in second order', () => {
    for (const ord of [2, 3, 1.5, 1] as const) {
      const f = (x: Tensor): Tensor => linalg.norm(x, { ord });
      expect(grad(f)(vector(0, 0)).toArray()).toEqual([0, 0]);
      expect([...grad(f)(vector(0, 2)).dataSync()]).toEqual([0, expect.closeTo(1, 14)]);
      const second = grad((x: Tensor) => sumOf(grad(f)(x)))(vector(0, 0));
      expect([...second.dataSync()].every(Number.isFinite)).toBe(true);
    }
    for (const ord of ['fro', 'nuc', 2] as const) {
      const g = grad((x: Tensor) => linalg.norm(x, { ord }))(p.full([2, 2], 0, 'float64'));
      expect([...g.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('refuses what has no meaning', () => {
    expect(thrown(() => linalg.norm(vector(1), { ord: 'nuc' })).message).toMatch(
      /"nuc" is an order of matrices/,
    );
    expect(thrown(() => linalg.norm(m, { ord: 3 })).message).toMatch(/3 is not an order of matrices/);
    expect(thrown(() => linalg.norm(p.full([2, 2, 2], 1, 'float64'), { ord: 1 })).code).toBe('ARGUMENT');
    expect(thrown(() => linalg.norm(m, { axis: [0, 0] })).code).toBe('ARGUMENT');
    expect(thrown(() => linalg.norm(m, { axis: 2 })).code).toBe('INDEX');
    expect(thrown(() => linalg.norm(m, { ord: NaN })).code).toBe('ARGUMENT');
    expect(thrown(() => linalg.norm(tensor(Int32Array.of(1)))).code).toBe('DTYPE');
  });
});
