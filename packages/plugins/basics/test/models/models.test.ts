import { grad, jit, random, tree, valueAndGrad, zeros } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import type { Model } from '@core/registry';
import { describe, expect, it } from 'vitest';
import { accuracy, blobs, cnn, digits, mlp, spirals } from '../../src/index.js';

const key = random.key(1);

describe('mlp', () => {
  it('has the layers that its options say', () => {
    const { params, outputShape } = mlp({ widths: [7, 5], outputs: 3, batchNorm: true }).init(key, [2, 4]);
    expect(outputShape).toEqual([3]);
    expect(tree.paths(params)).toEqual([
      'dense1.bias',
      'dense1.weight',
      'dense2.bias',
      'dense2.weight',
      'norm1.bias',
      'norm1.weight',
      'norm2.bias',
      'norm2.weight',
      'output.bias',
      'output.weight',
    ]);
    expect(tree.paths(mlp({ widths: [] }).init(key, [4]).params)).toEqual(['output.bias', 'output.weight']);
  });

  it('refuses what does not fit', () => {
    expect(() => mlp({ widths: [0] })).toThrow('dense: size must be a whole number of at least 1, got 0');
    expect(() => mlp({ dropout: 2 })).toThrow('dropout: rate must lie between 0 and 1, got 2');
  });
});

describe('cnn', () => {
  it('has the layers that its options say', () => {
    const model = cnn({ channels: [4, 6], kernel: 3, norm: 'batch', widths: [9], outputs: 5 });
    const { params, state } = model.init(key, [1, 12, 12]);
    expect(
      Object.fromEntries(tree.paths(params).map((path, i) => [path, tree.leaves(params)[i]!.shape])),
    ).toEqual({
      'conv1.bias': [4],
      'conv1.weight': [4, 1, 3, 3],
      'conv2.bias': [6],
      'conv2.weight': [6, 4, 3, 3],
      'dense1.bias': [9],
      'dense1.weight': [9, 6],
      'norm1.bias': [4],
      'norm1.weight': [4],
      'norm2.bias': [6],
      'norm2.weight': [6],
      'output.bias': [5],
      'output.weight': [5, 9],
    });
    expect(tree.paths(state)).toEqual(['norm1.mean', 'norm1.variance', 'norm2.mean', 'norm2.variance']);
  });

  it('pools before activations that never fall, to the same result', () => {
    const x = random.normal(random.key(2), [3, 1, 14, 14]);
    const out = (activation: 'relu' | 'gelu', pool: 'max' | 'average'): Tensor => {
      const model = cnn({ activation, pool, channels: [4] });
      const { params, state } = model.init(key, [1, 14, 14]);
      return model.apply(params, state, x).output;
    };
    // A network with the other order, from the same parameters.
    const byHand = (pool: 'max' | 'average'): Tensor => {
      const { params, state } = cnn({ channels: [4] }).init(key, [1, 14, 14]);
      const { conv1, output } = params as Record<string, { weight: Tensor; bias: Tensor }>;
      const maps = x
        .conv2d(conv1!.weight)
        .add(conv1!.bias.reshape([4, 1, 1]))
        .relu();
      const pooled = pool === 'max' ? maps.maxPool2d(2) : maps.avgPool2d(2);
      expect(tree.leaves(state)).toEqual([]);
      return pooled.flatten(1).matmul(output!.weight.transpose()).add(output!.bias);
    };
    for (const pool of ['max', 'average'] as const)
      expect(out('relu', pool).sub(byHand(pool)).abs().max().item()).toBeLessThan(1e-6);
    expect(out('gelu', 'max').shape).toEqual([3, 10]);
  });

  it.each([
    [{ norm: 'group' }],
    [{ pool: 'none', padding: 'same' }],
    [{ dropout: 0.3, widths: [8] }],
    [{ kernel: 3, window: 3 }],
    [{ channels: [3, 3, 3], kernel: 3, padding: 'same' }],
  ] as const)('trains with %j', (options) => {
    const model: Model = cnn(options);
    const { params, state } = model.init(key, [1, 20, 20]);
    const x = random.normal(random.key(2), [2, 1, 20, 20]);
    const slope = grad((p: Tree) => model.apply(p, state, x, { train: true, key }).output.square().sum())(
      params,
    );
    for (const leaf of tree.leaves(slope)) expect(leaf.dataSync().every(Number.isFinite)).toBe(true);
  });

  it('refuses what does not fit', () => {
    expect(() => cnn({ channels: [] })).toThrow('cnn: channels must name at least one convolution');
    expect(() => cnn({ kernel: 0 })).toThrow(
      'convolution2d: kernel must be a whole number of at least 1, got 0',
    );
    expect(() => cnn().init(key, [1, 8, 8])).toThrow('conv2d: a window of height 5');
    expect(() => cnn().init(key, [784])).toThrow('examples must have the shape [channels, height, width]');
  });
});

/** Some steps of gradient descent with momentum on a whole data set; gives the accuracy on the other split. */
async function learn(
  model: Model,
  set: ReturnType<typeof blobs>,
  steps: number,
  rate: number,
): Promise<number> {
  const [train, test] = [await set.load('train'), await set.load('test')];
  const start = model.init(random.key(3), set.inputShape);
  const step = jit((params: Tree, momentum: Tree, x: Tensor, y: Tensor) => {
    const loss = (p: Tree): Tensor => crossEntropy(model.apply(p, start.state, x).output, y);
    const [value, slope] = valueAndGrad(loss)(params);
    const next = tree.map((m, g) => m.mul(0.9).add(g), momentum, slope);
    return { value, next, params: tree.map((p, m) => p.sub(m.mul(rate)), params, next) };
  });
  let params = start.params;
  let momentum = tree.map((x) => zeros(x.shape), params);
  for (let i = 0; i < steps; i++)
    ({ params, next: momentum } = step(params, momentum, train.inputs, train.targets));
  const metric = accuracy();
  const { output } = model.apply(params, start.state, test.inputs);
  return metric.result(metric.update(metric.init(), output, test.targets));
}

describe('models on data', () => {
  it('an mlp learns blobs and spirals, which a linear model cannot', async () => {
    expect(await learn(mlp({ widths: [], outputs: 3 }), blobs(), 60, 0.3)).toBeGreaterThan(0.97);
    expect(await learn(mlp({ widths: [], outputs: 3 }), spirals(), 300, 0.3)).toBeLessThan(0.7);
    const tanh = mlp({ widths: [32], outputs: 3, activation: 'tanh' });
    expect(await learn(tanh, spirals(), 600, 0.3)).toBeGreaterThan(0.9);
  }, 30_000);

  it('a cnn learns digits', async () => {
    const set = digits({ train: 300, test: 200 });
    const model = cnn({ channels: [6], window: 4 });
    expect(await learn(model, set, 40, 0.1)).toBeGreaterThan(0.8);
  }, 60_000);
});
