import { eye, grad, jit, linalg, random, tree, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  affineInvariant,
  buresWasserstein,
  randomSpd,
  riemannianSgd,
  type RiemannianSgdOptions,
} from '../src/index.js';
import { diagonal, elements, randomTensor, relativeError, symmetric, thrown } from './support.js';

type Params = { net: { spdBias: Tensor; stiefelWeight: Tensor; bias: Tensor } };
const params = (): Params => ({
  net: {
    spdBias: randomSpd(random.key(1), 3, { dtype: 'float64' }),
    stiefelWeight: random.orthogonal(random.key(2), 5, { columns: 2, dtype: 'float64' }),
    bias: randomTensor(3, [4]),
  },
});
const step = (options: RiemannianSgdOptions<never>, p: Params, g: Params): Params => {
  const optimizer = riemannianSgd(options);
  const { updates } = optimizer.update(g, optimizer.init(p), p);
  return tree.map((a: Tensor, b: Tensor) => a.add(b), p, updates);
};
const slopes = (p: Params): Params => tree.map((x) => randomTensor(9, x.shape), p);

describe('one step', () => {
  it.each([
    ['official', (p: Tensor, g: Tensor) => buresWasserstein().exp(p, p.matmul(g).matmul(p).mul(-0.1))],
    ['buresWasserstein', (p: Tensor, g: Tensor) => buresWasserstein().exp(p, buresWasserstein().riemannianGradient(p, g).mul(-0.1))], // prettier-ignore
    ['affineInvariant', (p: Tensor, g: Tensor) => affineInvariant().exp(p, affineInvariant().riemannianGradient(p, g).mul(-0.1))], // prettier-ignore
  ] as const)('of an SPD matrix, %s', (spdStep, expected) => {
    const [p, g] = [params(), slopes(params())];
    const sym = g.net.spdBias.add(g.net.spdBias.T).mul(0.5);
    const next = step({ learningRate: 0.1, spdStep }, p, g);
    expect(relativeError(next.net.spdBias, expected(p.net.spdBias, sym))).toBeLessThan(1e-13);
    expect(relativeError(next.net.bias, p.net.bias.sub(g.net.bias.mul(0.1)))).toBeLessThan(1e-15);
  });

  it.each(['euclidean', 'canonical'] as const)('of a Stiefel matrix, %s', (stiefelGradient) => {
    const [p, g] = [params(), slopes(params())];
    const [w, d] = [p.net.stiefelWeight, g.net.stiefelWeight];
    const a = w.T.matmul(d);
    const direction = d.sub(stiefelGradient === 'canonical' ? w.matmul(a.T) : w.matmul(a.add(a.T).mul(0.5)));
    const next = step({ learningRate: 0.1, stiefelGradient }, p, g).net.stiefelWeight;
    expect(relativeError(next, linalg.qr(w.sub(direction.mul(0.1)))[0])).toBeLessThan(1e-13);
    expect(relativeError(next.T.matmul(next), eye(2, 2, { dtype: 'float64' }))).toBeLessThan(1e-14);
    // The direction is tangent: Wᵀ D is skew.
    const tangent = w.T.matmul(direction);
    expect(linalg.norm(tangent.add(tangent.T)).item()).toBeLessThan(1e-13);
  });
});

it('finds leading eigenvectors, and a matrix by its distance, compiled', () => {
  const target = diagonal([5, 4, 1, 0.5, 0.1]);
  const goal = randomSpd(random.key(7), 3, { dtype: 'float64' });
  const metric = affineInvariant();
  const loss = ({ net }: Params): Tensor => {
    const w = net.stiefelWeight;
    return linalg.trace(w.T.matmul(target).matmul(w)).neg().add(metric.squaredDistance(net.spdBias, goal).mul(0.5)).add(net.bias.square().sum()); // prettier-ignore
  };
  const optimizer = riemannianSgd({ learningRate: 0.1, spdStep: 'affineInvariant' });
  const run = jit((p: Params, s: ReturnType<typeof optimizer.init>) => {
    const { updates, state } = optimizer.update(grad(loss)(p), s, p);
    return { p: tree.map((a: Tensor, b: Tensor) => a.add(b), p, updates), state };
  });
  let at = { p: params(), state: optimizer.init(params()) };
  for (let i = 0; i < 300; i++) at = run(at.p, at.state);
  expect(at.state.count.item()).toBe(300);
  expect(loss(at.p).item()).toBeCloseTo(-9, 6);
  expect(relativeError(at.p.net.spdBias, goal)).toBeLessThan(1e-6);
});

it('takes labels, schedules, another optimizer for the rest', () => {
  const p = { a: symmetric(1, [2, 2]).add(eye(2, 2, { dtype: 'float64' }).mul(3)), b: randomTensor(2, [3]) };
  const seen: number[] = [];
  const rest = {
    init: () => ({}),
    update: (g: unknown, state: object) => {
      seen.push(tree.leaves(g).length);
      return { updates: tree.map((x: Tensor) => x.mul(0), g) as Record<string, Tensor>, state };
    },
  };
  const optimizer = riemannianSgd({ learningRate: () => 0.5, manifolds: { a: 'spd', b: 'euclidean' }, rest });
  const { updates } = optimizer.update(p, optimizer.init(p), p) as unknown as { updates: typeof p };
  expect(seen).toEqual([1]);
  expect(elements(updates.b)).toEqual([0, 0, 0]);
  expect(linalg.norm(updates.a).item()).toBeGreaterThan(0);
});

it('says what is wrong', () => {
  expect(thrown(() => riemannianSgd({ learningRate: -1 }))).toBe('ARGUMENT: riemannianSgd: learningRate must be a finite number of at least 0, a schedule or a scalar tensor, got -1'); // prettier-ignore
  const sphere = riemannianSgd({ learningRate: 1, manifolds: () => 'sphere' as never });
  expect(thrown(() => sphere.init({ a: randomTensor(1, [2]) }))).toBe("ARGUMENT: riemannianSgd: the manifold of a must be 'spd' or 'stiefel' or 'euclidean' or 'fixed', got \"sphere\""); // prettier-ignore
  expect(thrown(() => riemannianSgd({ learningRate: 1, rest: {} as never }))).toContain(
    'rest must be an optimizer',
  );
});
