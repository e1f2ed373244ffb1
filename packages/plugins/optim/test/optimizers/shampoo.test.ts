import { describe, expect, it } from 'vitest';
import { grad, linalg, matmul, tensor, type Tensor } from '@core/tensor';
import { scaleByShampoo, shampoo } from '../../src/index.js';
import { estimate } from '../../src/matrices/secondMoment.js';
import { inverseRoot } from '../../src/matrices/inverseRoot.js';
import { distance, f64, flat, follow, normals, seeds, thrown } from '../support.js';

const normal = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normals(seed, shape.reduce((a, b) => a * b, 1)), { dtype: 'float64' }).reshape(shape); // prettier-ignore

const near = (got: Tensor, want: Tensor): number => distance(got, want) / Math.max(...flat(want.abs()));

describe.each(seeds)('what makes it Shampoo, seed %i', (seed) => {
  const grads = Array.from({ length: 10 }, (_, k) => normal(100 * seed + k, [6, 4]));
  const sum = (f: (g: Tensor) => Tensor): Tensor => grads.map(f).reduce((a, b) => a.add(b));
  const left = sum((g) => matmul(g, g, { transposeB: true }));
  const right = sum((g) => matmul(g, g, { transposeA: true }));

  it('claim 1 of the SOAP paper: with power 1/2 it is Adafactor in the eigenbasis', () => {
    const [rows, q] = linalg.eigh(left);
    const [columns, p] = linalg.eigh(right);
    const turn = (g: Tensor): Tensor => matmul(matmul(q, g, { transposeA: true }), p);
    const squares = sum((g) => turn(g).square());
    expect(near(squares.sum(1), rows)).toBeLessThan(1e-10);
    expect(near(squares.sum(0), columns)).toBeLessThan(1e-10);

    const g = normal(seed + 50, [6, 4]);
    const means = { axis0: squares.mean(1), axis1: squares.mean(0) };
    const scaled = turn(g).div(estimate(means, 2).sqrt());
    const adafactor = matmul(matmul(q, scaled), p, { transposeB: true });
    const tiny = f64(1e-300);
    const power = (m: Tensor): Tensor => inverseRoot(m, tiny, -0.5);
    const half = matmul(matmul(power(left), g), power(right)).mul(left.diagonal().sum().sqrt());
    expect(near(half, adafactor)).toBeLessThan(1e-10);

    // The transform itself, after these gradients.
    const transform = scaleByShampoo({ exponent: -0.5, accumulate: 'sum', epsilon: 1e-12 });
    let state = transform.init(g);
    let last = g;
    for (const one of grads) {
      const next = transform.update(one, state, g);
      [state, last] = [next.state, next.updates as Tensor];
    }
    const final = grads.at(-1)!;
    const wanted = matmul(matmul(q, turn(final).div(estimate(means, 2).sqrt())), p, { transposeB: true });
    expect(near(last, wanted)).toBeLessThan(1e-10);
  });

  it('its first step is orthogonal, whatever the gradient’s singular values', () => {
    const g = normal(seed, [4, 4]);
    const { updates } = follow(shampoo({ learningRate: 1, epsilon: 1e-14 }), g, [g]);
    const u = updates as Tensor;
    expect(flat(linalg.singularValues(u)).map((x) => Math.abs(x - 1)).every((x) => x < 1e-4)).toBe(true); // prettier-ignore
    const [a, , bt] = linalg.svd(g);
    expect(distance(u, matmul(a, bt).neg())).toBeLessThan(1e-4);
  });

  it('without refreshes the powers stay, and the factors move on', () => {
    const optimizer = shampoo({ learningRate: 0.1, preconditionFrequency: 3 });
    const states = [1, 3, 4].map((k) => follow(optimizer, grads[0]!, grads.slice(0, k)).state.preconditioner);
    expect(distance(states[0]!.roots, states[1]!.roots)).toBe(0);
    expect(distance(states[1]!.roots, states[2]!.roots)).toBeGreaterThan(1e-3);
    expect(distance(states[0]!.factors, states[1]!.factors)).toBeGreaterThan(1e-3);
  });

  it('derivatives are exact where the factors have null spaces', () => {
    const start = normal(seed, [6, 2]);
    const loss = (p: Tensor): Tensor => p.sub(0.5).square().square().sum();
    const after = (p: Tensor): Tensor => {
      const optimizer = shampoo({ learningRate: 0.1, epsilon: 0.1 });
      return loss(follow(optimizer, p, [grad(loss)(p)]).params);
    };
    flat(grad(after)(start)).forEach((x, i) => {
      const unit = (h: number): Tensor => f64(flat(start).map((_, j) => (i === j ? h : 0))).reshape([6, 2]);
      const difference = (h: number): number => (after(start.add(unit(h))).item() - after(start.sub(unit(h))).item()) / (2 * h); // prettier-ignore
      const wanted = (4 * difference(1e-4) - difference(2e-4)) / 3;
      expect(Math.abs(x - wanted)).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
    });
  });
});

describe('leaves', () => {
  it('vectors and scalars have the diagonal rule, vectors a matrix where asked for', () => {
    const [w, g] = [f64([1, 1]), f64([3, -4])];
    const step = (options: object): Tensor =>
      follow(shampoo({ learningRate: 1, epsilon: 1e-20, ...options }), w, [g]).updates as Tensor;
    expect(distance(step({}), f64([-1, 1]))).toBeLessThan(1e-12);
    expect(distance(step({ precondition1d: true }), f64([-0.6, 0.8]))).toBeLessThan(1e-6);
  });

  it('zero gradients give zero steps', () => {
    const zero = normal(1, [3, 2]).mul(0);
    for (const exponent of [-0.25, -0.5] as const) {
      const { params, state } = follow(shampoo({ learningRate: 1, exponent }), zero, [zero, zero]);
      expect(distance(params, zero)).toBe(0);
      expect(flat(state).every(Number.isFinite)).toBe(true);
    }
  });
});

it('a missing rate is named', () => {
  expect(thrown(() => shampoo({} as never))).toBe(
    'ARGUMENT: shampoo: learningRate is missing; it has no default',
  );
});
