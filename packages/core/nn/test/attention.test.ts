import { arange, concat, grad, ones, random, tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { multiHeadAttention, scaledDotProductAttention, selfAttention } from '../src/index.js';
import type { AttentionParams } from '../src/index.js';
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const size = 6;
const params = (seed: number): AttentionParams =>
  selfAttention(2).init(random.key(seed), [5, size], { dtype: 'float64' }).params;

describe('scaledDotProductAttention', () => {
  it('averages the values by probabilities that add up to 1', () => {
    for (const seed of seeds) {
      const [q, k, v] = [normal(seed, [2, 3, 4]), normal(seed + 1, [2, 5, 4]), normal(seed + 2, [2, 5, 2])];
      const { output, probabilities } = scaledDotProductAttention(q, k, v);
      expectClose(probabilities.sum(-1), ones([2, 3], { dtype: 'float64' }));
      expectClose(output, probabilities.matmul(v));
      const equal = scaledDotProductAttention(q.mul(0), k, v).output;
      expectClose(equal, v.mean(1, { keepDims: true }).broadcastTo([2, 3, 2]));
    }
  });

  it('gives zeros and finite gradients to a query that may look nowhere', () => {
    const [q, k, v] = [normal(1, [3, 4]), normal(2, [5, 4]), normal(3, [5, 2])];
    const mask = tensor([[true, false, true, true, true], [false, false, false, false, false], [true, true, true, true, true]]); // prettier-ignore
    for (const causal of [false, true]) {
      const { output, probabilities } = scaledDotProductAttention(q, k, v, { mask, causal });
      expect(output.at(1).toArray()).toEqual([0, 0]);
      expect(probabilities.at(1).toArray()).toEqual([0, 0, 0, 0, 0]);
      const f = (x: Tensor, y: Tensor, z: Tensor): Tensor =>
        scaledDotProductAttention(x, y, z, { mask, causal }).output.sum();
      const slopes = grad(f, [0, 1, 2])(q, k, v);
      for (const slope of slopes) expect(slope.dataSync().every(Number.isFinite)).toBe(true);
      expect(slopes[0].at(1).toArray()).toEqual([0, 0, 0, 0]);
    }
  });

  it('refuses what does not fit', () => {
    const x = normal(1, [3, 4]);
    expectError(
      () => scaledDotProductAttention(x, normal(2, [5, 3]), normal(3, [5, 3])),
      'SHAPE',
      'got [3,4], [5,3], [5,3]',
    );
    expectError(() => scaledDotProductAttention(x, x, normal(3, [5, 3])), 'SHAPE', 'got [3,4], [3,4], [5,3]');
    expectError(
      () => scaledDotProductAttention(x, x, x, { mask: ones([3, 3]) }),
      'DTYPE',
      'mask must be bool, got float32[3,3]',
    );
  });
});

describe('multiHeadAttention', () => {
  it('follows a permutation of the positions', () => {
    for (const seed of seeds) {
      const x = normal(seed, [2, 5, size]);
      const order = random.permutation(random.key(seed), 5);
      const permuted = multiHeadAttention(x.take(order, 1), params(seed), { heads: 2 }).output;
      expectClose(permuted, multiHeadAttention(x, params(seed), { heads: 2 }).output.take(order, 1));
    }
  });

  it('causal: no position sees a later one', () => {
    for (const seed of seeds) {
      const x = normal(seed, [2, 5, size]);
      const past = x.slice([0, 0, 0], [2, 3, size]);
      const changed = concat([past, normal(seed + 50, [2, 2, size])], 1);
      const run = (input: Tensor): Tensor =>
        multiHeadAttention(input, params(seed), { heads: 2, causal: true }).output;
      const [before, after] = [run(x), run(changed)].map((y) => y.slice([0, 0, 0], [2, 3, size]));
      expectClose(before!, after!);
      const { probabilities } = multiHeadAttention(x, params(seed), { heads: 2, causal: true });
      const later = arange(5).reshape([5, 1]).less(arange(5));
      expect(probabilities.mul(later.cast('float64')).abs().max().item()).toBe(0);
    }
  });

  it('keep: hidden keys have no influence, as if they were not there', () => {
    for (const seed of seeds) {
      const x = normal(seed, [2, 3, size]);
      const context = normal(seed + 1, [2, 5, size]);
      const keep = tensor([[true, true, true, false, false], [true, true, true, false, false]]); // prettier-ignore
      const masked = multiHeadAttention(x, params(seed), { heads: 2, context, keep });
      const short = context.slice([0, 0, 0], [2, 3, size]);
      expectClose(masked.output, multiHeadAttention(x, params(seed), { heads: 2, context: short }).output);
    }
  });

  it('refuses what does not fit', () => {
    const x = normal(1, [2, 5, size]);
    const p = params(1);
    expectError(
      () => multiHeadAttention(x, p, { heads: 4 }),
      'SHAPE',
      '6 features do not split into 4 heads',
    );
    expectError(() => multiHeadAttention(x, p, { heads: 0 }), 'ARGUMENT', 'heads must be a whole number');
    expectError(
      () => multiHeadAttention(x.at(0), p, { heads: 2 }),
      'SHAPE',
      '[batch, length, features], got [5,6]',
    );
    expectError(
      () => multiHeadAttention(normal(1, [2, 5, 4]), p, { heads: 2 }),
      'SHAPE',
      'multiHeadAttention: input has 4 features, the layer was built for 6',
    );
    expectError(
      () => multiHeadAttention(x, p, { heads: 2, context: normal(1, [3, 5, size]) }),
      'SHAPE',
      'context must have the shape [2, keys, features], got [3,5,6]',
    );
    expectError(
      () => multiHeadAttention(x, p, { heads: 2, keep: tensor([true]) }),
      'SHAPE',
      'keep must have the shape [2,5] (batch, keys), got [1]',
    );
    expectError(() => selfAttention(2, { dropout: 1.1 }), 'ARGUMENT', 'dropout must lie between 0 and 1');
    expectError(
      () => selfAttention(4).init(random.key(1), [5, size]),
      'SHAPE',
      'features a multiple of 4 heads, got [5,6]',
    );
  });

  it('drops probabilities in training, with another result for another key, and the same mean', () => {
    const layer = selfAttention(2, { dropout: 0.3 });
    const x = normal(1, [1, 5, size]);
    const p = params(1);
    const drawn = random
      .split(random.key(9), 400)
      .map((key) => layer.apply(p, {}, x, { train: true, key }).output);
    expect(drawn[0]!.sub(drawn[1]!).abs().max().item()).toBeGreaterThan(1e-3);
    const mean = drawn.reduce((sum, y) => sum.add(y)).div(drawn.length);
    const spread = drawn
      .reduce((sum, y) => sum.add(y.sub(mean).square()), mean.mul(0))
      .div(drawn.length)
      .sqrt();
    const error = mean.sub(layer.apply(p, {}, x).output).abs();
    // Five standard errors of the mean.
    expect(
      error
        .sub(spread.mul(5 / Math.sqrt(drawn.length)))
        .max()
        .item(),
    ).toBeLessThan(1e-9);
  });
});
