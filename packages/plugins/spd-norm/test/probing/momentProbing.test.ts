import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { grad, jit, random, tensor, tree, vmap, type Tensor } from '@core/tensor';
import { crossEntropy, linear } from '@core/nn';
import { describe, expect, it } from 'vitest';
import {
  crossCovariance,
  mhc3,
  momentProbing,
  type Center,
  type MomentProbingOptions,
  type MomentProbingParams,
} from '../../src/index.js';
import { centralDifference, elements, randomTensor, relativeError, seeds, thrown } from '../support.js';

const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);
const cases = loadGoldens('probing');

describe('against loops over samples, pairs, tokens and channels', () => {
  it.each(cases.filter(({ op }) => op === 'crossCovariance'))('$name', ({ args, options, expected }) => {
    const value = crossCovariance(read(args['x1']!), read(args['x2']!), { center: options['center'] as Center }); // prettier-ignore
    expect(relativeError(value, read(expected['value']!))).toBeLessThan(1e-12);
  });

  it.each(cases.filter(({ op }) => op === 'momentProbing'))(
    '$name: logits, and gradients of all parameters',
    ({ args, options, expected, tolerance }) => {
      const of = (group: Readonly<Record<string, GoldenArray>>, prefix = ''): MomentProbingParams => {
        const leaf = (name: string): Tensor => read(group[prefix + name]!);
        const count = 2 * Number(options['convBlocks']);
        return {
          moments: {
            projection: { weight: leaf('weight'), bias: leaf('bias') },
            norm: { weight: leaf('gain'), bias: leaf('shift') },
            convolutions: Array.from({ length: count }, (_, i) => leaf(`convolution${i}`)),
          },
          classifier1: { weight: leaf('w1'), bias: leaf('b1') },
          classifier2: { weight: leaf('w2'), bias: leaf('b2') },
        };
      };
      const layer = momentProbing({ ...(options as MomentProbingOptions), outputs: 3 });
      const [x, cotangent, params] = [read(args['x']!), read(args['cotangent']!), of(args)];
      const logits = (p: MomentProbingParams, at: Tensor): Tensor => layer.apply(p, {}, at).output;
      expect(relativeError(logits(params, x), read(expected['value']!))).toBeLessThan(1e-12);
      const slopes = grad((p: MomentProbingParams, at: Tensor) => logits(p, at).mul(cotangent).sum(), [0, 1]);
      const [byParams, byTokens] = slopes(params, x);
      const wanted = of(expected, 'grad.');
      tree.paths(params).forEach((path, i) => {
        const [got, want] = [tree.leaves(byParams)[i]!, tree.leaves(wanted)[i]!];
        // The shift has gradient 0 in exact arithmetic where means are subtracted: then rounding is all there is.
        const error = got.sub(want).abs().max().item();
        expect(error, path).toBeLessThan(tolerance * Math.max(1, want.abs().max().item()));
      });
      expect(relativeError(byTokens, read(expected['grad.x']!))).toBeLessThan(10 * tolerance);
      // The layer's own parameters have the shapes of the reference.
      const own = layer.init(random.key(1), x.shape.slice(1), { dtype: 'float64' });
      expect(tree.leaves(own.params).map(({ shape }) => shape)).toEqual(tree.leaves(params).map(({ shape }) => shape)); // prettier-ignore
    },
  );
});

describe('what it is', () => {
  const options: MomentProbingOptions = { hidden: 32, heads: 4, outputs: 3, pooling: 'average' };
  const prepared = (seed: number, change: MomentProbingOptions = {}) => {
    const layer = momentProbing({ ...options, ...change });
    const { params } = layer.init(random.key(seed), [9, 5], { dtype: 'float64' });
    return { params, logits: (p: typeof params, x: Tensor): Tensor => layer.apply(p, {}, x).output };
  };

  it.each(seeds)('the order of tokens does not matter, seed %d', (seed) => {
    const { params, logits } = prepared(seed);
    const x = randomTensor(seed, [4, 9, 5]);
    const shuffled = x.at(null, random.permutation(random.key(seed), 9));
    expect(relativeError(logits(params, shuffled), logits(params, x))).toBeLessThan(1e-12);
  });

  it.each(['global', 'token', 'none'] as const)('has the derivatives of differences, center %s', (center) => {
    const { params, logits } = prepared(1, { center });
    const { leaves, definition } = tree.flatten(params);
    const x = randomTensor(5, [4, 9, 5]);
    const loss = (p: typeof params, at: Tensor): Tensor =>
      crossEntropy(logits(p, at), tensor([0, 2, 1, 0], { dtype: 'int32' }));
    const [slopes, byTokens] = grad(loss, [0, 1])(params, x);
    leaves.forEach((leaf, i) => {
      const v = randomTensor(7 + i, leaf.shape);
      const along = (at: Tensor): Tensor =>
        loss(tree.unflatten(definition, leaves.map((other, j) => (i === j ? at : other))) as typeof params, x); // prettier-ignore
      const difference = centralDifference(along, leaf, v, 1e-6).item();
      const slope = tree.leaves(slopes)[i]!.mul(v).sum().item();
      expect(Math.abs(slope - difference)).toBeLessThan(1e-7 * Math.max(1, Math.abs(difference)));
    });
    const v = randomTensor(3, x.shape);
    const difference = centralDifference((at) => loss(params, at), x, v, 1e-6).item();
    expect(Math.abs(byTokens.mul(v).sum().item() - difference)).toBeLessThan(
      1e-7 * Math.max(1, Math.abs(difference)),
    );
  });

  it("center 'token' sees covariances alone: a shift of a head's channels changes nothing, and 'global' sees it", () => {
    const [a, b] = [randomTensor(1, [2, 7, 3]), randomTensor(2, [2, 7, 4])];
    const shifted = b.add(tensor([1, -2, 3, 0.5], { dtype: 'float64' }));
    const change = (center: Center): number =>
      relativeError(crossCovariance(a, shifted, { center }), crossCovariance(a, b, { center }));
    expect(change('token')).toBeLessThan(1e-14);
    expect(change('global')).toBeGreaterThan(0.1);
    // What 'token' leaves is the covariance of each pair of channels, over N.
    const covariance = a
      .at(0, null, 1)
      .sub(a.at(0, null, 1).mean())
      .mul(b.at(0, null, 2))
      .mean();
    expect(crossCovariance(a, b, { center: 'token' }).at(0, 1, 2).item()).toBeCloseTo(covariance.item(), 14);
  });

  it('columns of length 1, also where a covariance is 0', () => {
    const layer = mhc3({ hidden: 8, heads: 2, convBlocks: 0, center: 'token' });
    const { params } = layer.init(random.key(1), [6, 5], { dtype: 'float64' });
    const images = layer.apply(params, {}, randomTensor(1, [3, 6, 5])).output.reshape([3, 1, 4, 4]);
    for (const length of elements(images.square().sum(2))) expect(length).toBeCloseTo(1, 12);
    // One token has no covariance: 0 over 1e-12, and the gradient is finite.
    const single = randomTensor(2, [3, 1, 5]);
    const slopes = grad((p: typeof params) => layer.apply(p, {}, single).output.sum())(params);
    expect(elements(layer.apply(params, {}, single).output).every((value) => value === 0)).toBe(true);
    for (const slope of tree.leaves(slopes)) expect(elements(slope).every(Number.isFinite)).toBe(true);
  });

  it('is the same compiled, under vmap and in float32', () => {
    const { params, logits } = prepared(2, { crossType: 'cn2' });
    const x = randomTensor(1, [4, 9, 5]);
    const eager = logits(params, x);
    expect(relativeError(jit(logits)(params, x), eager)).toBeLessThan(1e-14);
    const mapped = vmap((row: Tensor) => logits(params, row.expandDims(0)).at(0))(x);
    expect(relativeError(mapped, eager)).toBeLessThan(1e-13);
    const narrow = tree.map((leaf: Tensor) => leaf.cast('float32'), params);
    expect(relativeError(logits(narrow, x.cast('float32')).cast('float64'), eager)).toBeLessThan(1e-5);
  });

  it('takes maps [channels, height, width] as tokens', () => {
    const { params, logits } = prepared(3, { layout: 'interleaved' });
    const maps = randomTensor(1, [2, 5, 3, 3]);
    const tokens = maps.reshape([2, 5, 9]).swapAxes(1, 2);
    expect(relativeError(logits(params, maps), logits(params, tokens))).toBe(0);
  });

  it('normalises tokens before pooling (Swin) or what was pooled (ConvNeXt)', () => {
    const x = randomTensor(1, [2, 9, 5]);
    const unit = (t: Tensor, epsilon: number): Tensor => {
      const centred = t.sub(t.mean(-1, { keepDims: true }));
      return centred.div(centred.square().mean(-1, { keepDims: true }).add(epsilon).sqrt());
    };
    for (const [poolingNorm, mean] of [
      ['before', unit(x, 1e-5).mean(1)],
      ['after', unit(x.mean(1), 1e-6)],
    ] as const) {
      const { params, logits } = prepared(1, { poolingNorm });
      const second = mhc3({ hidden: 32 }).apply(params.moments, {}, x).output;
      const wanted = linear(mean, params.classifier1).add(linear(second, params.classifier2)).div(2);
      expect(relativeError(logits(params, x), wanted)).toBeLessThan(1e-13);
    }
  });
});

describe('shapes and counts', () => {
  const features = (options: Parameters<typeof mhc3>[0]): number | undefined =>
    mhc3(options).init(random.key(0), [196, 8]).outputShape[0];

  it('has the features of the paper, and follows the options', () => {
    expect(features({})).toBe(3 * 31 * 31);
    expect(features({ hidden: 32, heads: 4 })).toBe(3);
    expect(features({ hidden: 64, heads: 8 })).toBe(7);
    expect(features({ heads: 8 })).toBe(7 * 15 * 15);
    expect(features({ crossType: 'n/2' })).toBe(2 * 31 * 31);
    expect(features({ crossType: 'cn2' })).toBe(6 * 31 * 31);
    expect(features({ convBlocks: 2 })).toBe(3 * 7 * 7);
    const { params } = mhc3({ heads: 8 }).init(random.key(0), [196, 8]);
    expect(params.convolutions[0]?.shape).toEqual([7, 7, 3, 3]);
  });

  it('runs at the size of ViT-B/16, 197 tokens of 768', () => {
    const layer = momentProbing({ outputs: 7 });
    const { params, outputShape } = layer.init(random.key(0), [197, 768]);
    const { output } = layer.apply(params, {}, random.normal(random.key(1), [2, 197, 768]));
    expect([outputShape, output.shape]).toEqual([[7], [2, 7]]);
  });

  it('has 4,047,146 parameters for 768 channels and 1000 classes', () => {
    const { params } = momentProbing({ outputs: 1000 }).init(random.key(0), [197, 768]);
    const count = tree.leaves(params).reduce((sum, { size }) => sum + size, 0);
    expect(count).toBe(768 * 512 + 512 + 2 * 128 + 2 * 81 + 769 * 1000 + 2884 * 1000);
    expect(count).toBe(4_047_146);
  });

  it("starts as the official ViT, N(0, 0.02²) and biases of 0, or as PyTorch's default", () => {
    const deviation = (weights: 'normal' | 'uniform'): [number, number] => {
      const { weight, bias } = mhc3({ weights }).init(random.key(0), [196, 64]).params.projection;
      return [weight.std().item(), bias!.abs().max().item()];
    };
    expect(deviation('normal')[0]).toBeCloseTo(0.02, 3);
    expect(deviation('normal')[1]).toBe(0);
    expect(deviation('uniform')[0]).toBeCloseTo(1 / Math.sqrt(3 * 64), 3);
    expect(deviation('uniform')[1]).toBeGreaterThan(0);
  });
});

describe('says what is wrong', () => {
  it.each([
    [() => mhc3({ hidden: 30 }), 'ARGUMENT: mhc3: hidden must be a multiple of the 4 heads, got 30'],
    [() => mhc3({ hidden: 24 }), 'ARGUMENT: mhc3: hidden / heads must be at least 7 for convBlocks 1, got 6'],
    [() => mhc3({ heads: 1 }), 'ARGUMENT: mhc3: heads must be at least 2 to make a pair, got 1'],
    [
      () => mhc3({ hidden: 36, heads: 3, crossType: 'n/2' }),
      "ARGUMENT: mhc3: heads must be even with crossType 'n/2', got 3",
    ],
    [() => momentProbing({ head: 4 } as never), 'ARGUMENT: momentProbing: there is no option head'],
    [
      () => momentProbing().init(random.key(0), [768]),
      'SHAPE: mhc3: examples must be tokens [tokens, channels]'.replace('mhc3', 'momentProbing'),
    ],
    [
      () => momentProbing().init(random.key(0), [1, 768]),
      'SHAPE: momentProbing: without the first token there must be one left, got [1,768]',
    ],
    [
      () => momentProbing().init(random.key(0), [8, 7, 7]),
      "SHAPE: momentProbing: maps [8,7,7] have no class token; pooling must be 'average' for them",
    ],
    [
      () => crossCovariance(randomTensor(1, [2, 3]), randomTensor(1, [4, 3])),
      'SHAPE: crossCovariance: x1 and x2 must have the same leading axes and tokens',
    ],
    [
      () => crossCovariance(randomTensor(1, [2, 3]), tensor([[1], [2]]).cast('int32')),
      'SHAPE: crossCovariance: x2 must be floats',
    ],
    [
      () => crossCovariance(randomTensor(1, [2, 3]), randomTensor(1, [2, 3]), { center: 'mean' as Center }),
      "ARGUMENT: crossCovariance: center must be 'global' or 'token' or 'none'",
    ],
  ] as const)('%#', (call, message) => {
    // prettier-ignore
    expect(thrown(call)).toContain(message);
  });
});
