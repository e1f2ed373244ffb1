import { describe, expect, it } from 'vitest';
import { grad, jit, linalg, ones, tensor, vmap, zeros, type Tensor } from '@core/tensor';
import { inverseFisher } from '../../src/index.js';
import { distance, f64, flat, normals, randomTensor, seeds, thrown } from '../support.js';
import { denseInverse } from './dense.js';

const m = 16;
const d = 40;
const rowsOf = (seed: number): Tensor => f64(normals(seed, m * d)).reshape([m, d]);

describe.each(seeds)('against a dense inverse, seed %i', (seed) => {
  const rows = rowsOf(seed);
  const x = randomTensor(seed + 50, [d]);

  it.each([undefined, 8, 12, 100])('blocks of %s', (blockSize) => {
    const inverse = inverseFisher(rows, { damping: 1e-2, ...(blockSize === undefined ? {} : { blockSize }) });
    const length = Math.min(blockSize ?? d, d);
    const want = zeros([d, d], { dtype: 'float64' }).toArray() as number[][];
    for (let start = 0; start < d; start += length) {
      const end = Math.min(start + length, d);
      const block = denseInverse(rows.slice([0, start], [m, end]), 1e-2).toArray() as number[][];
      block.forEach((line, i) => line.forEach((value, j) => (want[start + i]![start + j] = value)));
    }
    const dense = f64(want);
    expect(distance(inverse.multiply(x), dense.matmul(x))).toBeLessThan(1e-9);
    expect(distance(inverse.diagonal(), dense.diagonal())).toBeLessThan(1e-9);
    for (const [i, j] of [
      [0, 0],
      [3, 5],
      [5, 3],
      [7, 8],
      [39, 39],
      [36, 39],
      [12, 35],
      [35, 36],
    ] as const)
      // prettier-ignore
      expect(Math.abs(inverse.element(i, j).item() - want[i]![j]!)).toBeLessThan(1e-9);
  });

  it('of a tree, whose leaves share one matrix', () => {
    const cut = (v: Tensor): { a: Tensor; b: Tensor; c: Tensor } => {
      const front = v.shape.slice(0, -1);
      const part = (from: number, to: number, ...shape: number[]): Tensor => v.at('...', [from, to]).reshape([...front, ...shape]); // prettier-ignore
      return { a: part(0, 24, 4, 6), b: part(24, 39, 15), c: part(39, 40) };
    };
    const inverse = inverseFisher(cut(rows), { damping: 1e-2 });
    const plain = inverseFisher(rows, { damping: 1e-2 });
    expect(inverse.size).toBe(d);
    expect(distance(inverse.multiply(cut(x)), plain.multiply(x))).toBeLessThan(1e-12);
    expect(distance(inverse.diagonal(), plain.diagonal())).toBeLessThan(1e-12);
    expect(inverse.multiply(cut(x)).a.shape).toEqual([4, 6]);
    expect(inverse.element(3, 39).item()).toBeCloseTo(plain.element(3, 39).item(), 12);
  });

  it('compiled, in a batch, and differentiated', () => {
    const times = (g: Tensor, v: Tensor, damping: Tensor): Tensor => inverseFisher(g, { damping, blockSize: 12 }).multiply(v); // prettier-ignore
    const delta = f64(1e-2);
    const want = times(rows, x, delta);
    expect(distance(jit(times)(rows, x, delta), want)).toBeLessThan(1e-11);
    const batch = vmap(times, { inAxes: [null, 0, null] })(rows, x.expandDims(0).mul(f64([[1], [2]])), delta);
    expect(distance(batch.at(1), want.mul(2))).toBeLessThan(1e-11);
    // d/dδ H⁻¹ x = -H⁻¹ H⁻¹ x
    const slope = grad((t: Tensor) => inverseFisher(rows, { damping: t }).multiply(x).sum())(delta);
    const dense = denseInverse(rows, 1e-2);
    const exact = linalg.matmul(dense, dense.matmul(x)).sum().neg().item();
    expect(Math.abs(slope.item() / exact - 1)).toBeLessThan(1e-8);
  });
});

describe('what it is given', () => {
  it('keeps the gradients as they were, and takes zeros, none at all and float32', () => {
    const rows = rowsOf(1);
    const before = flat(rows);
    const inverse = inverseFisher(rows, { damping: 1e-2 });
    inverse.multiply(randomTensor(2, [d]));
    expect(flat(rows)).toEqual(before);
    expect(flat(inverseFisher(zeros([3, 2]), { damping: 0.5 }).multiply(tensor([1, 2])))).toEqual([2, 4]);
    expect(inverseFisher({}).multiply({})).toEqual({});
    const empty = inverseFisher({ a: ones([2, 0]), b: ones([2]) }, { damping: 1 });
    expect(flat(empty.multiply({ a: ones([0]), b: ones([]) }))).toEqual([0.5]);
    const narrow = inverseFisher(rows.cast('float32'), { damping: 1e-5 });
    const wide = inverseFisher(rows.cast('float32').cast('float64'), { damping: 1e-5 });
    expect((narrow.diagonal() as Tensor).dtype).toBe('float32');
    flat(narrow.diagonal()).forEach((value, i) => {
      expect(Math.abs(value / (flat(wide.diagonal())[i] ?? 0) - 1)).toBeLessThan(1e-6);
    });
  });

  it('answers NaN with NaN', () => {
    const rows = f64([[1, NaN], [0, 1]]); // prettier-ignore
    expect(flat(inverseFisher(rows).multiply(f64([1, 1])))).toEqual([NaN, NaN]);
  });

  it.each([
    ['a scalar', () => inverseFisher(f64(1)), /^SHAPE: inverseFisher: every leaf must be \[m, \.\.\.shape\]/],
    ['no gradients', () => inverseFisher(zeros([0, 3])), /^SHAPE: inverseFisher: every leaf must be/],
    ['leaves of different m', () => inverseFisher({ a: ones([2, 3]), b: ones([3]) }), /with one m .*got a float32\[3\] tensor at b/], // prettier-ignore
    ['integers', () => inverseFisher(tensor([[1]], { dtype: 'int32' })), /^DTYPE: inverseFisher: /],
    ['no damping', () => inverseFisher(ones([2, 2]), { damping: 0 }), 'ARGUMENT: inverseFisher: damping must be a finite number greater than 0 or a scalar tensor, got 0'], // prettier-ignore
    ['NaN', () => inverseFisher(ones([2, 2]), { damping: NaN }), /got NaN$/],
    ['empty blocks', () => inverseFisher(ones([2, 2]), { blockSize: 0 }), 'ARGUMENT: inverseFisher: blockSize must be a whole number of at least 1, got 0'], // prettier-ignore
    ['another option', () => inverseFisher(ones([2, 2]), { damp: 1 } as never), /there is no option damp; there are damping, blockSize$/], // prettier-ignore
    ['a vector that is too short', () => inverseFisher(ones([2, 2])).multiply(ones([3])), /^SHAPE: inverseFisher: multiply: x at the root is a float32\[3\] tensor/], // prettier-ignore
    ['another tree', () => inverseFisher(ones([2, 2])).multiply({ w: ones([2]) } as never), /^TREE: inverseFisher: multiply: /], // prettier-ignore
    ['a place outside', () => inverseFisher(ones([2, 2])).element(0, 2), 'ARGUMENT: inverseFisher: element: column 2 is outside 0 … 1'], // prettier-ignore
    ['half a place', () => inverseFisher(ones([2, 2])).element(0.5, 1), /row must be a whole number/],
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
