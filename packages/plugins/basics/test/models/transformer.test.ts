import { grad, jit, random, tensor, tree, valueAndGrad } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { crossEntropy, layerNorm, linear, transformerBlock } from '@core/nn';
import { describe, expect, it } from 'vitest';
import { transformer } from '../../src/index.js';

const key = random.key(1);
const small = { vocabulary: 7, width: 8 };
const tokens = (seed: number, shape: readonly number[], below = 7): Tensor =>
  random.randint(random.key(seed), shape, 0, below);

describe('transformer', () => {
  it('has the parameters that its options say', () => {
    const { params, outputShape } = transformer({ ...small, layers: 3, hidden: 5 }).init(key, [6]);
    expect(outputShape).toEqual([6, 7]);
    const shapes = Object.fromEntries(
      tree.paths(params).map((path, i) => [path, tree.leaves(params)[i]!.shape.join()]),
    );
    expect(shapes).toMatchObject({
      'embedding.weight': '7,8',
      'position.weight': '6,8',
      'blocks.2.attention.query.weight': '8,8',
      'blocks.0.linear1.weight': '5,8',
      'norm.weight': '8',
      'output.weight': '7,8',
    });
    const tied = transformer({ ...small, tied: true, positions: 'sinusoidal' }).init(key, [6]);
    expect(Object.keys(tied.params).sort()).toEqual(['blocks', 'embedding', 'norm']);
  });

  it('is its parts of @core/nn in their order', () => {
    const model = transformer({ ...small, layers: 2 });
    const { params } = model.init(key, [5], { dtype: 'float64' });
    const x = tokens(2, [3, 5]);
    const root = Math.sqrt(8);
    let h = params.embedding.weight.gather(x).mul(root).add(params.position!.weight.mul(root));
    for (const block of params.blocks) h = transformerBlock(h, block, { heads: 2, causal: true });
    const expected = linear(layerNorm(h, params.norm), params.output!);
    expect(model.apply(params, {}, x).output.sub(expected).abs().max().item()).toBeLessThan(1e-12);
  });

  it.each(['learned', 'sinusoidal'] as const)('sees no later token (%s positions)', (positions) => {
    for (const seed of [1, 2, 3]) {
      const model = transformer({ ...small, positions, tied: seed === 2 });
      const { params } = model.init(random.key(seed), [6]);
      const x = tokens(seed, [2, 6]);
      const changed = x.add(tensor([0, 0, 0, 0, 1, 1]).cast('int32')).remainder(7);
      const [a, b] = [x, changed].map((ids) => model.apply(params, {}, ids).output);
      const difference = a!.sub(b!).abs().max([0, 2]).dataSync();
      expect(Array.from(difference.slice(0, 4))).toEqual([0, 0, 0, 0]);
      expect(difference[4]).toBeGreaterThan(1e-3);
      // A shorter sequence is the beginning of a longer one.
      const short = model.apply(params, {}, x.slice([0, 0], [2, 3])).output;
      expect(
        short
          .sub(a!.slice([0, 0], [2, 3]))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-6);
    }
  });

  it('knows where a token stands', () => {
    for (const positions of ['learned', 'sinusoidal'] as const) {
      const model = transformer({ ...small, positions });
      const { params } = model.init(key, [4]);
      // With one token all along, attention alone could tell no position from another.
      const { output } = model.apply(params, {}, tensor([[3, 3, 3, 3]]).cast('int32'));
      expect(output.at(0, 1).sub(output.at(0, 3)).abs().max().item()).toBeGreaterThan(1e-2);
    }
  });

  it('has tied weights that learn from both ends', () => {
    const model = transformer({ ...small, tied: true });
    const { params } = model.init(key, [3]);
    const slope = grad((p: typeof params) =>
      crossEntropy(model.apply(p, {}, tensor([[1, 1, 1]]).cast('int32')).output, tokens(2, [1, 3])),
    )(params);
    // Row 5 is nowhere among the inputs.
    expect(slope.embedding.weight.at(5).abs().max().item()).toBeGreaterThan(0);
  });

  it('starts as undecided as a coin of its vocabulary, nearly', () => {
    for (const tied of [false, true])
      for (const seed of [1, 2, 3]) {
        const model = transformer({ tied });
        const { params } = model.init(random.key(seed), [32]);
        const x = tokens(seed, [8, 32], 64);
        const loss = crossEntropy(model.apply(params, {}, x).output, tokens(seed + 9, [8, 32], 64)).item();
        // Tied weights begin by favouring the token that was read: it is still in the residual stream.
        expect(Math.abs(loss - Math.log(64))).toBeLessThan(tied ? 2 : 0.5);
      }
  });

  it('drops in training only, each time elsewhere', () => {
    const model = transformer({ ...small, dropout: 0.5 });
    const { params } = model.init(key, [4]);
    const run = (seed: number): number[] =>
      Array.from(
        model.apply(params, {}, tokens(1, [1, 4]), { train: true, key: random.key(seed) }).output.dataSync(),
      );
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(() => model.apply(params, {}, tokens(1, [1, 4]), { train: true })).toThrow('needs a random key');
    expect(model.apply(params, {}, tokens(1, [1, 4])).output.shape).toEqual([1, 4, 7]);
  });

  it('learns to repeat what came three tokens ago', () => {
    const model = transformer({ vocabulary: 6, width: 16, heads: 2, layers: 1 });
    let { params } = model.init(key, [12]);
    const batch = (seed: number): [Tensor, Tensor] => {
      // The first three are drawn, the rest repeats them: from position 2 on everything is known.
      const all = tokens(seed, [16, 3], 6).tile([1, 5]).slice([0, 0], [16, 13]);
      return [all.slice([0, 0], [16, 12]), all.slice([0, 1], [16, 13])];
    };
    const lossOf = (p: typeof params, x: Tensor, y: Tensor): Tensor =>
      crossEntropy(model.apply(p, {}, x).output.slice([0, 2], [16, 12]), y.slice([0, 2], [16, 12]));
    const step = jit((p: typeof params, m: typeof params, x: Tensor, y: Tensor) => {
      const [, slope] = valueAndGrad((q: typeof params) => lossOf(q, x, y))(p);
      const next = tree.map((old, g) => old.mul(0.9).add(g), m, slope);
      return { m: next, params: tree.map((leaf, d) => leaf.sub(d.mul(0.05)), p, next) };
    });
    let m = tree.map((leaf) => leaf.mul(0), params);
    for (let i = 0; i < 250; i++) ({ m, params } = step(params, m, ...batch(i)));
    expect(lossOf(params, ...batch(1001)).item()).toBeLessThan(0.1);
  });

  it('refuses what does not fit', () => {
    expect(() => transformer({ heads: 3 })).toThrow('width 64 is not a multiple of 3 heads');
    expect(() => transformer({ layers: 0 })).toThrow('layers must be a whole number of at least 1, got 0');
    expect(() => transformer({ dropout: 2 })).toThrow('dropout must lie between 0 and 1, got 2');
    const model = transformer(small);
    expect(() => model.init(key, [1, 28, 28])).toThrow(
      'examples must have the shape [length], got [1,28,28]',
    );
    const { params } = model.init(key, [4]);
    expect(() => model.apply(params, {}, tensor([[0.5]]))).toThrow(
      'tokens must be int32 numbers, got float32',
    );
    expect(() => model.apply(params, {}, tokens(1, [4]))).toThrow(
      'must have the shape [batch, length], got [4]',
    );
    expect(() => model.apply(params, {}, tokens(1, [1, 5]))).toThrow(
      '5 tokens, and the learned positions end at 4',
    );
    expect(() => model.apply(params, {}, tensor([[7]]).cast('int32'))).toThrow('id 7 at position 0');
  });
});
