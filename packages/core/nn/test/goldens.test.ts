import * as t from '@core/tensor';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import type { AttentionParams } from '../src/index.js';
import { type Operation, type Options, type Tensors, checkCase, goldenCases } from './support/goldens.js';

const onX =
  (f: (x: t.Tensor, o: Options) => t.Tensor): Operation =>
  ({ x }, o) =>
    f(x!, o);

const lossOf =
  <O extends object>(
    loss: (prediction: t.Tensor, target: t.Tensor, options: O) => t.Tensor,
    prediction: string,
    ...options: string[]
  ): Operation =>
  (args, o) =>
    loss(args[prediction]!, (args.target ?? args.targets ?? args.labels)!, o.pick<O>(...options));

const affine = ({ weight, bias }: Tensors): { weight: t.Tensor; bias: t.Tensor } => ({
  weight: weight!,
  bias: bias!,
});

const projections = ({ wq, wk, wv, wo, bq, bk, bv, bo }: Tensors): AttentionParams => ({
  query: { weight: wq!, bias: bq! },
  key: { weight: wk!, bias: bk! },
  value: { weight: wv!, bias: bv! },
  output: { weight: wo!, bias: bo! },
});

function initialiser(_: Tensors, o: Options): Tensors {
  const kind = o.get<'xavier' | 'heIn' | 'heOut'>('kind');
  const shape = o.get<number[]>('shape');
  const nonlinearity = o.get<nn.Nonlinearity>('nonlinearity');
  expect(nn.fans(shape)).toEqual(o.pick('fanIn', 'fanOut'));
  const settings = { nonlinearity, mode: kind === 'heOut' ? 'out' : 'in' } as const;
  // What an initialiser scales by shows in one draw: the same key gives the same numbers before scaling.
  const key = t.random.key(5);
  const make = kind === 'xavier' ? [nn.xavierNormal, nn.xavierUniform] : [nn.heNormal, nn.heUniform];
  const [normal, uniform] = make.map((f) => f(settings)(key, shape, { dtype: 'float64' }).flatten().at(0));
  const size = shape.reduce((product, length) => product * length, 1);
  const unit = t.random.normal(key, [size], { dtype: 'float64' }).at(0);
  const side = t.random.uniform(key, [size], { dtype: 'float64', minval: -1, maxval: 1 }).at(0);
  return {
    std: normal!.div(unit),
    bound: uniform!.div(side),
    gain: t.tensor(nn.gain(nonlinearity), { dtype: 'float64' }),
  };
}

const operations: Readonly<Record<string, Operation>> = {
  relu: onX((x) => t.relu(x)),
  leakyRelu: onX((x, o) => t.leakyRelu(x, o.get<number>('negativeSlope'))),
  elu: onX((x, o) => t.elu(x, o.get<number>('alpha'))),
  selu: onX(nn.selu),
  gelu: onX((x, o) => t.gelu(x, o.pick('approximate'))),
  silu: onX((x) => t.silu(x)),
  mish: onX(nn.mish),
  softplus: onX((x) => t.softplus(x)),
  logSigmoid: onX((x) => t.logSigmoid(x)),
  hardSwish: onX(nn.hardSwish),
  hardSigmoid: onX(nn.hardSigmoid),
  relu6: onX(nn.relu6),
  tanh: onX((x) => t.tanh(x)),
  sigmoid: onX((x) => t.sigmoid(x)),
  glu: onX((x, o) => nn.glu(x, o.get<number>('axis'))),
  crossEntropy: lossOf(nn.crossEntropy, 'logits', 'labelSmoothing', 'reduction'),
  mse: lossOf(nn.mse, 'prediction', 'reduction'),
  l1: lossOf(nn.l1, 'prediction', 'reduction'),
  huber: lossOf(nn.huber, 'prediction', 'delta', 'reduction'),
  smoothL1: lossOf(nn.smoothL1, 'prediction', 'beta', 'reduction'),
  klDivergence: lossOf(nn.klDivergence, 'logPrediction', 'logTarget', 'reduction'),
  binaryCrossEntropy: lossOf(nn.binaryCrossEntropy, 'logits', 'reduction'),
  focal: lossOf(nn.focal, 'logits', 'gamma', 'reduction'),
  focalBinary: lossOf(nn.focalBinary, 'logits', 'gamma', 'alpha', 'reduction'),
  cosineSimilarity: ({ a, b }, o) => nn.cosineSimilarity(a!, b!, o.pick('axis')),
  linear: (args) => nn.linear(args.x!, affine(args)),
  gru: ({ x, ...params }) => nn.gru(2).apply(params as nn.GruParams, {}, x!).output,
  embedding: ({ weight, ids }) => nn.embed(ids!, weight!),
  layerNorm: (args, o) => nn.layerNorm(args.x!, affine(args), o.pick('epsilon')),
  rmsNorm: ({ x, weight }, o) => nn.rmsNorm(x!, { weight: weight! }, o.pick('epsilon')),
  groupNorm: (args, o) => nn.groupNorm(args.x!, affine(args), o.get('groups'), o.pick('epsilon')),
  batchNorm: (args, o) => {
    const { output, state } = nn.batchNorm(
      args.x!,
      affine(args),
      { mean: args.runningMean!, variance: args.runningVar! },
      o.pick('train', 'momentum', 'epsilon'),
    );
    const after = { runningMean: state.mean, runningVar: state.variance };
    return o.get('train') ? { value: output, ...after } : { value: output };
  },
  multiHeadAttention: (args, o) => {
    const { output, probabilities } = nn.multiHeadAttention(args.x!, projections(args), {
      ...o.pick<{ heads: number }>('heads', 'causal'),
      ...(args.keep && { keep: args.keep }),
      ...(args.context && { context: args.context }),
    });
    return { value: output, probabilities };
  },
  transformerBlock: (args, o) =>
    nn.transformerBlock(
      args.x!,
      {
        attention: projections(args),
        norm1: { weight: args['norm1.weight']!, bias: args['norm1.bias']! },
        norm2: { weight: args['norm2.weight']!, bias: args['norm2.bias']! },
        linear1: { weight: args['linear1.weight']!, bias: args['linear1.bias']! },
        linear2: { weight: args['linear2.weight']!, bias: args['linear2.bias']! },
      },
      {
        heads: o.get('heads'),
        ...o.pick<{ activation: 'relu' | 'gelu' }>('normFirst', 'activation', 'causal', 'epsilon'),
      },
    ),
  initialiser,
  ema: ({ sequence }, o) => {
    const average = nn.ema(o.get('decay'));
    const rows = t.split(sequence!, sequence!.shape[0]!).map((row) => row.squeeze(0));
    const states = rows
      .slice(1)
      .reduce(
        (all, row) => [...all, average.update(all.at(-1)!, { row })],
        [average.init({ row: rows[0]! })],
      );
    return t.stack(states.slice(1).map((state) => average.value(state).row));
  },
};

describe('reference values', () => {
  it.each(goldenCases)('%s', (_, c) => checkCase(c, operations[c.op]!));

  it('are all used', () => {
    expect(new Set(goldenCases.map(([, c]) => c.op))).toEqual(new Set(Object.keys(operations)));
  });
});
