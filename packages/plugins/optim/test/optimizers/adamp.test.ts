import { describe, expect, it } from 'vitest';
import { grad, jit, tensor, type Tensor } from '@core/tensor';
import {
  adam,
  adamp,
  adamw,
  addDecayedWeights,
  applyUpdates,
  chain,
  projectRadial,
  scaleByLearningRate,
  sgd,
  sgdp,
  trace,
  type Optimizer,
} from '../../src/index.js';
import { distance, f64, flat, follow, normals, randomTensor, seeds } from '../support.js';

/** The first step of AdamP's printed reference: its gradient is orthogonal to every row. */
const W0 = f64([[1, -2], [0.5, 3]]); // prettier-ignore
const G1 = f64([[0.2, 0.1], [-0.6, 0.1]]); // prettier-ignore
const G2 = f64([[0.3, -0.4], [0.1, 0.2]]); // prettier-ignore

describe('projectRadial', () => {
  it('uses the channel view where every row passes, else the layer view, else none', () => {
    expect(projectRadial(W0, G1, G1).branch.item()).toBe(1);
    expect(projectRadial(W0, G2, G2).branch.item()).toBe(0);
    // The rows' products with the gradient are 1 and -1, so that only the whole is orthogonal.
    const w = f64([[1, 0], [0, 1]]); // prettier-ignore
    const g = f64([[1, 0], [0, -1]]); // prettier-ignore
    const layer = projectRadial(w, g, f64([[1, 1], [1, 1]])); // prettier-ignore
    expect(layer.branch.item()).toBe(2);
    expect(distance(layer.step, f64([[0, 1], [1, 0]]))).toBeLessThan(1e-7); // prettier-ignore
    expect(layer.decayRatio.item()).toBe(0.1);
  });

  it('is disabled by one row above the threshold', () => {
    const w = f64([[1, 0], [0, 1]]); // prettier-ignore
    const g = f64([[0, 1], [0, 1]]); // prettier-ignore
    expect(projectRadial(w, g, g).branch.item()).toBe(0);
    expect(projectRadial(w, g, g, { delta: 2 }).branch.item()).toBe(1);
  });

  it('leaves vectors and scalars alone', () => {
    for (const x of [f64([1, 2]), f64(1)]) {
      const { step, decayRatio, branch } = projectRadial(x, x, x, { delta: 10 });
      expect([distance(step, x), decayRatio.item(), branch.item()]).toEqual([0, 1, 0]);
    }
  });

  it('takes zero gradients and zero weights without NaN', () => {
    const zero = W0.mul(0);
    expect(projectRadial(W0, zero, G1).branch.item()).toBe(1);
    const still = projectRadial(zero, G1, G1);
    expect(distance(still.step, G1)).toBe(0);
  });

  it('decides inside jit', () => {
    const branch = jit((g: Tensor) => projectRadial(W0, g, g).branch);
    expect([branch(G1).item(), branch(G2).item()]).toEqual([1, 0]);
  });
});

describe.each(seeds)('what makes them AdamP and SGDP, seed %i', (seed) => {
  // A rate above 1 √n lets every tensor pass.
  const always: Readonly<Record<string, Optimizer>> = {
    adamp: adamp({ learningRate: 0.1, delta: 100 }),
    'adamp, nesterov': adamp({ learningRate: 0.1, delta: 100, nesterov: true }),
    sgdp: sgdp({ learningRate: 0.1, momentum: 0.9, delta: 100 }),
    'sgdp, nesterov': sgdp({ learningRate: 0.1, momentum: 0.9, delta: 100, nesterov: true }),
  };
  it.each(Object.entries(always))('%s: steps are tangential, row by row', (_, optimizer) => {
    for (const shape of [
      [4, 3],
      [8, 3, 3, 3],
    ]) {
      // prettier-ignore
      const w = randomTensor(seed, shape);
      const grads = [1, 2, 3].map((k) => randomTensor(seed + 10 * k, shape));
      const { params } = follow(optimizer, w, grads.slice(0, 2));
      const before = follow(optimizer, w, grads.slice(0, 2));
      const { updates } = optimizer.update(grads[2] as Tensor, before.state, params);
      const rows = (x: Tensor): Tensor => x.reshape([shape[0] as number, -1]);
      const radial = rows(params)
        .mul(rows(updates as Tensor))
        .sum(1); // the tree is one tensor
      expect(distance(radial, radial.mul(0))).toBeLessThan(1e-6);
      const [length, step] = [params, updates as Tensor].map((x) => Math.hypot(...flat(x)));
      const after = Math.hypot(...flat(params.add(updates as Tensor)));
      expect(after).toBeCloseTo(Math.hypot(length as number, step as number), 6);
    }
  });

  it('where no view passes they are AdamW, and SGD with decoupled decay λ / (1 - μ)', () => {
    // Gradients along w: every cosine is 1.
    const w = randomTensor(seed, [4, 3]);
    const grads = [0.5, -0.2, 1, 0.3].map((x) => w.mul(x));
    const options = { learningRate: 1e-3, weightDecay: 0.1 };
    expect(
      distance(follow(adamp(options), w, grads).params, follow(adamw(options), w, grads).params),
    ).toBeLessThan(1e-12);
    const decoupled = chain(trace({ momentum: 0.9 }), addDecayedWeights(1), scaleByLearningRate(1e-3));
    expect(
      distance(
        follow(sgdp({ ...options, momentum: 0.9 }), w, grads).params,
        follow(decoupled, w, grads).params,
      ),
    ).toBeLessThan(1e-12);
  });

  it('lengthen scale-invariant weights far less', () => {
    // f(w) = uᵀ M u with u = w / ‖w‖, in 50 dimensions; the gradient has no radial part.
    const d = 50;
    const half = tensor(normals(seed, d * d), { dtype: 'float64' }).reshape([d, d]);
    const matrix = half.add(half.transpose()).mul(0.5);
    const start = tensor(normals(seed + 50, d).map((x) => 0.3 * x), { dtype: 'float64' }).reshape([1, d]); // prettier-ignore
    const loss = (w: Tensor): Tensor => {
      const u = w.div(w.square().sum().sqrt());
      return u.matmul(matrix).mul(u).sum();
    };
    const run = (optimizer: Optimizer): { norm: number; loss: number } => {
      const step = jit((w: Tensor, s: never) => {
        const next = optimizer.update(grad(loss)(w), s, w);
        return { w: applyUpdates(w, next.updates as Tensor), s: next.state };
      });
      let at: { w: Tensor; s: unknown } = { w: start, s: optimizer.init(start) };
      for (let i = 0; i < 500; i++) at = step(at.w, at.s as never);
      return { norm: Math.hypot(...flat(at.w)), loss: loss(at.w).item() };
    };
    for (const learningRate of [0.1, 1]) {
      const plain = run(sgd({ learningRate, momentum: 0.9 }));
      const projected = run(sgdp({ learningRate, momentum: 0.9 }));
      expect(plain.norm / projected.norm).toBeGreaterThan(3);
      expect(projected.loss).toBeLessThan(plain.loss + 1e-9);
    }
    const plain = run(adam({ learningRate: 0.1 }));
    expect(plain.norm / run(adamp({ learningRate: 0.1 })).norm).toBeGreaterThan(2);
  });
});
