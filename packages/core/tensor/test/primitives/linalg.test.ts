import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import { LinalgError, TrellisError } from '../../src/errors.js';
import * as p from '../../src/primitives/calls.js';
import { asRow, diagonalOf, mm, mT, tril, triu } from '../../src/primitives/linalg/support.js';
import type { Tensor } from '../../src/tensor.js';
import { grad } from '../../src/transforms/grad.js';
import { checkDerivatives, checkJit, checkVmap } from '../support/derivatives.js';
import {
  distance,
  matrix,
  orthogonal,
  orthonormality,
  positiveDefinite,
  randomTensor,
  symmetric,
  withEigenvalues,
  withSingularValues,
} from '../support/matrices.js';

const seeds = [1, 2, 3];
const precision = { float64: 1e-13, float32: 2e-5 } as const;
const dtypes = ['float64', 'float32'] as const;
const cases = seeds.flatMap((seed) => dtypes.map((dtype) => ({ seed, dtype })));
const rectangles = [[1, 1], [3, 3], [6, 6], [5, 2], [2, 5], [7, 1], [1, 4]] as const; // prettier-ignore

function thrown(body: () => unknown): TrellisError {
  try {
    body();
  } catch (error) {
    if (error instanceof TrellisError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const upperTriangle = { lower: false, transpose: false, unitDiagonal: false };

describe('factors multiply back', () => {
  it.each(cases)('cholesky, $dtype, seed $seed', ({ seed, dtype }) => {
    for (const n of [1, 2, 5, 12]) {
      const a = p.cast(positiveDefinite(seed, n, [2]), dtype);
      const l = p.cholesky(a);
      expect(distance(mm(l, l, false, true), a)).toBeLessThan(precision[dtype] * n);
      expect(distance(l, tril(l))).toBe(0);
    }
  });

  it.each(cases)('qr, $dtype, seed $seed', ({ seed, dtype }) => {
    for (const [m, n] of rectangles) {
      const a = randomTensor(seed, [2, m, n], dtype);
      const [q, r] = p.qr(a);
      expect([q.shape, r.shape]).toEqual([[2, m, Math.min(m, n)], [2, Math.min(m, n), n]]); // prettier-ignore
      expect(distance(mm(q, r), a)).toBeLessThan(precision[dtype]);
      expect(orthonormality(q)).toBeLessThan(precision[dtype]);
      expect(distance(r, triu(r))).toBe(0);
      const k = Math.min(m, n);
      const diagonal = diagonalOf(p.slice(r, [0, 0, 0], [2, k, k])).dataSync();
      for (const x of diagonal) expect(x).toBeGreaterThan(0);
    }
  });

  it.each(cases)('svd, $dtype, seed $seed', ({ seed, dtype }) => {
    for (const [m, n] of rectangles) {
      const a = randomTensor(seed, [2, m, n], dtype);
      const [u, s, vt] = p.svd(a);
      expect(distance(mm(p.mul(u, asRow(s)), vt), a)).toBeLessThan(precision[dtype]);
      expect(orthonormality(u)).toBeLessThan(precision[dtype]);
      expect(orthonormality(mT(vt))).toBeLessThan(precision[dtype]);
      const values = s.dataSync();
      const k = Math.min(m, n);
      for (let i = 0; i < values.length; i++)
        if (i % k > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]!);
      largestIsPositive(u);
    }
  });

  it.each(cases)('eigh, $dtype, seed $seed', ({ seed, dtype }) => {
    for (const n of [1, 2, 3, 6, 20]) {
      const a = p.cast(symmetric(seed, n, [2]), dtype);
      const [values, vectors] = p.eigh(a);
      expect(distance(mm(p.mul(vectors, asRow(values)), vectors, false, true), a)).toBeLessThan(
        precision[dtype] * 10,
      );
      expect(orthonormality(vectors)).toBeLessThan(precision[dtype]);
      const list = values.dataSync();
      for (let i = 0; i < list.length; i++)
        if (i % n > 0) expect(list[i]).toBeGreaterThanOrEqual(list[i - 1]!);
      largestIsPositive(vectors);
    }
  });

  function largestIsPositive(vectors: Tensor): void {
    const [rows, columns] = vectors.shape.slice(-2) as [number, number];
    const data = vectors.dataSync();
    for (let b = 0; b < data.length / (rows * columns); b++) {
      for (let j = 0; j < columns; j++) {
        const column = Array.from({ length: rows }, (_, i) => data[(b * rows + i) * columns + j]!);
        const largest = column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
        expect(largest).toBeGreaterThan(0);
      }
    }
  }

  it.each(cases)('solve and triangularSolve, $dtype, seed $seed', ({ seed, dtype }) => {
    const [a, b] = [p.add(randomTensor(seed, [2, 4, 4], dtype), p.cast(matrix([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0], [0, 0, 0, 3]]), dtype)), randomTensor(seed + 9, [2, 4, 3], dtype)]; // prettier-ignore
    for (const transpose of [false, true]) {
      expect(distance(mm(a, p.solve(a, b, transpose), transpose), b)).toBeLessThan(precision[dtype]);
      for (const lower of [false, true]) {
        for (const unitDiagonal of [false, true]) {
          const x = p.triangularSolve(a, b, { lower, transpose, unitDiagonal });
          const strict = lower ? tril(a, -1) : triu(a, 1);
          const diagonal = unitDiagonal ? p.full([4, 4], 1, dtype) : a;
          const t = p.add(strict, tril(triu(diagonal)));
          expect(distance(mm(t, x, transpose), b)).toBeLessThan(precision[dtype] * 100);
        }
      }
    }
  });

  it.each(seeds)(
    'slogdet is the product of eigenvalues and changes sign with a row exchange (seed %i)',
    (seed) => {
      const a = symmetric(seed, 5);
      const eigenvalues = [...p.eigh(a)[0].dataSync()];
      const [sign, logarithm] = p.slogdet(a);
      expect(sign.item()).toBe(Math.sign(eigenvalues.reduce((x, y) => x * y, 1)));
      expect(logarithm.item()).toBeCloseTo(
        eigenvalues.reduce((x, y) => x + Math.log(Math.abs(y)), 0),
        12,
      );
      const swapped = p.concat(
        [p.slice(a, [1, 0], [2, 5]), p.slice(a, [0, 0], [1, 5]), p.slice(a, [2, 0], [5, 5])],
        0,
      );
      expect(p.slogdet(swapped)[0].item()).toBe(-sign.item());
    },
  );
});

describe('matrices at the edge', () => {
  it('svd takes zeros, rank deficiency and repeated columns', () => {
    for (const a of [
      p.full([3, 4], 0, 'float64'),
      p.full([4, 3], 1, 'float64'),
      withSingularValues(1, 6, 4, [2, 1]),
      matrix([
        [0, 1, 1],
        [0, 0, 1],
        [0, 0, 0],
      ]),
    ]) {
      // prettier-ignore
      const [u, s, vt] = p.svd(a);
      expect(distance(mm(p.mul(u, asRow(s)), vt), a)).toBeLessThan(1e-14);
      expect(Math.max(orthonormality(u), orthonormality(mT(vt)))).toBeLessThan(1e-14);
    }
  });

  it('qr takes zeros and dependent columns, with orthonormal q all the same', () => {
    for (const a of [
      p.full([4, 3], 0, 'float64'),
      p.full([3, 3], 1, 'float64'),
      withSingularValues(2, 5, 3, [1]),
    ]) {
      const [q, r] = p.qr(a);
      expect(distance(mm(q, r), a)).toBeLessThan(1e-14);
      expect(orthonormality(q)).toBeLessThan(1e-14);
    }
  });

  it.each([1e-300, 1e-160, 1e160, 1e300])('no overflow or underflow at scale %d', (scale) => {
    const a = p.mul(symmetric(3, 5), scale);
    const [values, vectors] = p.eigh(a);
    expect(orthonormality(vectors)).toBeLessThan(1e-14);
    expect(
      distance(p.div(mm(p.mul(vectors, asRow(values)), vectors, false, true), scale), p.div(a, scale)),
    ).toBeLessThan(1e-14);
    const [u, s, vt] = p.svd(a);
    expect(distance(p.div(mm(p.mul(u, asRow(s)), vt), scale), p.div(a, scale))).toBeLessThan(1e-14);
  });

  it('eigh resolves what a matrix of graded scale determines: absolute error of the order of eps times the norm', () => {
    const values = p.eigh(withEigenvalues(4, [1e-8, 1e-4, 1, 1e4]))[0].dataSync();
    [1e-8, 1e-4, 1, 1e4].forEach((expected, i) =>
      expect(Math.abs(values[i]! - expected)).toBeLessThan(1e-11),
    );
  });

  it('NaN and infinity give NaN in the factors, not an endless loop', () => {
    for (const bad of [NaN, Infinity]) {
      const a = matrix([[1, bad], [bad, 2]]); // prettier-ignore
      for (const x of [...p.eigh(a), ...p.svd(a)]) expect([...x.dataSync()].every(Number.isNaN)).toBe(true);
    }
    const poisoned = matrix([[1, NaN], [0, 2]]); // prettier-ignore
    for (const x of [p.solve(poisoned, matrix([[1], [1]])), p.slogdet(poisoned)[1], p.qr(poisoned)[1]])
      expect([...x.dataSync()].some(Number.isNaN)).toBe(true);
  });

  it('empty matrices', () => {
    const empty = p.full([2, 0, 0], 0, 'float64');
    expect(p.cholesky(empty).shape).toEqual([2, 0, 0]);
    expect(p.slogdet(empty).map((x) => [...x.dataSync()])).toEqual([[1, 1], [0, 0]]); // prettier-ignore
    expect(p.svd(p.full([3, 0], 0, 'float64')).map((x) => x.shape)).toEqual([[3, 0], [0], [0, 0]]);
    expect(p.qr(p.full([0, 3], 0, 'float64')).map((x) => x.shape)).toEqual([[0, 0], [0, 3]]); // prettier-ignore
    expect(p.eigh(empty)[0].shape).toEqual([2, 0]);
    expect(p.solve(empty, p.full([2, 0, 3], 0, 'float64')).shape).toEqual([2, 0, 3]);
    expect(p.solve(p.full([2, 2], 1, 'float64'), p.full([2, 0], 0, 'float64')).shape).toEqual([2, 0]);
  });

  it('cholesky and eigh take the symmetric part', () => {
    const a = positiveDefinite(5, 4);
    const upper = triu(p.full([4, 4], 0.25, 'float64'), 1);
    const leaning = p.sub(p.add(a, upper), mT(upper));
    expect(distance(p.cholesky(leaning), p.cholesky(a))).toBeLessThan(1e-14);
    expect(distance(p.eigh(leaning)[0], p.eigh(a)[0])).toBeLessThan(1e-13);
  });
});

describe('errors', () => {
  const good = positiveDefinite(1, 2);

  it('name the batch element and the pivot', () => {
    const stack = p.concat([p.reshape(good, [1, 2, 2]), p.reshape(matrix([[1, 2], [2, 1]]), [1, 2, 2])], 0); // prettier-ignore
    const error = thrown(() => p.cholesky(stack));
    expect(error).toBeInstanceOf(LinalgError);
    expect(error.code).toBe('LINALG');
    expect(error.message).toMatch(
      /cholesky: the matrix in batch element \[1\] is not positive definite: pivot 1 of 2 is -3, and must be above 0/,
    );
    expect(thrown(() => p.cholesky(matrix([[NaN]]))).message).toMatch(/pivot 0 of 1 is NaN/);
    const singular = matrix([[1, 2], [2, 4]]); // prettier-ignore
    expect(thrown(() => p.solve(singular, good)).message).toMatch(
      /solve: the matrix is singular: pivot 1 of 2 is 0/,
    );
    expect(thrown(() => p.triangularSolve(matrix([[0, 1], [0, 1]]), good, upperTriangle)).message).toMatch(/pivot 0 of 2 is 0/); // prettier-ignore
    expect(p.slogdet(singular).map((x) => x.item())).toEqual([0, -Infinity]);
  });

  it('name shapes and dtypes', () => {
    const int = p.cast(good, 'int32');
    for (const call of [p.cholesky, p.qr, p.svd, p.eigh, p.slogdet] as const) {
      const dtype = thrown(() => call(int));
      expect([dtype.code, dtype.message]).toEqual(['DTYPE', expect.stringContaining('got int32[2,2]')]);
      const shape = thrown(() => call(p.full([3], 1, 'float64')));
      expect([shape.code, shape.message]).toEqual(['SHAPE', expect.stringContaining('got float64[3]')]);
    }
    expect(thrown(() => p.cholesky(randomTensor(1, [2, 3]))).message).toBe(
      'cholesky: needs square matrices [..., n, n], got float64[2,3]',
    );
    expect(thrown(() => p.solve(good, randomTensor(1, [3, 1]))).message).toMatch(
      /sizes differ: float64\[2,2\] and float64\[3,1\]; b needs 2 rows/,
    );
    expect(thrown(() => p.solve(good, randomTensor(1, [2, 2, 1]))).message).toMatch(/leading axes differ/);
    expect(thrown(() => p.solve(good, randomTensor(1, [2, 1], 'float32'))).code).toBe('DTYPE');
  });
});

describe('derivatives against central differences, first and second order', () => {
  it.each(seeds)('cholesky (seed %i)', (seed) => {
    for (const [n, batch] of [[1, []], [3, []], [4, [2]]] as const) checkDerivatives('cholesky', p.cholesky, [positiveDefinite(seed, n, batch)], { seed }); // prettier-ignore
  });

  it.each(seeds)('triangularSolve (seed %i)', (seed) => {
    for (const lower of [false, true]) {
      for (const transpose of [false, true]) {
        for (const unitDiagonal of [false, true]) {
          const a = p.add(randomTensor(seed, [3, 3]), matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2]])); // prettier-ignore
          checkDerivatives(
            'triangularSolve',
            (x, y) => p.triangularSolve(x, y, { lower, transpose, unitDiagonal }),
            [a, randomTensor(seed + 5, [3, 2])],
            { seed },
          );
        }
      }
    }
  });

  it.each(seeds)('solve (seed %i)', (seed) => {
    for (const transpose of [false, true]) {
      const a = p.add(randomTensor(seed, [2, 3, 3]), matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2]])); // prettier-ignore
      checkDerivatives('solve', (x, y) => p.solve(x, y, transpose), [a, randomTensor(seed + 5, [2, 3, 2])], {
        seed,
      });
    }
  });

  it.each(seeds)('slogdet (seed %i)', (seed) => {
    checkDerivatives('slogdet', p.slogdet, [p.add(randomTensor(seed, [2, 3, 3]), matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2]]))], { seed }); // prettier-ignore
  });

  it.each(seeds)('qr: square, tall, wide, batched (seed %i)', (seed) => {
    for (const [m, n] of [
      [3, 3],
      [5, 2],
      [4, 3],
      [2, 5],
      [1, 3],
      [3, 1],
    ] as const) {
      // prettier-ignore
      checkDerivatives(`qr ${m}x${n}`, p.qr, [withSingularValues(seed, m, n, [3, 2.2, 1.3].slice(0, Math.min(m, n)))], { seed });
    }
    checkDerivatives('qr batch', p.qr, [p.add(randomTensor(seed, [2, 3, 2]), matrix([[2, 0], [0, 2], [0, 0]]))], { seed }); // prettier-ignore
  });

  it.each(seeds)('svd: square, tall, wide, batched (seed %i)', (seed) => {
    for (const [m, n] of [
      [3, 3],
      [5, 2],
      [2, 5],
      [4, 3],
      [1, 3],
      [3, 1],
    ] as const) {
      // prettier-ignore
      checkDerivatives(`svd ${m}x${n}`, p.svd, [withSingularValues(seed, m, n, [3, 2.1, 1.2].slice(0, Math.min(m, n)))], { seed });
    }
    const stack = p.concat(
      [3, 4].map((k) => p.reshape(withSingularValues(seed + k, 3, 2, [2, 1]), [1, 3, 2])),
      0,
    );
    checkDerivatives('svd batch', p.svd, [stack], { seed });
  });

  it.each(seeds)('eigh, also batched (seed %i)', (seed) => {
    checkDerivatives('eigh', p.eigh, [withEigenvalues(seed, [-2, -0.7, 0.4, 1.9])], { seed });
    const stack = p.concat(
      [3, 4].map((k) => p.reshape(withEigenvalues(seed + k, [-1, 0.5, 2]), [1, 3, 3])),
      0,
    );
    checkDerivatives('eigh batch', p.eigh, [stack], { seed });
  });
});

describe('derivatives where values meet', () => {
  it.each(seeds)('eigh: symmetric functions of the eigenvalues (seed %i)', (seed) => {
    for (const values of [
      [1, 1, 1],
      [1, 1, 2],
      [-1, 2, 2],
      [0, 0, 0, 3],
    ]) {
      // prettier-ignore
      const f = (a: Tensor): Tensor => p.sum(p.exp(p.mul(p.eigh(a)[0], 0.5)), [0]);
      checkDerivatives('sum of exp', f, [withEigenvalues(seed, values)], { order: 1, seed });
    }
  });

  it.each(seeds)('eigh: projector on the space of a repeated eigenvalue (seed %i)', (seed) => {
    const f = (a: Tensor): Tensor => {
      const vectors = p.slice(p.eigh(a)[1], [0, 0], [4, 2]);
      return mm(vectors, vectors, false, true);
    };
    checkDerivatives('projector', f, [withEigenvalues(seed, [1, 1, 2, 3.5])], { order: 1, seed });
  });

  it.each(seeds)('svd: u vt (the polar factor) and the sum of singular values (seed %i)', (seed) => {
    const polar = (a: Tensor): Tensor => {
      const [u, , vt] = p.svd(a);
      return mm(u, vt);
    };
    const nuclear = (a: Tensor): Tensor => p.sum(p.svd(a)[1], [0]);
    for (const [m, n] of [
      [3, 3],
      [4, 3],
      [2, 4],
    ] as const) {
      // prettier-ignore
      const a = withSingularValues(seed, m, n, [2, 2, 2].slice(0, Math.min(m, n)));
      checkDerivatives('polar', polar, [a], { order: 1, seed });
      checkDerivatives('nuclear', nuclear, [a], { order: 1, seed });
    }
  });

  it.each(seeds)(
    'everything stays finite at repeated and vanishing values, to second order (seed %i)',
    (seed) => {
      const finite = (f: (x: Tensor) => readonly Tensor[], a: Tensor): void => {
        const squares = (x: Tensor): Tensor =>
          f(x).reduce(
            (total, y) => p.add(total, sumOf(p.mul(y, randomTensor(seed + 3, y.shape)))),
            p.scalar(0, 'float64'),
          );
        for (const y of [gradient(squares)(a), gradient((x) => sumOf(p.square(gradient(squares)(x))))(a)]) {
          expect([...y.dataSync()].every(Number.isFinite)).toBe(true);
        }
      };
      for (const a of [
        withEigenvalues(seed, [1, 1, 2]),
        p.full([3, 3], 0, 'float64'),
        matrix([
          [1, 0],
          [0, 1],
        ]),
      ]) {
        // prettier-ignore
        finite(p.eigh, a);
        finite(p.svd, a);
      }
      for (const a of [
        withSingularValues(seed, 4, 3, [1, 1]),
        withSingularValues(seed, 2, 5, [1]),
        p.full([2, 3], 0, 'float64'),
      ])
        finite(p.svd, a);
    },
  );

  const sumOf = (x: Tensor): Tensor =>
    p.sum(
      x,
      x.shape.map((_, axis) => axis),
    );
  const gradient = (f: (x: Tensor) => Tensor) => grad(f);
});

describe('transforms', () => {
  const identity = matrix([[2, 0, 0], [0, 2, 0], [0, 0, 2]]); // prettier-ignore
  const square = (seed: number): Tensor => p.add(randomTensor(seed, [3, 3]), identity);

  it('vmap equals a loop', () => {
    checkVmap(
      'cholesky',
      p.cholesky,
      seeds.map((seed) => [positiveDefinite(seed, 3)]),
    );
    checkVmap(
      'eigh',
      p.eigh,
      seeds.map((seed) => [symmetric(seed, 3)]),
    );
    checkVmap(
      'svd',
      p.svd,
      seeds.map((seed) => [randomTensor(seed, [2, 4])]),
    );
    checkVmap(
      'qr',
      p.qr,
      seeds.map((seed) => [randomTensor(seed, [4, 2])]),
    );
    checkVmap(
      'slogdet',
      p.slogdet,
      seeds.map((seed) => [square(seed)]),
    );
    checkVmap(
      'solve',
      (a, b) => p.solve(a, b),
      seeds.map((seed) => [square(seed), randomTensor(seed + 7, [3, 2])]),
    );
    const parameters = { lower: true, transpose: true, unitDiagonal: false };
    checkVmap(
      'triangularSolve',
      (a, b) => p.triangularSolve(a, b, parameters),
      seeds.map((seed) => [square(seed), randomTensor(seed + 7, [3, 2])]),
    );
  });

  it('vmap inside a batch, and over a batch of right-hand sides with one matrix', () => {
    checkVmap(
      'solve',
      (a, b) => p.solve(a, b),
      seeds.map((seed) => [
        p.add(randomTensor(seed, [2, 3, 3]), identity),
        randomTensor(seed + 7, [2, 3, 2]),
      ]),
    );
  });

  it('jit gives the same bits', () => {
    checkJit(
      'decompositions',
      (a) => [p.cholesky(a), ...p.qr(a), ...p.svd(a), ...p.eigh(a), ...p.slogdet(a), p.solve(a, a)],
      [positiveDefinite(3, 4)],
    );
  });

  it('derivatives of factors under vmap', () => {
    checkVmap(
      'gradient',
      grad((a: Tensor) => p.sum(p.mul(p.eigh(a)[1], orthogonal(1, 3)), [0, 1])),
      seeds.map((seed) => [withEigenvalues(seed, [0, 1, 3])]),
    );
  });
});
