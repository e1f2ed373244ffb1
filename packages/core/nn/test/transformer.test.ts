import { random, tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { activations, layerNorm, linear, multiHeadAttention, transformerBlock, transformerLayer } from '../src/index.js'; // prettier-ignore
import { expectClose, expectError, normal, seeds } from './support/checks.js';

const x = normal(1, [2, 5, 6]);
const make = (options: Parameters<typeof transformerLayer>[1], seed = 1) => {
  const layer = transformerLayer(2, options);
  return { layer, params: layer.init(random.key(seed), [5, 6], { dtype: 'float64' }).params };
};

describe('transformer block', () => {
  it('is its two parts with residual connections, normalised before or after', () => {
    for (const seed of seeds) {
      const { params } = make({}, seed);
      const attend = (t: typeof x) => multiHeadAttention(t, params.attention, { heads: 2 }).output;
      const feed = (t: typeof x) => linear(activations.gelu(linear(t, params.linear1)), params.linear2);
      const [n1, n2] = [params.norm1, params.norm2].map((p) => (t: typeof x) => layerNorm(t, p));
      const before = x.add(attend(n1!(x)));
      expectClose(transformerBlock(x, params, { heads: 2 }), before.add(feed(n2!(before))));
      const after = n1!(x.add(attend(x)));
      expectClose(transformerBlock(x, params, { heads: 2, normFirst: false }), n2!(after.add(feed(after))));
    }
  });

  it('hides keys', () => {
    const { params } = make({});
    const keep = tensor([[true, true, true, true, false], [true, true, true, true, false]]); // prettier-ignore
    const seen = (t: typeof x) => transformerBlock(t, params, { heads: 2, keep }).slice([0, 0, 0], [2, 4, 6]);
    const other = x.add(tensor([0, 0, 0, 0, 7], { dtype: 'float64' }).reshape([1, 5, 1]));
    expectClose(seen(other), seen(x));
  });

  it('has a hidden width of four times the features unless told otherwise', () => {
    expect(make({}).params.linear1.weight.shape).toEqual([24, 6]);
    expect(make({ hidden: 7 }).params.linear2.weight.shape).toEqual([6, 7]);
  });

  it('drops both parts’ results in training', () => {
    const { layer, params } = make({ dropout: 1 });
    // With everything dropped only the residual connections are left.
    expectClose(layer.apply(params, {}, x, { train: true, key: random.key(1) }).output, x);
  });

  it('refuses what does not fit', () => {
    const { params } = make({});
    expectError(() => make({ hidden: 0 }), 'ARGUMENT', 'transformerLayer: hidden must be a whole number');
    expectError(
      () => make({ dropout: NaN }),
      'ARGUMENT',
      'transformerLayer: dropout must lie between 0 and 1',
    );
    expectError(
      () => transformerLayer(2).init(random.key(1), [5, 7]),
      'SHAPE',
      'a multiple of 2 heads, got [5,7]',
    );
    // As from a recipe or plain JavaScript.
    const activation = 'rleu' as 'relu';
    expectError(() => make({ activation }), 'ARGUMENT', 'there is none called rleu');
    expectError(() => transformerBlock(x, params, { heads: 2, activation }), 'ARGUMENT', 'none called rleu');
    expectError(() => transformerBlock(x.at(0), params, { heads: 2 }), 'SHAPE', 'got [5,6]');
  });
});
