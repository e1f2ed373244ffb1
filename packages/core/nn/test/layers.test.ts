import { jit, random, scope, stack, tree, vmap } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import type { Layer } from '../src/index.js';
import { checkGradient, distance, expectClose, expectError, normal, seeds } from './support/checks.js';

interface Example {
  readonly layer: Layer;
  /** Of one example. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Paths of the parameters. */
  readonly params: readonly string[];
  /** Paths of the state. */
  readonly state?: readonly string[];
  /** Draws random numbers in training. */
  readonly random?: true;
  /** Takes int32 ids below this number instead of floats. */
  readonly ids?: number;
}

const both = ['bias', 'weight'];
const attention = ['key', 'output', 'query', 'value'].flatMap((name) =>
  both.map((part) => `${name}.${part}`),
);

/** Every layer, with what `init` must say of it. */
const layers: Readonly<Record<string, Example>> = {
  dense: { layer: nn.dense(5), input: [3], output: [5], params: both },
  'dense on sequences': { layer: nn.dense(5), input: [4, 3], output: [4, 5], params: both },
  'dense without bias': { layer: nn.dense(2, { bias: false }), input: [3], output: [2], params: ['weight'] },
  convolution1d: {
    layer: nn.convolution1d(4, 3, { stride: 2, padding: 1 }),
    input: [2, 9],
    output: [4, 5],
    params: both,
  },
  convolution2d: { layer: nn.convolution2d(4, 3), input: [2, 6, 5], output: [4, 4, 3], params: both },
  'convolution2d same': {
    layer: nn.convolution2d(4, [3, 2], { padding: 'same', bias: false }),
    input: [2, 5, 5],
    output: [4, 5, 5],
    params: ['weight'],
  },
  'convolution2d strided, dilated, grouped': {
    layer: nn.convolution2d(6, 3, { stride: [2, 1], padding: [1, 2], dilation: 2, groups: 2 }),
    input: [4, 9, 7],
    output: [6, 4, 7],
    params: both,
  },
  'convolution2d depthwise': {
    layer: nn.convolution2d(3, 3, { groups: 3 }),
    input: [3, 5, 5],
    output: [3, 3, 3],
    params: both,
  },
  convolutionTransposed2d: {
    layer: nn.convolutionTransposed2d(4, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    input: [2, 3, 4],
    output: [4, 6, 8],
    params: both,
  },
  maxPooling2d: { layer: nn.maxPooling2d(2), input: [2, 5, 4], output: [2, 2, 2], params: [] },
  averagePooling2d: {
    layer: nn.averagePooling2d([3, 2], { stride: 1, padding: 1, countIncludePad: false }),
    input: [2, 4, 4],
    output: [2, 4, 5],
    params: [],
  },
  globalAveragePooling: { layer: nn.globalAveragePooling(), input: [3, 2, 5], output: [3], params: [] },
  layerNormalization: { layer: nn.layerNormalization(), input: [2, 4], output: [2, 4], params: both },
  'layerNormalization over two axes': {
    layer: nn.layerNormalization({ axes: 2, epsilon: 0.1 }),
    input: [2, 4],
    output: [2, 4],
    params: both,
  },
  rmsNormalization: { layer: nn.rmsNormalization(), input: [2, 4], output: [2, 4], params: ['weight'] },
  groupNormalization: { layer: nn.groupNormalization(2), input: [4, 3], output: [4, 3], params: both },
  batchNormalization: {
    layer: nn.batchNormalization(),
    input: [3, 2, 2],
    output: [3, 2, 2],
    params: both,
    state: ['mean', 'variance'],
  },
  embedding: { layer: nn.embedding(7, 3), input: [4], output: [4, 3], params: ['weight'], ids: 7 },
  dropoutLayer: { layer: nn.dropoutLayer(0.4), input: [6], output: [6], params: [], random: true },
  activation: { layer: nn.activation('mish'), input: [2, 3], output: [2, 3], params: [] },
  'activation from a function': { layer: nn.activation((x) => x.sin()), input: [3], output: [3], params: [] },
  flatten: { layer: nn.flatten(), input: [2, 3, 4], output: [24], params: [] },
  selfAttention: {
    layer: nn.selfAttention(2, { dropout: 0.3 }),
    input: [3, 4],
    output: [3, 4],
    params: attention,
    random: true,
  },
  transformerLayer: {
    layer: nn.transformerLayer(2, { hidden: 5, causal: true, dropout: 0.2 }),
    input: [3, 4],
    output: [3, 4],
    params: [
      ...attention.map((path) => `attention.${path}`),
      ...['linear1', 'linear2', 'norm1', 'norm2'].flatMap((name) => both.map((part) => `${name}.${part}`)),
    ],
    random: true,
  },
  sequential: {
    layer: nn.sequential({
      conv1: nn.convolution2d(3, 3),
      norm1: nn.batchNormalization(),
      act1: nn.activation('gelu'),
      flatten: nn.flatten(),
      drop: nn.dropoutLayer(0.5),
      dense: nn.dense(2),
    }),
    input: [1, 4, 4],
    output: [2],
    params: ['conv1', 'dense', 'norm1'].flatMap((name) => both.map((part) => `${name}.${part}`)),
    state: ['norm1.mean', 'norm1.variance'],
    random: true,
  },
  'sequential of an array': {
    layer: nn.sequential([nn.dense(3), nn.activation('tanh'), nn.residual(nn.dense(3))]),
    input: [2],
    output: [3],
    params: ['0', '2'].flatMap((name) => both.map((part) => `${name}.${part}`)),
  },
  gru: {
    layer: nn.gru(3),
    input: [4, 2],
    output: [4, 3],
    params: ['inputBias', 'inputWeight', 'stateBias', 'stateWeight'],
  },
  'gru, last state': {
    layer: nn.gru(3, { output: 'last' }),
    input: [4, 2],
    output: [3],
    params: ['inputBias', 'inputWeight', 'stateBias', 'stateWeight'],
  },
  residual: { layer: nn.residual(nn.dense(3)), input: [3], output: [3], params: both },
};

const batch = 3;

function inputs({ input, ids }: Example, seed: number, leading: readonly number[] = [batch]): Tensor {
  const shape = [...leading, ...input];
  return ids === undefined ? normal(seed, shape) : random.randint(random.key(seed), shape, 0, ids);
}

const made = ({ layer, input }: Example, seed: number): { params: Tree; state: Tree } =>
  layer.init(random.key(seed), input, { dtype: 'float64' });

describe.each(Object.entries(layers))('%s', (_, example) => {
  const { layer, input, output, params: paths, state: tracked = [] } = example;

  it('tells its output shape, parameters and state, the same for the same key', () => {
    const first = layer.init(random.key(4), input);
    expect(first.outputShape).toEqual(output);
    expect(tree.paths(first.params)).toEqual(paths);
    expect(tree.paths(first.state)).toEqual(tracked);
    expect(distance(first.params, layer.init(random.key(4), input).params)).toBe(0);
    expect(tree.leaves(first.params).every((leaf) => leaf.dtype === 'float32')).toBe(true);
    expect(tree.leaves(made(example, 4)).every((leaf) => leaf.dtype === 'float64')).toBe(true);
  });

  it('gives an output of that shape and of the parameters’ dtype, and leaves the state alone in evaluation', () => {
    const { params, state } = made(example, 1);
    const result = layer.apply(params, state, inputs(example, 2));
    expect(result.output.shape).toEqual([batch, ...output]);
    expect(result.output.dtype).toBe('float64');
    expect(distance(result.state, state)).toBe(0);
  });

  it('is the same compiled, in evaluation and in training', () => {
    const compiled = jit((...[params, state, x, options]: Parameters<Layer['apply']>) =>
      layer.apply(params, state, x, options),
    );
    for (const seed of seeds) {
      const { params, state } = made(example, seed);
      const x = inputs(example, seed + 10);
      const options = { train: true, key: random.key(seed) };
      expectClose(compiled(params, state, x), layer.apply(params, state, x));
      expectClose(compiled(params, state, x, options), layer.apply(params, state, x, options));
    }
  });

  it('maps over batches, and over parameters, as a loop does', () => {
    const each = seeds.map((seed) => made(example, seed));
    const xs = inputs(example, 7, [seeds.length, batch]);
    const at = (i: number): Tensor => xs.at(i);
    const { params, state } = each[0]!;
    const overBatches = vmap((x: Tensor) => layer.apply(params, state, x).output)(xs);
    expectClose(overBatches, stack(seeds.map((__, i) => layer.apply(params, state, at(i)).output)));
    if (paths.length === 0) return;
    const stacked = tree.map(
      (...leaves) => stack(leaves),
      each[0]!.params,
      ...each.slice(1).map((e) => e.params),
    );
    const overParams = vmap((p: Tree) => layer.apply(p, state, at(0)).output)(stacked);
    expectClose(overParams, stack(each.map((e) => layer.apply(e.params, state, at(0)).output)));
  });

  it('treats examples alone in evaluation', () => {
    const { params, state } = made(example, 3);
    const x = inputs(example, 4);
    const whole = layer.apply(params, state, x).output;
    for (let i = 0; i < batch; i++) {
      const alone = layer.apply(params, state, x.at(i).expandDims(0)).output;
      expectClose(alone.squeeze(0), whole.at(i));
    }
  });

  it('has the gradients that central differences give, in evaluation and in training', () => {
    for (const seed of seeds) {
      scope(() => {
        const { params, state } = made(example, seed);
        const x = inputs(example, seed + 20);
        const weights = normal(seed + 30, [batch, ...output]);
        const key = random.key(seed);
        for (const options of [{}, { train: true, key }]) {
          const value = (p: Tree, input: Tensor): Tensor =>
            layer.apply(p, state, input, options).output.mul(weights).sum();
          if (paths.length > 0) checkGradient((p: Tree) => value(p, x), params, seed);
          if (example.ids === undefined) checkGradient((y: Tensor) => value(params, y), x, seed);
        }
      });
    }
  });

  it('says so where parameters are missing, or the key that training needs', () => {
    const { params, state } = made(example, 1);
    if (paths.length > 0)
      expectError(() => layer.apply({}, state, inputs(example, 1)), 'ARGUMENT', 'got no parameters');
    if (example.random)
      expectError(
        () => layer.apply(params, state, inputs(example, 1), { train: true }),
        'ARGUMENT',
        'training needs a random key',
      );
  });
});
