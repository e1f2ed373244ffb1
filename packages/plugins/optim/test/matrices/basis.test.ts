import { describe, expect, it } from 'vitest';
import { einsum, eye, linalg, matmul, type Tensor } from '@core/tensor';
import { eigenbasis, gram, project, projectBack, refinedBasis } from '../../src/matrices/basis.js';
import { distance, f64, flat, randomTensor, seeds } from '../support.js';

describe.each(seeds)('a leaf of four axes, seed %i', (seed) => {
  const x = randomTensor(seed, [2, 3, 4, 5]);

  it('gram: contracted with itself over all axes but one', () => {
    const wanted = ['abcd,zbcd->az', 'abcd,azcd->bz', 'abcd,abzd->cz', 'abcd,abcz->dz'];
    wanted.forEach((pattern, axis) =>
      expect(distance(gram(x, axis), einsum(pattern, x, x))).toBeLessThan(1e-13),
    );
  });

  it('project contracts with rows, projectBack with columns, each where there is a basis', () => {
    const bases: Readonly<Record<string, Tensor>> = {
      axis0: randomTensor(seed + 1, [2, 2]),
      axis2: randomTensor(seed + 2, [4, 4]),
      axis3: randomTensor(seed + 3, [5, 5]),
    };
    const [a, c, d] = [bases['axis0'], bases['axis2'], bases['axis3']] as [Tensor, Tensor, Tensor]; // as above
    expect(distance(project(x, bases), einsum('abcd,ai,ck,dl->ibkl', x, a, c, d))).toBeLessThan(1e-13);
    expect(distance(projectBack(x, bases), einsum('abcd,ia,kc,ld->ibkl', x, a, c, d))).toBeLessThan(1e-13);
  });
});

describe('bases', () => {
  const spd = (seed: number): Tensor => {
    const half = randomTensor(seed, [4, 4]);
    return matmul(half, half, { transposeB: true });
  };

  it.each(seeds)(
    'the eigenbasis has the largest first, and is a fixed point of the refinement, seed %i',
    (seed) => {
      const q = eigenbasis(spd(seed));
      const turned = matmul(matmul(q, spd(seed), { transposeA: true }), q);
      expect(distance(turned.diagonal(), linalg.eigvalsh(spd(seed)).take([3, 2, 1, 0]))).toBeLessThan(1e-13);
      const { basis, order } = refinedBasis(spd(seed), q);
      expect(flat(order)).toEqual([0, 1, 2, 3]);
      expect(
        distance(matmul(basis, q, { transposeA: true }).abs(), eye(4, 4, { dtype: 'float64' })),
      ).toBeLessThan(1e-9);
    },
  );

  it('the refinement puts columns in order, and says in which', () => {
    const matrix = f64([[1, 0, 0], [0, 3, 0], [0, 0, 2]]); // prettier-ignore
    const { basis, order } = refinedBasis(matrix, eye(3, 3, { dtype: 'float64' }));
    expect(flat(order)).toEqual([1, 2, 0]);
    expect(distance(basis.abs(), f64([[0, 0, 1], [1, 0, 0], [0, 1, 0]]))).toBe(0); // prettier-ignore
  });
});
