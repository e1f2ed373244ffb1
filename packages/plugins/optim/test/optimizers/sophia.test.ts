import { describe, expect, it } from 'vitest';
import { grad, jit, random, tree, type Tensor } from '@core/tensor';
import { applyUpdates, gaussNewtonBartlett, hutchinson, sophia } from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from '../support.js';

describe.each(seeds)('what makes it Sophia, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3, 4].map((k) => someParams(seed + 100 * k));

  it('no element moves by more than the rate; before any estimate all move by it', () => {
    const optimizer = sophia({ learningRate: 0.25, weightDecay: 0 });
    for (const u of flat(follow(optimizer, params, grads).updates)) expect(Math.abs(u)).toBe(0.25);
    const state = optimizer.updateHessian(
      tree.map((x: Tensor) => x.square().mul(500), params),
      optimizer.init(params),
      params,
    );
    const sizes = flat(follow(optimizer, params, grads, state).updates).map(Math.abs);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(0.25);
    expect(sizes.some((u) => u < 0.2)).toBe(true);
  });

  it('with the Hessian itself it steps as Newton, where it is not cut off', () => {
    const curvature = randomTensor(seed, [5]).abs().add(0.5);
    const loss = (w: Tensor): Tensor => w.sub(1).square().mul(curvature).sum().mul(0.5);
    const optimizer = sophia({ learningRate: 1, beta1: 0, beta2: 0, gamma: 1, weightDecay: 0 });
    const start = randomTensor(seed + 1, [5])
      .mul(0.4)
      .add(1);
    const state = optimizer.updateHessian(curvature, optimizer.init(start), start);
    const { params: after } = follow(optimizer, start, [grad(loss)(start)], state);
    expect(distance(after, f64([1, 1, 1, 1, 1]))).toBeLessThan(1e-12);
  });

  it('curvature that is not positive counts as none', () => {
    const w = f64([1, 1]);
    const optimizer = sophia({ learningRate: 0.1, weightDecay: 0 });
    const state = optimizer.updateHessian(f64([-5, 0]), optimizer.init(w), w);
    expect(distance(follow(optimizer, w, [f64([1, -1])], state).params, f64([0.9, 1.1]))).toBeLessThan(1e-15);
  });

  it('estimates given by hand are those of `empirical`', () => {
    const options = { learningRate: 0.01, gamma: 0.5 };
    const own = follow(sophia({ ...options, empirical: { every: 3, batchSize: 7 } }), params, grads);
    const optimizer = sophia(options);
    let at = { params, state: optimizer.init(params) };
    grads.forEach((g, i) => {
      const state =
        i % 3 === 0 ? optimizer.updateHessian(gaussNewtonBartlett(g, 7), at.state, at.params) : at.state;
      at = follow(optimizer, at.params, [g], state);
    });
    expect(distance(at.params, own.params)).toBeLessThan(1e-15);
    expect(distance(at.state.moments.h, own.state.moments.h)).toBeLessThan(1e-15);
  });

  it('a compiled estimate and step', () => {
    const loss = (w: Tensor): Tensor => w.square().square().sum();
    const optimizer = sophia({ learningRate: 0.5, beta1: 0, gamma: 1 });
    const step = jit((w: Tensor, s: ReturnType<typeof optimizer.init>, key: Tensor) => {
      const state = optimizer.updateHessian(hutchinson(loss, w, key), s, w);
      const next = optimizer.update(grad(loss)(w), state, w);
      return { w: applyUpdates(w, next.updates as Tensor), s: next.state };
    });
    let at = { w: randomTensor(seed, [4]).add(2), s: optimizer.init(f64([0, 0, 0, 0])) };
    const before = loss(at.w).item();
    random.split(random.key(seed), 40).forEach((key) => (at = step(at.w, at.s, key)));
    expect(loss(at.w).item()).toBeLessThan(before / 100);
  });
});

describe('hutchinson', () => {
  it.each(seeds)('is exact for a diagonal Hessian, seed %i', (seed) => {
    const params = someParams(seed);
    const loss = (p: typeof params): Tensor =>
      tree.leaves(p).reduce((sum, leaf) => sum.add(leaf.pow(3).sum()), f64(0));
    const estimate = hutchinson(loss, params, random.key(seed));
    expect(distance(estimate, tree.map((p: Tensor) => p.mul(6), params))).toBeLessThan(1e-12); // prettier-ignore
  });

  it('has the diagonal as its mean', () => {
    const half = randomTensor(3, [4, 4]);
    const matrix = half.add(half.transpose());
    const loss = (w: Tensor): Tensor => w.matmul(matrix).mul(w).sum().mul(0.5);
    const w = randomTensor(4, [4]);
    const draws = random.split(random.key(1), 400).map((key) => hutchinson(loss, w, key));
    const mean = draws.reduce((a, b) => a.add(b)).div(draws.length);
    const diagonal = f64([0, 1, 2, 3].map((i) => flat(matrix)[5 * i] ?? NaN));
    // The off-diagonal part of a row has a length of at most 3.5, so that the error is about 3.5 / 20.
    expect(distance(mean, diagonal)).toBeLessThan(0.5);
    expect(distance(draws[0], diagonal)).toBeGreaterThan(0.1);
  });
});

describe('bad input', () => {
  const w = f64([1, 2]);
  const optimizer = sophia();
  it.each<readonly [string, () => unknown, string]>([
    [
      'half a period',
      () => sophia({ empirical: { every: 0.5, batchSize: 1 } }),
      'ARGUMENT: sophia: empirical must be { every, batchSize }, a whole number of at least 1 and a number greater than 0, got an object',
    ],
    [
      'an estimate of another shape',
      () => optimizer.updateHessian(f64([1]), optimizer.init(w), w),
      'SHAPE: scaleBySophia: estimate at the root is a float64[1] tensor, the parameter a float64[2] tensor',
    ],
    [
      'an estimate of another structure',
      () => optimizer.updateHessian({ w }, optimizer.init(w), w),
      'TREE: scaleBySophia: params and estimate must have one structure',
    ],
    [
      'a batch of none',
      () => gaussNewtonBartlett(w, 0),
      'ARGUMENT: gaussNewtonBartlett: batchSize must be a finite number greater than 0',
    ],
    [
      'no loss',
      () => hutchinson(3 as never, w, random.key(1)),
      'ARGUMENT: hutchinson: loss must be a function, got 3',
    ],
  ])('%s', (_, call, message) => expect(thrown(call)).toContain(message));
});
