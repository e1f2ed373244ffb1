import { describe, expect, it } from 'vitest';
import { grad, linalg, ones, vmap, zeros, type Tensor } from '@core/tensor';
import { inverseFisher, obsPrune, obsScores, obsUpdate } from '../../src/index.js';
import { distance, f64, flat, normals, randomTensor, seeds, thrown } from '../support.js';

/** Linear regression with 60 features that are mixtures of 20 factors, and noise. */
function regression(seed: number) {
  const [n, d, factors] = [200, 60, 20];
  const latent = f64(normals(seed, n * factors)).reshape([n, factors]);
  const mix = f64(normals(seed + 100, factors * d)).reshape([factors, d]);
  const features = latent.matmul(mix).add(
    f64(normals(seed + 200, n * d))
      .reshape([n, d])
      .mul(0.3),
  );
  const targets = features.matmul(f64(normals(seed + 300, d))).add(f64(normals(seed + 400, n)).mul(0.5));
  const weights = linalg.lstsq(features, targets).solution;
  const one = (w: Tensor, x: Tensor, y: Tensor): Tensor => x.mul(w).sum().sub(y).square().mul(0.5);
  const loss = (w: Tensor): number => features.matmul(w).sub(targets).square().mean().mul(0.5).item();
  const gradients = (w: Tensor): Tensor => vmap(grad(one), { inAxes: [null, 0, 0] })(w, features, targets);
  return { weights, loss, gradients, features };
}

/** The largest weights stay. */
function byMagnitude(weights: Tensor, sparsity: number): Tensor {
  const order = flat(weights.abs().argsort());
  const drop = new Set(order.slice(0, Math.round(sparsity * order.length)));
  return f64(flat(weights).map((w, i) => (drop.has(i) ? 0 : w)));
}

describe.each(seeds)('pruning a regression, seed %i', (seed) => {
  const { weights, loss, gradients } = regression(seed);
  it.each([0.3, 0.5, 0.7])(
    'at sparsity %d rounds beat one shot, and one shot beats magnitude',
    (sparsity) => {
      const once = obsPrune(weights, gradients, { sparsity });
      const often = obsPrune(weights, gradients, { sparsity, rounds: 16 });
      console.info(
        `seed ${seed} sparsity ${sparsity}: dense ${loss(weights).toFixed(3)}, magnitude ${loss(byMagnitude(weights, sparsity)).toFixed(3)}, once ${loss(once.params).toFixed(3)}, 16 rounds ${loss(often.params).toFixed(3)}`,
      );
      for (const { params, mask } of [once, often]) {
        expect(flat(mask).filter((x) => x === 0)).toHaveLength(Math.round(60 * sparsity));
        expect(flat(params).map((w) => (w === 0 ? 0 : 1))).toEqual(flat(mask));
      }
      expect(loss(once.params)).toBeLessThan(loss(byMagnitude(weights, sparsity)));
      expect(loss(often.params)).toBeLessThan(loss(once.params));
    },
  );
});

describe('scores and updates', () => {
  it('are those of a quadratic whose Hessian is H', () => {
    // 1/2 (w - w₀)ᵀ H (w - w₀): dropping weight k and moving the others costs w_k² / (2 [H⁻¹]_kk).
    const rows = randomTensor(1, [6, 4]);
    const inverse = inverseFisher(rows, { damping: 0.1 });
    const hessian = rows.matmul(rows, { transposeA: true }).div(6).add(f64([[0.1, 0, 0, 0], [0, 0.1, 0, 0], [0, 0, 0.1, 0], [0, 0, 0, 0.1]])); // prettier-ignore
    const w = randomTensor(2, [4]);
    const scores = flat(obsScores(w, inverse));
    scores.forEach((score, k) => {
      const moved = obsUpdate(w, f64([0, 1, 2, 3].map((i) => (i === k ? 1 : 0))), inverse);
      const step = moved.sub(w);
      expect(moved.at(k).item()).toBe(0);
      expect(step.mul(hessian.matmul(step)).sum().mul(0.5).item()).toBeCloseTo(score, 12);
      // Optimal: the gradient is 0 for all weights but k.
      const slope = flat(hessian.matmul(step)).filter((_, i) => i !== k);
      expect(Math.max(...slope.map(Math.abs))).toBeLessThan(1e-12);
    });
  });
});

describe('what it is given', () => {
  const params = { w: f64([[3, -0.1, 2]]), b: f64([1]) };
  const gradients = () => ({ w: randomTensor(1, [4, 1, 3]), b: randomTensor(2, [4, 1]) });

  it('keeps the tree, and goes on from a mask', () => {
    const mask = { w: f64([[1, 1, 0]]), b: f64([1]) };
    const pruned = obsPrune(params, gradients, { sparsity: 0.5, mask, damping: 0.1, blockSize: 2 });
    expect(pruned.params.w.at(0, 2).item()).toBe(0);
    expect(flat(pruned.mask).filter((x) => x === 0)).toHaveLength(2);
    expect(pruned.params.w.shape).toEqual([1, 3]);
    const same = obsPrune(params, gradients, { sparsity: 0 });
    expect(distance(same.params, params)).toBe(0);
    expect(obsPrune({}, () => ({}), { sparsity: 0.5 }).params).toEqual({});
  });

  it.each([
    ['no sparsity', () => obsPrune(params, gradients, {} as never), 'ARGUMENT: obsPrune: sparsity is missing; it has no default'], // prettier-ignore
    ['all of them', () => obsPrune(params, gradients, { sparsity: 1 }), 'ARGUMENT: obsPrune: sparsity must be a number in [0, 1), got 1'], // prettier-ignore
    [
      'no rounds',
      () => obsPrune(params, gradients, { sparsity: 0.5, rounds: 0 }),
      /rounds must be a whole number/,
    ],
    ['less than now', () => obsPrune(params, gradients, { sparsity: 0.1, mask: { w: zeros([1, 3], { dtype: 'float64' }), b: f64([1]) } }), 'ARGUMENT: obsPrune: 0.75 of the weights are dropped already, more than 0.1'], // prettier-ignore
    [
      'no function',
      () => obsPrune(params, params as never, { sparsity: 0.5 }),
      /gradients must be a function/,
    ],
    ['gradients without examples', () => obsPrune(params, () => params, { sparsity: 0.5 }), /^SHAPE: obsPrune: gradients at b is a float64\[\] tensor/], // prettier-ignore
    [
      'a scalar gradient',
      () => obsPrune(f64([1, 2]), () => f64(1), { sparsity: 0.5 }),
      /^SHAPE: obsPrune: gradients must be \[m, /,
    ],
    [
      'another tree',
      () => obsPrune(params, () => ({ w: ones([4, 1, 3]) }), { sparsity: 0.5 }),
      /^TREE: obsPrune: /,
    ],
    ['NaN', () => obsPrune(params, () => ({ w: f64([NaN, 1, 1]).reshape([1, 1, 3]), b: f64([[1]]) }), { sparsity: 0.5 }), 'ARGUMENT: obsPrune: scores are not finite in round 0; the gradients are not either'], // prettier-ignore
    [
      'a mask of another shape',
      () => obsPrune(params, gradients, { sparsity: 0.5, mask: params.w }),
      /^TREE: obsPrune: /,
    ],
    ['scores of another tree', () => obsScores(params, inverseFisher(ones([2, 3]))), /^TREE: obsScores: /],
    [
      'an update of another tree',
      () => obsUpdate(params, params.w, inverseFisher(gradients())),
      /^TREE: obsUpdate: /,
    ],
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
