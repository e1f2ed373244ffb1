import { describe, expect, it } from 'vitest';
import { ones, stack, tensor, tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { fisherWindow, fisherWindowProduct, fisherWindowStep, slideFisherWindow } from '../../src/index.js';
import { distance, f64, flat, normals, randomTensor, seeds, someParams, thrown } from '../support.js';
import { denseInverse } from './dense.js';

const m = 16;
const d = 40;

describe.each(seeds)('against a dense inverse of the window, seed %i', (seed) => {
  it.each([0, 1, m - 1, m, 2 * m + 3])('after %i updates', (updates) => {
    const gradients = Array.from({ length: updates }, (_, k) => f64(normals(100 * seed + k, d)));
    let window = fisherWindow(zeros([d], { dtype: 'float64' }), m);
    for (const g of gradients) window = slideFisherWindow(window, g);
    expect(window.next.item()).toBe(updates % m);
    const kept = gradients.slice(-m);
    const none = Array.from({ length: m - kept.length }, () => zeros([d], { dtype: 'float64' }));
    const dense = denseInverse(stack([...kept, ...none]), 1e-2);
    const x = randomTensor(seed + 50, [d]);
    expect(distance(fisherWindowProduct(window, x, 1e-2), dense.matmul(x))).toBeLessThan(1e-9);
    const last = gradients.at(-1);
    if (last !== undefined)
      expect(distance(fisherWindowStep(window, x, 1e-2), dense.matmul(last))).toBeLessThan(1e-9);
  });

  it('of a tree: one matrix for all leaves', () => {
    const trees = [1, 2, 3].map((k) => someParams(seed + 10 * k));
    let window = fisherWindow(someParams(seed), 2);
    for (const g of trees) window = slideFisherWindow(window, g);
    const vectors = trees.slice(1).map((g) => f64(flat(g)));
    const want = denseInverse(stack(vectors), 0.1).matmul(f64(flat(trees[0])));
    const got = fisherWindowProduct(window, trees[0] as Tree, 0.1);
    expect(distance(f64(flat(got)), want)).toBeLessThan(1e-12);
    expect(tree.paths(got)).toEqual(tree.paths(trees[0]));
  });

  it('in float32 the step keeps its digits where the product has lost them', () => {
    const gradients = Array.from({ length: 8 }, (_, k) => tensor(normals(100 * seed + k, d)));
    const last = gradients.at(-1) as Tensor;
    let window = fisherWindow(last, m);
    for (const g of gradients) window = slideFisherWindow(window, g);
    let wide = fisherWindow(last.cast('float64'), m);
    for (const g of gradients) wide = slideFisherWindow(wide, g.cast('float64'));
    const exact = flat(fisherWindowStep(wide, last.cast('float64'), 1e-5));
    const size = Math.max(...exact.map(Math.abs));
    const error = (of: Tree): number =>
      Math.max(...flat(of).map((x, i) => Math.abs(x - (exact[i] ?? 0)))) / size;
    expect(error(fisherWindowStep(window, last, 1e-5))).toBeLessThan(1e-6);
    expect(error(fisherWindowProduct(window, last, 1e-5))).toBeLessThan(0.1);
  });
});

describe('what it is given', () => {
  const params = { w: ones([2, 3]), b: ones([3]) };
  const window = fisherWindow(params, 4);

  it('gradients of any size: damping that rounding swallows still gives a finite product', () => {
    let large = fisherWindow(f64([0, 0]), 4);
    for (const g of [f64([1e9, 1e9]), f64([1e9, 1e9 + 1])]) large = slideFisherWindow(large, g);
    expect(flat(fisherWindowStep(large, f64([0, 0]), 1e-5)).every(Number.isFinite)).toBe(true);
  });

  it('NaN gives NaN until the gradient has left the window', () => {
    let at = fisherWindow(f64([0, 0]), 2);
    const step = (g: Tensor): number[] => {
      at = slideFisherWindow(at, g);
      return flat(fisherWindowStep(at, g, 0.1));
    };
    expect(step(f64([NaN, 1]))).toEqual([NaN, NaN]);
    expect(step(f64([1, 1]))).toEqual([NaN, NaN]);
    expect(step(f64([1, 1])).every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['a window of 0', () => fisherWindow(params, 0), 'ARGUMENT: fisherWindow: size must be a whole number of at least 1, got 0'], // prettier-ignore
    ['integers', () => fisherWindow(tensor([1], { dtype: 'int32' }), 2), /^DTYPE: fisherWindow: /],
    ['something else', () => slideFisherWindow({} as never, params), /^TREE: slideFisherWindow: window must be one that fisherWindow made/], // prettier-ignore
    [
      'nothing',
      () => fisherWindowStep(undefined as never, params, 1),
      /^TREE: fisherWindowStep: window must/,
    ],
    ['another tree', () => slideFisherWindow(window, { w: ones([2, 3]) }), /^TREE: slideFisherWindow: the window and gradient must have one structure/], // prettier-ignore
    ['another shape', () => fisherWindowProduct(window, { w: ones([2, 3]), b: ones([2]) }, 1), 'SHAPE: fisherWindowProduct: the window holds a float32[4,3] tensor for b, where x is a float32[2] tensor'], // prettier-ignore
    ['no damping', () => fisherWindowStep(window, params, 0), 'ARGUMENT: fisherWindowStep: damping must be a finite number greater than 0 or a scalar tensor, got 0'], // prettier-ignore
    ['NaN', () => fisherWindowProduct(window, params, NaN), /got NaN$/],
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
