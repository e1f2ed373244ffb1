import { describe, expect, it } from 'vitest';
import { concat, eye, grad, jit, random, stack, tree, vmap, type Tensor } from '@core/tensor';
import {
  applyUpdates,
  loraAttentionLoss,
  loraGradApprox,
  normalizeForLora,
  sgd,
  type AttentionAdapter,
  type AttentionAdapters,
  type LoraAttention,
  type LoraGradApproxOptions,
} from '../../src/index.js';
import { distance, f64, randomTensor, seeds, thrown } from '../support.js';
import {
  fullProblem,
  goldens,
  gradsOf,
  leafwiseError,
  partialProblem,
  relativeError,
  unevenProblem,
} from './problems.js';

const degrees = [2, 4, 6, 8] as const;

/** The scores of a problem without adapted keys. */
function scoresOf({ inputs, weights, adapters }: LoraAttention): Tensor {
  const query = weights.query.add(adapters.query!.B.matmul(adapters.query!.A).mul(2));
  return inputs.query.matmul(query).matmul(inputs.key.matmul(weights.key), { transposeB: true });
}

describe('loraGradApprox', () => {
  it('is the chain of an independent implementation that forms the Kronecker factors', () => {
    const { loss, grads } = loraGradApprox(partialProblem(1), { degree: 2 });
    expect(loss.item() / goldens.gamma1degree2.loss).toBeCloseTo(1, 12);
    expect(leafwiseError(grads, gradsOf(goldens.gamma1degree2.grads))).toBeLessThan(1e-11);
  });

  // Largest error over largest gradient by norm, for degrees 2, 4, 6, 8.
  const measured: readonly (readonly [number, readonly number[]])[] = [
    [0.25, [1e-6, 5e-11, 2e-15, 1e-15]],
    [0.5, [8e-5, 5e-8, 2e-11, 1e-14]],
    [1, [4e-3, 4e-5, 3e-7, 2e-9]],
    [2, [9e-2, 1e-2, 1e-3, 1e-4]],
  ];
  it.each(measured)('norm %d: errors fall with the degree, within a factor 30 of %o', (gamma, expected) => {
    const problem = partialProblem(gamma);
    const { grads } = loraAttentionLoss(problem);
    degrees.forEach((degree, i) => {
      const error = relativeError(loraGradApprox(problem, { degree }).grads, grads);
      expect(error).toBeLessThan(30 * (expected[i] ?? 0));
      // Below 1e-14 both are rounding.
      if ((expected[i] ?? 0) > 1e-14) expect(error).toBeGreaterThan((expected[i] ?? 0) / 30);
    });
  });

  it('norm 4: the same ranks fail', () => {
    const problem = partialProblem(4);
    const { grads } = loraAttentionLoss(problem);
    for (const degree of degrees)
      expect(relativeError(loraGradApprox(problem, { degree }).grads, grads)).toBeGreaterThan(0.1);
  });

  it('says when row sums are not positive any more, and clamps nothing', () => {
    // Keys along one direction: a query against it has scores of -4 only, and 1 - 4 + 4²/2 - 4³/6 < 0.
    const [against, along] = [-4, 1].map((x) => f64([[x, 0]]));
    const problem: LoraAttention = {
      inputs: { query: concat([against!, along!]), key: f64([[1, 0], [1, 0.1]]), value: f64([[1], [2]]) }, // prettier-ignore
      target: f64([[0], [1]]),
      weights: {
        query: eye(2, 2, { dtype: 'float64' }),
        key: eye(2, 2, { dtype: 'float64' }),
        value: f64([[1]]),
      },
      adapters: { value: { A: f64([[1]]), B: f64([[1]]) } },
      alpha: 1,
    };
    expect(loraGradApprox(problem, { degree: 3 }).smallestNormalizer.item()).toBeLessThan(0);
    expect(loraGradApprox(problem, { degree: 4 }).smallestNormalizer.item()).toBeGreaterThan(0);
    const near = loraGradApprox(problem, { degree: 20 });
    expect(near.smallestNormalizer.item()).toBeGreaterThan(0);
    expect(relativeError(near.grads, loraAttentionLoss(problem).grads)).toBeLessThan(1e-5);
  });

  it('follows the exact gradients of all three projections, and of shapes that all differ', () => {
    const uneven = normalizeForLora(unevenProblem(randomTensor), { gamma: 0.3 });
    for (const problem of [normalizeForLora(fullProblem(), { gamma: 0.3 }), uneven]) {
      const { loss, grads } = loraAttentionLoss(problem);
      for (const kind of ['taylor', 'chebyshev'] as const) {
        const near = loraGradApprox(problem, { degree: 8, kind });
        expect(near.loss.item() / loss.item()).toBeCloseTo(1, 9);
        expect(leafwiseError(near.grads, grads)).toBeLessThan(1e-9);
      }
    }
  });

  it('chebyshev bounds the worst probability better, and needs the right interval', () => {
    const problem = partialProblem(2);
    const radius = scoresOf(problem).abs().max();
    const { grads } = loraAttentionLoss(problem);
    const error = (options: LoraGradApproxOptions): number =>
      relativeError(loraGradApprox(problem, options).grads, grads);
    for (const degree of [10, 12, 14])
      expect(error({ kind: 'chebyshev', degree, radius })).toBeLessThan(error({ degree }));
    expect(error({ kind: 'chebyshev', degree: 12 })).toBeGreaterThan(
      100 * error({ kind: 'chebyshev', degree: 12, radius }),
    );
    expect(error({ kind: 'chebyshev', degree: 12, radius: radius.item() })).toBe(error({ kind: 'chebyshev', degree: 12, radius })); // prettier-ignore
  });

  it('chebyshev is good for scores of 0', () => {
    const flat = { ...partialProblem(2), beta: 0 };
    const none = loraGradApprox(flat, { kind: 'chebyshev', degree: 8 });
    expect(relativeError(none.grads, loraAttentionLoss(flat).grads)).toBeLessThan(1e-10);
  });

  it('knows a bound of the scores', () => {
    const problem = partialProblem(1);
    const largest = scoresOf(problem).abs().max().item();
    const radius = loraGradApprox(problem).radius.item();
    expect(radius).toBeGreaterThanOrEqual(largest);
    expect(radius).toBeLessThan(3 * largest);
  });

  it('works compiled, over batches and in float32', () => {
    const problem = normalizeForLora(unevenProblem(randomTensor), { gamma: 0.5 });
    for (const kind of ['taylor', 'chebyshev'] as const) {
      const options = { degree: 4, kind };
      const { grads } = loraGradApprox(problem, options);
      const compiled = jit((p: LoraAttention) => loraGradApprox(p, options).grads)(problem);
      expect(distance(compiled, grads)).toBeLessThan(1e-12);
      const targets = stack([problem.target, problem.target.mul(2)]);
      const many = vmap((target: Tensor) => loraGradApprox({ ...problem, target }, options).grads)(targets);
      expect(distance(tree.map((leaf) => leaf.at(0), many), grads)).toBeLessThan(1e-12); // prettier-ignore
      const narrow = tree.map((leaf) => leaf.cast('float32'), problem);
      expect(relativeError(loraGradApprox(narrow, options).grads, grads)).toBeLessThan(1e-5);
    }
  });

  it('can be differentiated: the gradient of its loss is near its gradient', () => {
    const problem = partialProblem(0.5);
    const loss = (adapters: AttentionAdapters): Tensor => loraGradApprox({ ...problem, adapters }).loss;
    expect(relativeError(grad(loss)(problem.adapters), loraGradApprox(problem).grads)).toBeLessThan(1e-8);
  });

  it('training on approximate gradients follows the exact trajectory: 30 steps, to 1e-6', () => {
    const problem = partialProblem(0.5);
    const { query, value } = problem.adapters;
    const train = (
      gradient: (p: LoraAttention) => AttentionAdapters,
    ): { query: AttentionAdapter; losses: number[] } => {
      const optimizer = sgd({ learningRate: 1e-4 });
      let params = { query: query! }; // there, as in problems.ts
      let state = optimizer.init(params);
      const losses: number[] = [];
      const step = jit((p: typeof params, s: typeof state) => {
        const current = { ...problem, adapters: { ...p, value: value! } };
        const grads = { query: gradient(current).query! };
        const next = optimizer.update(grads, s, p);
        return {
          params: applyUpdates(p, next.updates),
          state: next.state,
          loss: loraAttentionLoss(current).loss,
        };
      });
      for (let i = 0; i < 30; i++) {
        const next = step(params, state);
        ({ params, state } = next);
        losses.push(next.loss.item());
      }
      return { query: params.query, losses };
    };
    const exact = train((p) => loraAttentionLoss(p).grads);
    const near = train((p) => loraGradApprox(p, { degree: 6 }).grads);
    expect(distance(near.query, exact.query)).toBeLessThan(1e-6);
    expect(distance(exact.query, query)).toBeGreaterThan(1e-3);
    expect(exact.losses.at(-1)).toBeLessThan(exact.losses[0] ?? 0);
  });

  it('a random adapter of any seed is approximated below the threshold', () => {
    for (const seed of seeds) {
      const drawn = (at: number, shape: readonly number[]): Tensor =>
        random.normal(random.foldIn(random.key(seed), at), shape, { dtype: 'float64' });
      const problem = normalizeForLora(unevenProblem(drawn), { gamma: 0.25 });
      const near = loraGradApprox(problem, { degree: 8 });
      expect(relativeError(near.grads, loraAttentionLoss(problem).grads)).toBeLessThan(1e-9);
    }
  });

  it('says what is wrong with its options', () => {
    const problem = unevenProblem(randomTensor);
    const said = (options: object): string => thrown(() => loraGradApprox(problem, options));
    expect(said({ degree: 1.5 })).toBe('ARGUMENT: loraGradApprox: degree must be a whole number of at least 0, got 1.5'); // prettier-ignore
    expect(said({ degree: NaN })).toMatch('got NaN');
    expect(said({ kind: 'pade' })).toMatch("kind must be 'taylor' or 'chebyshev', got \"pade\"");
    expect(said({ kind: 'chebyshev', degree: 15 })).toMatch(
      'degree must be at most 14 for chebyshev, got 15',
    );
    expect(said({ radius: 0 })).toMatch(
      'radius must be a finite number greater than 0 or a scalar float tensor, got 0',
    );
    expect(said({ order: 2 })).toMatch('there is no option order');
    expect(thrown(() => loraGradApprox({ ...problem, alpha: NaN }))).toMatch('loraGradApprox: alpha must be');
  });
});
